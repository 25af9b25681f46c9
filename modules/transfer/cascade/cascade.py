"""All steps of the filter, over the articles of a stream."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from modules.transfer.cascade.gate import Gate
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.lexicon import has_cue
from modules.transfer.passage import Passage
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.sentences import sentences

STEPS = ("sentences", "lexicon", "gate", "filter")
_TOGETHER = 256
"""Passages that the classifier is asked about at a time."""


@dataclass(frozen=True)
class Window:
    """A passage of an article, and where it stands there."""

    passage: Passage
    start: int


class Cascade:
    """Lexicon, gate and trained classifier, in the order of their cost.

    Args:
        normaliser: whose places count.
        classifier: the trained one; none: every passage behind the gate is read.
    """

    def __init__(self, normaliser: Normaliser, classifier: MoveFilter | None) -> None:
        self.gate, self.classifier = Gate(normaliser), classifier

    def __call__(
        self, articles: Iterable[tuple[str, str, date | None]], counts: Counter[str] | None = None
    ) -> Iterator[Window]:
        """The passages of articles (id, text, day) that pass, in order; counts what passes each step."""
        tally = Counter[str]() if counts is None else counts
        behind = self._behind_gate(articles, tally)
        while some := list(islice(behind, _TOGETHER)):
            kept = self._passes([window.passage for window in some])
            tally["filter"] += sum(kept)
            yield from (window for window, passes in zip(some, kept, strict=True) if passes)

    def _behind_gate(
        self, articles: Iterable[tuple[str, str, date | None]], tally: Counter[str]
    ) -> Iterator[Window]:
        for article_id, text, published in articles:
            spans = sentences(text)
            tally["sentences"] += len(spans)
            for before, span in zip([None, *spans], spans, strict=False):
                if not has_cue(span.text):
                    continue
                tally["lexicon"] += 1
                if self.gate(span):
                    tally["gate"] += 1
                    start = before.start if before else span.start
                    yield Window(
                        Passage(text[start : span.end], published, f"{article_id}:{span.start}"), start
                    )

    def _passes(self, passages: Sequence[Passage]) -> list[bool]:
        return [True] * len(passages) if self.classifier is None else self.classifier.passes(passages)

    def steps(self, passage: Passage) -> dict[str, bool]:
        """Which steps a passage passes: of a labelled one, where it would be lost."""
        last = sentences(passage.text)[-1]
        gate = has_cue(last.text) and self.gate(last)
        return {
            "lexicon": has_cue(last.text),
            "gate": gate,
            "filter": gate and self._passes([passage])[0],
        }
