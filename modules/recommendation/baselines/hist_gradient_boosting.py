"""Gradient-boosted trees as tensors."""

import torch
from torch import Tensor

from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape

_CHUNK = 1024
"""Rows of one side whose leaves are held at a time."""


class HistGradientBoosting(PairModel):
    """logit = baseline + sum over trees of the leaf that a pair falls into (Ke et al., NIPS 2017).

    A tree sees the pair's numbers and, for each categorical field, the code and the smoothed mean label of
    its value: scikit-learn's model in buffers, so neither that library nor a pickle is needed to score.

    Args:
        shape: sizes of the problem.
        trees: number of trees.
        nodes: of the largest tree, to which the others are padded.
        depth: of the deepest tree.
    """

    name = "hist_gradient_boosting"
    baseline: Tensor
    encoding: Tensor
    offsets: Tensor
    feature: Tensor
    threshold: Tensor
    branches: Tensor
    value: Tensor
    roots: Tensor

    def __init__(self, shape: Shape, trees: int, nodes: int, depth: int) -> None:
        super().__init__(shape, trees=trees, nodes=nodes, depth=depth)
        self.depth = depth
        sizes = torch.tensor(
            [size + 1 for size in shape.students.vocabularies + shape.employers.vocabularies]
        )
        self.register_buffer("offsets", (sizes.cumsum(0) - sizes).long(), persistent=False)
        self.register_buffer("baseline", torch.zeros((), dtype=torch.float64))
        self.register_buffer("encoding", torch.zeros(int(sizes.sum()), dtype=torch.float64))
        self.register_buffer("feature", torch.zeros(trees * nodes, dtype=torch.int64))
        self.register_buffer("threshold", torch.zeros(trees * nodes, dtype=torch.float64))
        self.register_buffer("branches", torch.zeros(trees * nodes, 2, dtype=torch.int64))
        self.register_buffer("value", torch.zeros(trees * nodes, dtype=torch.float64))
        self.register_buffer("roots", torch.arange(trees) * nodes, persistent=False)

    def columns(self, students: Features, employers: Features) -> Tensor:
        """What the trees see, B x (2 C + V), float64."""
        codes = torch.cat([students.codes, employers.codes], dim=1)
        values = torch.cat([students.values, employers.values], dim=1)
        return torch.cat([self.encoding[codes + self.offsets], codes.double(), values.double()], dim=1)

    def forward(self, students: Features, employers: Features) -> Tensor:
        """Logit of each row with the same row of the other side, B."""
        columns = self.columns(students, employers)
        node = self.roots.expand(len(columns), -1)
        for _ in range(self.depth):  # a leaf is its own child
            right = columns.gather(1, self.feature[node]) > self.threshold[node]
            node = self.branches[node, right.long()]
        return (self.baseline + self.value[node].sum(1)).float()

    @torch.no_grad()
    def score_all(self, students: Features, employers: Features) -> Tensor:
        """Logits of every student with every employer, S x E.

        A split asks one side only, so a pair falls into the leaf that neither side's splits rule out: of all
        pairs the sum over leaves is one matrix product.
        """
        if not len(students) or not len(employers):
            return torch.zeros(len(students), len(employers))
        leaf = self.branches[:, 0] == self.branches[:, 1]
        sides = self.shape.students, self.shape.employers
        columns = [*[len(side.vocabularies) for side in sides] * 2, *[side.numbers for side in sides]]
        of_student = torch.tensor([True, False] * 3).repeat_interleave(torch.tensor(columns))
        rows = []
        for student in _parts(students):
            asked = self.columns(student, employers[torch.zeros(len(student), dtype=torch.int64)])
            worth = self._possible(asked, of_student)[:, leaf] * self.value[leaf]
            row = []
            for employer in _parts(employers):
                asked = self.columns(students[torch.zeros(len(employer), dtype=torch.int64)], employer)
                row.append(worth @ self._possible(asked, ~of_student)[:, leaf].double().T)
            rows.append(torch.cat(row, dim=1))
        return (self.baseline + torch.cat(rows)).float()

    def _possible(self, columns: Tensor, asked: Tensor) -> Tensor:
        """N x nodes: whether splits on the asked columns let a row come to a node."""
        inner = (self.branches[:, 0] != self.branches[:, 1]).nonzero().squeeze(1)
        parent = torch.arange(len(self.branches))
        goes = torch.ones(len(columns), len(parent), dtype=torch.bool)
        right = columns[:, self.feature[inner]] > self.threshold[inner]
        free = ~asked[self.feature[inner]]
        for side, way in ((0, ~right), (1, right)):
            child = self.branches[inner, side]
            parent[child], goes[:, child] = inner, way | free
        possible = goes
        for _ in range(self.depth):
            possible = goes & possible[:, parent]
        return possible


def _parts(rows: Features) -> list[Features]:
    return [rows[first : first + _CHUNK] for first in range(0, len(rows), _CHUNK)]
