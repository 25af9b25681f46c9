"""A forecast taken apart."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Addends:
    """What a forecast is the sum of.

    Shapes:
        lags: whose past -> B x h x L x N x N, what each period of the window adds.
        terms: name -> B x h x N x N, what has no lag.
    """

    lags: Mapping[str, Tensor]
    terms: Mapping[str, Tensor]

    def total(self) -> Tensor:
        """Their sum: B x h x N x N."""
        parts = [*(each.sum(2) for each in self.lags.values()), *self.terms.values()]
        summed: Tensor = sum(parts[1:], start=parts[0])
        return summed
