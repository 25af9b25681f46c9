"""What every recommender of employers to students is: two encoded rows to the logit of a match."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from modules.recommendation.features import Features, PairData

_CHUNK = 1 << 10
"""Pairs that are scored at a time: of more, mapping what stands between layers takes as long as the sums."""


@dataclass(frozen=True)
class SideShape:
    """The sizes of one side's features."""

    vocabularies: tuple[int, ...] = ()
    """Known values of each categorical field."""
    numeric: int = 0
    sequence: int = 0

    @property
    def numbers(self) -> int:
        """Columns of `Features.values`."""
        return self.numeric + self.sequence

    @property
    def fields(self) -> int:
        """Categorical, numeric and sequence fields together."""
        return len(self.vocabularies) + self.numbers


@dataclass(frozen=True)
class Shape:
    """The sizes of a problem; with hyperparameters they determine a network's architecture."""

    students: SideShape
    employers: SideShape
    intents: int = 0
    """Classes of the intent; 0: not recorded."""
    two_sided: bool = False
    """Whether both sides' decisions are known."""

    @classmethod
    def of(cls, data: PairData) -> Self:
        """The sizes of a data set; its tables hold the training rows, so every known value occurs in them."""
        students, employers = (
            SideShape(tuple(features.codes.amax(0).tolist()), len(side.numeric), len(side.sequence))
            for features, side in zip((data.students, data.employers), data.schema.inputs, strict=True)
        )
        return cls(students, employers, len(data.intents), data.hires.decisions is not None)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """A shape from `dataclasses.asdict` that went through JSON."""
        students, employers = (
            SideShape(tuple(side["vocabularies"]), side["numeric"], side["sequence"])
            for side in (content["students"], content["employers"])
        )
        return cls(students, employers, content["intents"], content["two_sided"])


class PairModel(nn.Module):
    """Base of every model, baselines included: trained, saved, loaded and served alike.

    Args:
        shape: sizes of the problem.
        hyperparameters: what the constructor of the model takes beside the shape.
    """

    name: ClassVar[str]
    """How params, metrics, reports and docs call it."""

    def __init__(self, shape: Shape, **hyperparameters: float | str) -> None:
        super().__init__()
        self.shape, self.hyperparameters = shape, hyperparameters

    @abstractmethod
    def forward(self, students: Features, employers: Features) -> Tensor:
        """Logit of each row of one side with the same row of the other, B."""

    def loss(
        self,
        students: Features,
        employers: Features,
        label: Tensor,
        decisions: Tensor | None = None,  # noqa: ARG002
        intent: Tensor | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Mean cross-entropy of the match.

        Args:
            students: B rows.
            employers: B rows.
            label: B, 1 for a match.
            decisions: B x 2, what the student and the employer decided, where known.
            intent: B, class of the student's intent; -1 where unknown or counted in another row of the batch.
        """
        return binary_cross_entropy_with_logits(self(students, employers), label)

    def intent_logits(self, students: Features) -> Tensor | None:  # noqa: ARG002
        """Logits of each student's intent, n x classes; none: the model does not know of intents."""
        return None

    @torch.no_grad()
    def score_all(self, students: Features, employers: Features) -> Tensor:
        """Logits of every student with every employer, S x E."""
        pairs, width = len(students) * len(employers), len(employers)
        scores = torch.zeros(pairs)
        for first in range(0, pairs, _CHUNK):
            part = torch.arange(first, min(first + _CHUNK, pairs))
            scores[part] = self(students[part // width], employers[part % width])
        return scores.view(len(students), width)

    def embedding_parameters(self) -> list[nn.Parameter]:
        """Those that `embedding_regularizer` holds down; `net_regularizer` holds the others."""
        return [each for name, each in self.named_parameters() if "embedding" in name]
