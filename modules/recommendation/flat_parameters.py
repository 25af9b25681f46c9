"""Many small parameters as one."""

from collections.abc import Iterable

import torch
from torch import nn

_ALIGNED = 16
"""Numbers: each parameter starts on a cache line."""


class FlatParameters:
    """Lays parameters, and their gradients, side by side in one piece of memory.

    An optimiser or a norm then has one tensor to go over, where going over many small ones costs more than
    the arithmetic.

    Args:
        parameters: of one network, on one device; until `release` they are views of `whole`.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._parameters = [each for each in parameters if each.numel()]
        sizes = [-(-each.numel() // _ALIGNED) * _ALIGNED for each in self._parameters]
        device = self._parameters[0].device if self._parameters else None
        self.whole = nn.Parameter(torch.zeros(sum(sizes), device=device))
        self._gradient, self._gradients, first = torch.zeros_like(self.whole), [], 0
        for each, size in zip(self._parameters, sizes, strict=True):
            part = slice(first, first + each.numel())
            view = self.whole.detach()[part].view_as(each)
            view.copy_(each.detach())
            each.data, first = view, first + size
            self._gradients.append(self._gradient[part].view_as(each))
        self.zero_gradient()

    def zero_gradient(self) -> None:
        """Before each backward pass, which adds to the gradients in place."""
        self._gradient.zero_()
        self.whole.grad = self._gradient
        for each, gradient in zip(self._parameters, self._gradients, strict=True):
            each.grad = gradient

    def release(self) -> None:
        """Give each parameter memory of its own again."""
        for each in self._parameters:
            each.data, each.grad = each.data.clone(), None
