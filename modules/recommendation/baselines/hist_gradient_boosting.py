"""Gradient-boosted trees as tensors."""

import torch
from torch import Tensor

from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape


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
