"""First and second order of a factorisation machine."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable


class _Factorisation(Function):
    """By hand: left to autograd, the gradient takes nine passes over the vectors instead of three."""

    @staticmethod
    def forward(ctx: Any, packed: Tensor) -> tuple[Tensor, Tensor]:
        factors = packed[..., :-1].contiguous()
        total, flat = factors.sum(1), factors.flatten(1).unsqueeze(1)
        ctx.save_for_backward(factors, total)
        squares = torch.bmm(flat, flat.transpose(1, 2)).view(-1)
        return packed[..., -1].sum(1) + (total.square().sum(1) - squares) / 2, factors

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_logit: Tensor, by_factors: Tensor) -> Tensor:
        factors, total = ctx.saved_tensors
        gradient: Tensor = factors.new_empty(*factors.shape[:2], factors.shape[2] + 1)
        gradient[..., -1] = by_logit.unsqueeze(1)
        # The derivative of sum_{f < g} v_f . v_g by v_f is sum_g v_g - v_f.
        own = torch.sub(total.unsqueeze(1), factors).mul_(by_logit.view(-1, 1, 1))
        gradient[..., :-1] = own.add_(by_factors)
        return gradient


def factorised(packed: Tensor) -> tuple[Tensor, Tensor]:
    """sum_f w_f + sum_{f < g} v_f . v_g (Rendle, ICDM 2010), and the factors v.

    Args:
        packed: B x F x (d + 1), the factors and in the last place the first-order weight.

    Returns:
        logit: B.
        factors: B x F x d, contiguous.
    """
    logit, factors = _Factorisation.apply(packed)  # type: ignore[no-untyped-call]
    return logit, factors
