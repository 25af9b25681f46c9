"""The package: the files that a bento is made of, and nothing that serving does not need."""

import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from modulefinder import ModuleFinder
from pathlib import Path

from modules.artefact import MANIFEST, contents, sha256_of

SERVICES = {
    "migration": "serving.migration.service:Migration",
    "recommendation": "serving.recommendation.service:Recommendation",
    "transfer": "serving.transfer.service:Transfer",
}
"""Track -> its BentoML service."""
LOCKS = {
    "migration": "serving/requirements.lock",
    "recommendation": "serving/requirements.lock",
    "transfer": "serving/transfer/requirements.lock",
}
"""Track -> what its bento installs."""
ARTEFACT = "artefact/"
STATIC = "static"
"""Folder beside a module with the pages that it serves; tables that it reads lie beside it."""


@dataclass(frozen=True)
class Package:
    """Path in the bento's `src/` -> the file that goes there."""

    track: str
    files: dict[str, Path]

    @cached_property
    def digest(self) -> str:
        """sha256 over every path and the hash of its file."""
        lines = [f"{sha256_of(source)}  {path}\n" for path, source in sorted(self.files.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @property
    def service(self) -> str:
        """What BentoML starts."""
        return SERVICES[self.track]

    @property
    def lock(self) -> str:
        """What is installed beside the code."""
        return LOCKS[self.track]

    @property
    def code(self) -> list[str]:
        """The paths that are not the artefact's: what serves it."""
        return [path for path in self.files if not path.startswith(ARTEFACT)]

    def copy(self, folder: Path) -> None:
        """Lay the files out under a folder, as a bento's `src/`."""
        for path, source in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def package(track: str, artefact: Path) -> Package:
    """The artefact, the serving lock, the modules of ours that the track's service imports, its pages."""
    top = Path(str(resources.files("modules"))).parent
    finder = ModuleFinder(path=[str(top)])
    finder.import_hook(SERVICES[track].partition(":")[0], fromlist=["*"])
    # Python's built-in modules are found too; they have no file.
    code = [Path(file) for found in finder.modules.values() if (file := vars(found)["__file__"])]
    beside = [
        file
        for folder in sorted({path.parent for path in code})
        for file in (*(folder / STATIC).glob("*"), *folder.glob("*.toml"), *folder.glob("*.csv"))
        if file.is_file()
    ]
    files = {path.relative_to(top).as_posix(): path for path in (*code, *beside)}
    files |= {ARTEFACT + name: artefact / name for name in (*contents(artefact), MANIFEST)}
    files[LOCKS[track]] = top / LOCKS[track]
    return Package(track, dict(sorted(files.items())))
