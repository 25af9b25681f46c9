"""The image of a run's champion: its checked bento over its lock, built by the engine that is there."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib import metadata, resources
from pathlib import Path

from modules.errors import UserError
from pipelines.release.bento import Bento
from pipelines.release.champion import champion_entry
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry
from pipelines.release.package import ARTEFACT, LOCKS

ENGINES = {
    "docker": ("build",),
    "podman": ("build", "--format", "docker"),
    "buildah": ("build", "--format", "docker"),
}
"""Engine -> how it builds: images of docker's format have a health check, those of OCI's none."""
_ANSWERS = 60
"""Seconds that an engine has to say that it works."""


def build(run: str, wheels: Path | None, options: Sequence[str]) -> str:
    """Build the image of a run's champion; gives its name.

    Args:
        run: of params.yaml.
        wheels: folder that may have a wheel of torch; without one, torch comes from an index.
        options: what the engine's `build` is told besides.

    Raises:
        UserError: if there is no champion, a file of its bento is not as it was built, no engine answers, or
            the engine fails.
    """
    name = engine()
    releases = Releases(run)
    champion = champion_entry(releases)
    bento, image = Bento(releases, champion.tag), f"talentflow/{champion.tag}"
    with tempfile.TemporaryDirectory(prefix="talentflow-image-") as folder:
        lay_out(bento, champion.bento, Path(folder), wheels)
        told = [f"--build-arg={key}={value}" for key, value in _torch(Path(folder) / "wheels").items()]
        told += [f"--label={key}={value}" for key, value in labels(bento, champion).items()]
        file = Path(folder) / "Containerfile"
        command = [name, *ENGINES[name], "--file", str(file), "--tag", image, *told, *options, folder]
        if subprocess.run(command, check=False).returncode:  # noqa: S603
            raise UserError(f"{image}: {name} {ENGINES[name][0]} failed; what it said stands above")
    return image


def engine() -> str:
    """The first of docker, podman and buildah that is there and works.

    Raises:
        UserError: if none does.
    """
    for name in ENGINES:
        if shutil.which(name) and _works(name):
            return name
    raise UserError(
        f"none of {', '.join(ENGINES)} answers here; install one (Debian: apt-get install buildah), "
        "or start the daemon of the one that is there"
    )


def _works(name: str) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            [name, "info"], capture_output=True, check=False, timeout=_ANSWERS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def lay_out(bento: Bento, digest: str, folder: Path, wheels: Path | None = None) -> None:
    """Lay out what the image is built from: Containerfile, bento, its lock, uv's lock, wheels of torch.

    Raises:
        UserError: if a file of the bento is not as it was built, or `wheels` is no folder.
    """
    if wheels is not None and not wheels.is_dir():
        raise UserError(
            f"{wheels}: is no folder of wheels; without one (--wheels, PIP_FIND_LINKS) torch comes from the "
            "index that UV_TORCH_BACKEND names"
        )
    here = Path(str(resources.files("serving")))
    bento.copy(folder / "bento", digest)
    track = json.loads((folder / "bento/src/release.json").read_text(encoding="utf-8"))["track"]
    shutil.copyfile(folder / "bento/src" / LOCKS[track], folder / "requirements.lock")
    whole = (here.parent / "requirements.lock").read_text(encoding="utf-8")
    (folder / "build.lock").write_text(_locked("uv", whole), encoding="utf-8")
    shutil.copyfile(here / "containers" / "Containerfile", folder / "Containerfile")
    (folder / "wheels").mkdir()
    for wheel in wheels.glob(f"torch-{_version()}[+-]*.whl") if wheels else ():
        shutil.copyfile(wheel, folder / "wheels" / wheel.name)


def labels(bento: Bento, champion: Entry) -> dict[str, str]:
    """Where the image comes from, as OCI labels; `talentflow registry history` has the rest."""
    hashes = {name: digest for digest, _, name in (line.partition("  ") for line in bento.manifest)}
    return {
        "org.opencontainers.image.title": champion.run,
        "org.opencontainers.image.version": champion.tag.partition(":")[2],
        "org.opencontainers.image.revision": champion.source.commit,
        "talentflow.run": champion.run,
        "talentflow.version": champion.tag,
        "talentflow.weights": hashes[f"src/{ARTEFACT}model.safetensors"],
        "talentflow.bento": champion.bento,
        "talentflow.commit": champion.source.commit,
    }


def _torch(wheels: Path) -> dict[str, str]:
    if any(wheels.iterdir()):
        source = "--no-index --find-links /install/wheels"
    else:
        source = f"--torch-backend {os.environ.get('UV_TORCH_BACKEND', 'cpu')}"
    return {"TORCH": _version(), "TORCH_FROM": source}


def _version() -> str:
    return metadata.version("torch").partition("+")[0]  # less what tells one build from another


def _locked(name: str, lock: str) -> str:
    (entry,) = re.findall(rf"^{name}==[^\n]*(?:\n +[^\n]*)*", lock, flags=re.MULTILINE)
    return f"{entry}\n"
