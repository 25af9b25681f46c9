"""Edit the runs of params.yaml line by line, so that comments and all other lines stay as they are.

A ruamel round trip would not do: to it, the comment above an entry belongs to the entry before.
"""

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from modules.errors import UserError
from pipelines.config import read_yaml


class ParamsFile:
    """The text of a params.yaml and the runs in it; nothing is written before `save`."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            UserError: if it is absent, or has no block of runs.
        """
        self.path = path
        self.runs = _runs(read_yaml(path), path)
        self._text = path.read_text(encoding="utf-8")
        self._starts()

    def put(self, name: str, entry: dict[str, Any]) -> None:
        """Replace the entry, or add it after the last one."""
        starts = self._starts()
        lines = self._text.splitlines(keepends=True)
        column = next(iter(starts.values()))[1]
        written = [" " * column + line + "\n" for line in _dumped(name, entry).splitlines()]
        if name in starts:
            start, end = starts[name][0], _end(lines, *starts[name])
        else:
            start = end = max(_end(lines, *start) for start in starts.values())
            lines[end - 1] = lines[end - 1].rstrip("\n") + "\n"
        self._become(lines[:start] + written + lines[end:], {**self.runs, name: entry})

    def drop(self, name: str) -> None:
        """Take the entry out."""
        start = self._starts()[name]
        lines = self._text.splitlines(keepends=True)
        rest = {other: entry for other, entry in self.runs.items() if other != name}
        self._become(lines[: start[0]] + lines[_end(lines, *start) :], rest)

    def save(self) -> None:
        """Write the file at once."""
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        temporary.write_text(self._text, encoding="utf-8")
        temporary.replace(self.path)

    def _starts(self) -> dict[str, tuple[int, int]]:
        runs = YAML().load(self._text)["runs"]
        if runs.fa.flow_style():
            raise UserError(
                f"{self.path}: `runs:` is written in braces; write one run a line to edit it here"
            )
        return {name: runs.lc.key(name) for name in runs}

    def _become(self, lines: list[str], expected: dict[str, Any]) -> None:
        text = "".join(lines)
        if YAML(typ="safe").load(text).get("runs") != expected:
            raise UserError(f"{self.path}: its layout cannot be edited safely; change the entry by hand")
        self._text, self.runs = text, expected


def _runs(document: Any, path: Path) -> dict[str, Any]:
    runs = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(runs, dict) or not runs:
        raise UserError(f"{path}: has no `runs:` mapping with an entry")
    return runs


def _end(lines: list[str], start: int, column: int) -> int:
    def outside(line: str) -> bool:
        return len(line) - len(line.lstrip(" ")) <= column

    end = start + 1
    for at in range(start + 1, len(lines)):
        text = lines[at].strip()
        if text and outside(lines[at]) and not text.startswith("#"):
            break
        if text and not outside(lines[at]):  # blank lines and comments after the entry belong to the next
            end = at + 1
    return end


def _line(section: dict[str, Any]) -> CommentedMap:
    line = CommentedMap(section)
    line.fa.set_flow_style()
    return line


def _sections(own: dict[str, Any]) -> CommentedMap:
    """The track's own section: a line for each part."""
    return CommentedMap({key: _line(part) if isinstance(part, dict) else part for key, part in own.items()})


def _dumped(name: str, entry: dict[str, Any]) -> str:
    mapping = CommentedMap(entry)
    for key, section in entry.items():
        if isinstance(section, dict):
            mapping[key] = _sections(section) if key == entry["track"] else _line(section)
    yaml = YAML()
    yaml.width = 4096  # one line a section
    stream = StringIO()
    yaml.dump({name: mapping}, stream)
    return stream.getvalue()
