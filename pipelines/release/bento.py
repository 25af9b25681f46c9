"""The bento of a version: built from the package alone, known by the hash of every file."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from modules.artefact import sha256_of
from modules.errors import UserError
from pipelines.files import write_text
from pipelines.release.home import Releases
from pipelines.release.ledger import read_ledger
from pipelines.release.package import Package


@dataclass(frozen=True)
class Bento:
    """A bento in the registry's store."""

    releases: Releases
    tag: str

    @property
    def folder(self) -> Path:
        """What `bentoml serve` takes."""
        return self.releases.bento(self.tag)

    @property
    def artefact(self) -> Path:
        """The packed artefact."""
        return self.folder / "src" / "artefact"

    @property
    def digest(self) -> str:
        """sha256 of the bento's manifest."""
        return sha256_of(self.releases.manifest(self.tag))

    @property
    def manifest(self) -> list[str]:
        """A line for every file, as sha256sum writes it."""
        return self.releases.manifest(self.tag).read_text(encoding="utf-8").splitlines()

    def verify(self, digest: str | None = None) -> None:
        """Check every file against the manifest, and the manifest against the hash that the ledger has.

        Raises:
            UserError: naming the first file that is missing, strange or changed.
        """
        manifest = self.releases.manifest(self.tag)
        if not manifest.exists() or not self.folder.exists():
            raise UserError(f"{self.tag}: the bento is not in {self.releases.bentoml}; release the run again")
        if digest is not None and self.digest != digest:
            raise UserError(f"{manifest}: is not the one that the ledger has; restore it from a copy")
        self._compare(self.folder)

    def copy(self, folder: Path, digest: str) -> None:
        """Copy the bento into a new folder, checked before and after.

        Raises:
            UserError: as `verify` does.
        """
        self.verify(digest)
        shutil.copytree(self.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        self._compare(folder)

    def _compare(self, folder: Path) -> None:
        expected = self.manifest
        for was, now in zip(expected, found := _hashes(folder), strict=False):
            if was != now:
                name = min(was.partition("  ")[2], now.partition("  ")[2])
                raise UserError(f"{folder / name}: was changed since it was built; restore it, or roll back")
        if len(expected) != len(found):
            raise UserError(f"{folder}: has {len(found)} files and was built with {len(expected)}")


def build(package: Package, releases: Releases, version: int, tag: str, said: str) -> Bento:
    """Build the bento of a version, unless it is there whole.

    It is built in a process that sees the package and nothing else of ours. One that was interrupted, or has
    changed before any decision on it, is built again.

    Args:
        package: what it is made of.
        releases: the run's.
        version: in the registry.
        tag: its name and version.
        said: its README, the model's card.

    Raises:
        UserError: if BentoML refuses the package, or a bento that was decided on has changed.
    """
    bento = Bento(releases, tag)
    decided = {entry.tag: entry.bento for entry in read_ledger(releases.ledger)}
    if tag in decided:
        bento.verify(decided[tag])
        return bento
    shutil.rmtree(bento.folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="talentflow-bento-") as folder:
        release = {"run": releases.run, "track": package.track, "version": version, "tag": tag}
        _stage(package, Path(folder), said, release)
        version_of_tag = tag.partition(":")[2]
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "bentoml", "build", "--version", version_of_tag, "--output", "tag"],
            cwd=folder,
            env=environment(releases),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise UserError(
            f"{tag}: bentoml build failed: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
        )
    releases.manifest(tag).parent.mkdir(parents=True, exist_ok=True)
    write_text(releases.manifest(tag), "".join(f"{line}\n" for line in _hashes(bento.folder)))
    return bento


def environment(releases: Releases) -> dict[str, str]:
    """The environment of a BentoML process: our store, no telemetry, no code but the bento's own."""
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "DVC_STAGE"}}
    return kept | {"BENTOML_HOME": str(releases.bentoml), "BENTOML_DO_NOT_TRACK": "True"}


def _stage(package: Package, folder: Path, said: str, release: dict[str, object]) -> None:
    package.copy(folder)
    (folder / "release.json").write_text(
        json.dumps(release, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    bentofile = {
        "service": package.service,
        "name": release["run"],
        "description": said,
        "labels": {"talentflow.package": package.digest, "talentflow.track": release["track"]},
        "include": [*package.files, "release.json"],
        "python": {"requirements_txt": package.lock, "lock_packages": False},
    }
    with (folder / "bentofile.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(bentofile, file)


def _hashes(folder: Path) -> list[str]:
    every = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    link = next((path for path in every if path.is_symlink()), None)
    if link is not None:
        raise UserError(f"{link}: is a link, and a bento has none; take it away")
    files = [path for path in every if path.is_file()]
    return [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}" for path in files]
