"""What a question about texts is counted by."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from modules.monitoring.reference import Unit
from modules.transfer.predictor import TransferExtractor
from modules.transfer.request import AskedText, ExtractRequest

LONGEST = 2000
"""Characters of a text that the interface takes."""
_TEXTS = 200
"""That a reference asks for."""
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the of and to in a is that for was with as on by he she it at from his her be are this had not but "
        "have an",
    )
)
_ENGLISH = 0.1
"""Share of the commonest English words from which on a text in Latin letters counts as English."""


class TextObserver:
    """Length, sentences, language, share of the sentences that pass the filter; the levels of agreement."""

    def __call__(self, request: ExtractRequest, answer: Mapping[str, Any]) -> Sequence[Unit]:
        """One unit a text."""
        return [
            _unit(asked.text, found, screened=request.screen)
            for asked, found in zip(request.passages, answer["passages"], strict=True)
        ]


def _unit(text: str, found: Mapping[str, Any], *, screened: bool) -> Unit:
    count, readings = found["sentences"], found["readings"]
    asked: dict[str, list[str | float]] = {
        "characters": [float(len(text))],
        "sentences": [float(count)],
        "language": [language(text)],
    }
    if screened and count:
        asked["share passing the filter"] = [len(readings) / count]
    verdicts = [reading["verdict"] for reading in readings]
    return Unit(asked, {"agreement": [verdict["level"] if verdict else "none" for verdict in verdicts]})


def language(text: str) -> str:
    """English, another language in Latin letters, or the script: as much as can be told without a model."""
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    if not scripts:
        return "no letters"
    script = min(scripts, key=lambda each: (-scripts[each], each))
    if script != "LATIN":
        return script.lower()
    words = re.findall(r"[^\W\d_]+", text.lower())
    return "English" if sum(word in _COMMON for word in words) >= _ENGLISH * len(words) else "other Latin"


def reference_units(extractor: TransferExtractor, texts: Sequence[str]) -> Iterator[Unit]:
    """Some of a run's texts, evenly spaced, each cut to what the interface takes."""
    observe = TextObserver()
    for text in _evenly(texts):
        request = ExtractRequest([AskedText(text[:LONGEST])])
        yield from observe(request, extractor.extract(request))


def _evenly(texts: Sequence[str]) -> Iterable[str]:
    return texts[:: -(-len(texts) // _TEXTS) or 1]
