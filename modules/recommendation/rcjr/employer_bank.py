"""All employers, embedded once, to score one student with each of them."""

import torch
from torch import Tensor

from modules.recommendation.embedding import PackedEmbedding
from modules.recommendation.features import Features
from modules.recommendation.rcjr.aggregation import Aggregation
from modules.recommendation.top import top

_CHUNK = 4096
"""Employers at a time, so that what lies between two steps stays in a core's own cache."""


class EmployerBank:
    """Logits of one student with all employers, equal to RCJR's of each pair.

    Of each employer its N fields and their sum are kept, employers along the last axis: then every step of
    equations (7)-(13) is one matrix product or one pass over contiguous memory.

    Args:
        embedding: of the employers; in evaluation mode.
        aggregation: of the same model.
        employers: E rows.
        affinity: whether the model adds P_s . Q_u.
    """

    def __init__(
        self, embedding: PackedEmbedding, aggregation: Aggregation, employers: Features, *, affinity: bool
    ) -> None:
        self._embedding, self._aggregation, self._size = embedding, aggregation, len(employers)
        self._affinity = affinity
        with torch.no_grad():
            parts = (employers[first : first + _CHUNK] for first in range(0, self._size, _CHUNK))
            self._chunks = [self._columns(part) for part in parts]

    def _columns(self, employers: Features) -> Tensor:
        fields = self._embedding(employers)
        return torch.cat([fields, fields.sum(1, keepdim=True)], dim=1).permute(2, 1, 0).contiguous()

    def __len__(self) -> int:
        return self._size

    def update(self, row: int, employer: Features) -> None:
        """Put another employer, or the same one with other fields (1 row), in a row's place."""
        if not 0 <= row < self._size:
            msg = f"row {row} of {self._size} employers"
            raise IndexError(msg)
        with torch.no_grad():
            self._chunks[row // _CHUNK][..., row % _CHUNK] = self._columns(employer)[..., 0]

    @torch.no_grad()
    def scores(self, student: Tensor) -> Tensor:
        """Logits E of one student, given by the embedded fields M x d."""
        scaled = student * student.shape[1] ** -0.5
        return torch.cat([self._scored(chunk, student, scaled) for chunk in self._chunks])

    def top(self, student: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """The k best logits and their rows, best first; equal ones by row."""
        scores = self.scores(student)
        rows = top(scores, k)
        return scores[rows], rows

    def _scored(self, chunk: Tensor, student: Tensor, scaled: Tensor) -> Tensor:
        width, slots, size = chunk.shape
        asked = (scaled.sum(0) @ chunk.view(width, slots * size)).view(slots, size)
        weights = asked[:-1].softmax(dim=0)
        preference = chunk[:, 0] * weights[0]
        for field in range(1, slots - 1):
            preference.addcmul_(chunk[:, field], weights[field])
        required = (scaled @ chunk[:, -1]).softmax(dim=0)
        # What was asked of the sum of the fields is the affinity but for the scale.
        affinity = asked[-1] * width**0.5 if self._affinity else None
        logits: Tensor = self._aggregation(preference.t(), (student.t() @ required).t(), affinity)
        return logits
