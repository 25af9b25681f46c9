"""Names of places that are no countries, and what they may mean."""

import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

Sort = Literal["city", "subdivision", "university"]


@dataclass(frozen=True)
class Place:
    """One meaning of a name."""

    iso3: str
    sort: Sort
    admin: str
    """Code of the state or province that a city lies in, or of a subdivision itself; may be empty."""
    weight: float
    """People who live there, or a share of its country's."""


class Gazetteer:
    """A read-only SQLite file with one table `places(key, iso3, sort, admin, weight)`, made by a stage.

    Args:
        path: the file.

    Raises:
        FileNotFoundError: if there is none.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(path)
        # Immutable: no lock, no journal, and any number of threads and processes may read.
        self._rows = sqlite3.connect(f"file:{path}?immutable=1", uri=True, check_same_thread=False)
        self.find = lru_cache(maxsize=1 << 16)(self._find)

    def _find(self, key: str) -> tuple[Place, ...]:
        """What a key of `name_key` may mean, heaviest first; nothing if it is no place."""
        query = "SELECT iso3, sort, admin, weight FROM places WHERE key = ? ORDER BY weight DESC, iso3, admin"
        return tuple(Place(*row) for row in self._rows.execute(query, (key,)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.close()
