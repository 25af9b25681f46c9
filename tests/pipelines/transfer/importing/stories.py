"""Articles to import: stories of random words, and settings that read them."""

from typing import Any

import numpy as np

from pipelines.config.transfer import Transfer

_ENGLISH = """
the minister who had moved from her country to another city said on that day when a company opened its
office there and people came for work in hospitals schools banks theatres with families friends money
hope of better life after long years under old rules which nobody liked because they were unfair to many
young engineers doctors players teachers from small towns near big rivers before winter
"""
FRENCH = (
    "Le ministre a quitté son pays pour une autre ville où il a trouvé du travail dans un hôpital, "
    "et sa famille l'a suivi quelques mois plus tard avec tous leurs amis."
)


def story(seed: int, words: int = 120) -> str:
    """A text that shares next to no five words in a row with another seed's."""
    return " ".join(np.random.default_rng(seed).choice(_ENGLISH.split(), words))


def reworded(text: str, changes: int) -> str:
    """The text with some words changed, far apart."""
    words = text.split()
    for change in range(changes):
        words[(2 * change + 1) * len(words) // (2 * changes)] = f"changed{change}"
    return " ".join(words)


def settings(**sections: Any) -> Transfer:
    """Columns as the seed's files have them, with sections of `transfer` replaced."""
    articles = {
        "path": "*.jsonl",
        "id": "id",
        "url": "url",
        "date": "date",
        "title": "title",
        "text": "text",
    }
    return Transfer.model_validate({"articles": articles, **sections})


def row(**cells: Any) -> dict[str, Any]:
    """A sound row with some cells replaced."""
    sound = {
        "id": "a",
        "url": "https://www.example.co.uk/news/1",
        "date": "2018-07-24",
        "title": "One",
        "text": story(1),
    }
    return {**sound, **cells}
