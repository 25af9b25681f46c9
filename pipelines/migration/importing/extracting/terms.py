"""The word lists of terms.yaml."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_FILE = Path(__file__).with_name("terms.yaml")

Words = tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """The lists by the keys of terms.yaml, whose comments say what each is."""

    job: Words
    roles: Words
    about: Words
    job_sites: Words
    other_sites: Words
    navigation: Words
    employer: Words
    neither: Words
    roads: Words
    regions: Words
    common_words: frozenset[str]
    places: dict[int, Words]
    several: dict[str, tuple[int, ...]]
    contested: dict[str, tuple[int, ...]]
    english: dict[int, Words]
    english_provinces: dict[int, Words]


@cache
def terms() -> Terms:
    """Read terms.yaml."""
    lists: dict[str, Any] = YAML(typ="safe").load(_FILE.read_text(encoding="utf-8"))
    words: dict[str, Any] = {key: tuple(text.split()) for key, text in lists.items() if isinstance(text, str)}
    for key in ("places", "english", "english_provinces"):
        words[key] = {code: tuple(text.split()) for code, text in lists[key].items()}
    for key in ("several", "contested"):
        words[key] = {name: tuple(codes) for name, codes in lists[key].items()}
    return Terms(**{**words, "common_words": frozenset(words["common_words"])})
