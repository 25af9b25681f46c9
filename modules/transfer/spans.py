"""How well told spans meet labelled ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modules.transfer.passage import Extraction, Span
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import FIELDS


@dataclass(frozen=True)
class Tally:
    """Counts behind precision and recall."""

    told: int
    right: int
    of: int

    @property
    def precision(self) -> float:
        """Share of what is told that is right; 0 of nothing."""
        return self.right / self.told if self.told else 0.0

    @property
    def recall(self) -> float:
        """Share of what there is to tell that is told right; 0 of nothing."""
        return self.right / self.of if self.of else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.told + self.of
        return 2 * self.right / both if both else 0.0


def span_tallies(rows: Sequence[Labelled], told: Sequence[Extraction]) -> Mapping[str, Tally]:
    """By field: a span is right if it overlaps the labelled one; of what is told only moves count."""
    found = {}
    for field in FIELDS:
        spans = [getattr(each, field) if each.circulation else None for each in told]
        labels = [row.spans.get(field) if row.circulation else None for row in rows]
        right = sum(_overlap(span, label) for span, label in zip(spans, labels, strict=True))
        found[field] = Tally(sum(span is not None for span in spans), right, sum(map(bool, labels)))
    return found


def _overlap(span: Span | None, label: tuple[int, int] | None) -> bool:
    return span is not None and label is not None and span.start < label[1] and label[0] < span.end
