"""DH-GCN's convolution on an edge list, by PyTorch Geometric: the form for graphs of thousands of cities."""

import torch
from torch import Tensor
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import dense_to_sparse

from modules.migration.dhg_sil.dh_gcn import SignedConvolution


class SparseSignedConvolution(MessagePassing):  # type: ignore[misc]
    """`SignedConvolution` by message passing: same weights, same output, O(edges d) instead of O(N^2 d).

    Shapes:
        h: L x N x d.
        graph: N x N, normalised.
        output: L x N x d.
    """

    def __init__(self, dense: SignedConvolution) -> None:
        super().__init__(aggr="add", node_dim=-2)
        self.dense = dense

    def forward(self, h: Tensor, graph: Tensor) -> Tensor:
        """Convolve every period of one window over one graph."""
        edges, weight = dense_to_sparse(graph.T)  # an edge j -> i carries A_ij
        gathered = self.propagate(edges, h=h, mean=h.mean(0), weight=weight)
        convolved: Tensor = torch.relu(self.dense.project(h + gathered))
        return convolved

    def message(self, h_j: Tensor, mean_i: Tensor, mean_j: Tensor, weight: Tensor) -> Tensor:
        """a_ij A_ij h_j."""
        dense = self.dense
        sign = torch.tanh(dense.bias + dense.of_city(mean_i) + dense.of_neighbour(mean_j))  # E x 1
        return sign * weight[:, None] * h_j
