"""What every member that tags words is: a text to tags and to whether it tells of a move."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from modules.transfer.passage import Extraction, Passage, Span
from modules.transfer.tagging.crf import CRF
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import FIELDS, to_spans, to_tags

_TOGETHER = 64
"""Passages that are tagged at a time."""


class Encoded(Protocol):
    """B texts of at most L words, as a network reads them."""

    @property
    def mask(self) -> Tensor:
        """B x L, true of words."""

    @property
    def places(self) -> list[list[tuple[int, int]]]:
        """Start and end of every word of each text."""

    def to(self, device: torch.device, **how: Any) -> "Encoded":
        """The same on a device."""


@dataclass(frozen=True)
class LabelledBatch:
    """Texts with their answers: tags B x L, circulation B."""

    words: Encoded
    tags: Tensor
    circulation: Tensor

    def to(self, device: torch.device, **how: Any) -> "LabelledBatch":
        """The same on a device, as Lightning asks for it."""
        words = self.words.to(device, **how)
        return LabelledBatch(words, self.tags.to(device, **how), self.circulation.to(device, **how))


class Tagger(nn.Module):
    """Base of the members that tag.

    Args:
        crf: scores sequences of tags.
        hyperparameters: what the constructor of the member takes.
    """

    name: ClassVar[str]
    """How params, metrics, reports and docs call it."""

    def __init__(self, crf: CRF, **hyperparameters: float) -> None:
        super().__init__()
        self.crf, self.hyperparameters = crf, hyperparameters

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Encoded:
        """Texts as `forward` reads them."""

    @abstractmethod
    def forward(self, batch: Any) -> tuple[Tensor, Tensor]:
        """Emissions B x L x K of tags, and logits B of circulation."""

    def labelled(self, rows: Sequence[Labelled]) -> LabelledBatch:
        """Encode labelled passages."""
        words = self.encode([row.passage.text for row in rows])
        tags = torch.zeros_like(words.mask, dtype=torch.int64)
        for at, (row, places) in enumerate(zip(rows, words.places, strict=True)):
            tags[at, : len(places)] = torch.tensor(to_tags(places, row.spans), dtype=torch.int64)
        return LabelledBatch(words, tags, torch.tensor([float(row.circulation) for row in rows]))

    def loss(self, batch: LabelledBatch, alignment: float) -> Tensor:
        """BCE of circulation + `alignment` * CRF loss of the passages that tell of a move."""
        emissions, tells = self(batch.words)
        loss = binary_cross_entropy_with_logits(tells, batch.circulation)
        moves = batch.circulation > 0
        if alignment and bool(moves.any()):
            aligned = self.crf.loss(emissions[moves], batch.words.mask[moves], batch.tags[moves])
            loss = loss + alignment * aligned
        return loss

    @torch.no_grad()
    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        """One extraction a passage, in their order."""
        found = []
        for first in range(0, len(passages), _TOGETHER):
            part = passages[first : first + _TOGETHER]
            batch = self.encode([passage.text for passage in part])
            emissions, tells = self(batch)
            tags = self.crf.decode(emissions, batch.mask)
            sure = emissions.gather(2, tags.unsqueeze(2)).squeeze(2).tolist()
            rows = zip(part, batch.places, tags.tolist(), sure, tells.sigmoid().tolist(), strict=True)
            found += [self._extraction(*row) for row in rows]
        return found

    def _extraction(
        self,
        passage: Passage,
        places: list[tuple[int, int]],
        tags: list[int],
        sure: list[float],
        score: float,
    ) -> Extraction:
        spans = to_spans(places, tags[: len(places)], sure)
        told = {field: Span.of(passage.text, *spans[field]) if field in spans else None for field in FIELDS}
        return Extraction(circulation=score > 1 / 2, **told, score=score, model=self.name)
