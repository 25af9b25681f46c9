"""Find a run's input files under its one data path."""

from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from modules.errors import UserError

_SHOWN = 8


def by_name(data: Path, files: list[Path]) -> dict[str, Path]:
    """Files by where they lie under the data path, which tells them apart."""
    return {path.name if path == data else path.relative_to(data).as_posix(): path for path in files}


def locate(data: Path, pattern: str, key: str) -> list[Path]:
    """The files that `pattern` names, sorted; `key` is where the pattern was written, for messages.

    Raises:
        UserError: if the data path or the files are absent, or the pattern leads out of the data path.
    """
    if not data.exists():
        raise UserError(f"{data}: no such file or folder; give the run's data with --data")
    if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
        raise UserError(f"{key}: {pattern!r} leads out of {data}; give --data a folder that holds every file")
    if data.is_file():
        if not fnmatch(data.name, pattern):
            raise UserError(f"{key}: {pattern!r} is not {data}; give --data the folder that holds it")
        return [data]
    exact = data / pattern
    try:
        found = [exact] if exact.exists() else sorted(data.glob(pattern))
    except ValueError as error:
        raise UserError(f"{key}: {pattern!r} is not a pattern: {error}") from error
    if not found:
        there = sorted(path.name for path in data.iterdir() if not path.name.startswith("."))
        listing = ", ".join([*there[:_SHOWN], *(["…"] if there[_SHOWN:] else [])]) or "nothing"
        raise UserError(f"{exact}: no such file; {data} holds {listing}; mend {key} or --data")
    for path in found:
        if not path.is_file():
            raise UserError(f"{path}: is a folder, not a file; mend {key} so that it names files only")
    return found
