"""A linear-chain conditional random field."""

import torch
from torch import Tensor, nn

from modules.transfer.tagging.tags import OUTSIDE, TAGS, may_follow

_NEVER = -1e4


class CRF(nn.Module):
    """p(y | x) ~ exp(sum_t e_t[y_t] + A[y_t-1, y_t]) (Lafferty, McCallum and Pereira, ICML 2001).

    What BIO forbids has a transition that no emission outweighs. A sequence starts as if behind an `O`.

    Args:
        learned: whether A is learned, or 0 for all that BIO allows.

    Shapes:
        emissions: B x L x K.
        mask: B x L, bool, true of words; a sequence's words come first.
        tags: B x L.
    """

    forbidden: Tensor

    def __init__(self, *, learned: bool = True) -> None:
        super().__init__()
        count = len(TAGS)
        self.transitions = nn.Parameter(torch.zeros(count, count), requires_grad=learned)
        """K x K, from a tag to the next."""
        allowed = torch.tensor([[may_follow(to, after) for to in range(count)] for after in range(count)])
        self.register_buffer("forbidden", ~allowed, persistent=False)

    def loss(self, emissions: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        """Mean negative log-likelihood of the tags, per sequence."""
        return (self._partition(emissions, mask) - self._score(emissions, mask, tags)).mean()

    @torch.no_grad()
    def decode(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """The best sequence of tags of each row (Viterbi), B x L; `O` where there is no word."""
        moves = self._moves()
        best = emissions[:, 0] + moves[OUTSIDE]
        back = []
        for step in range(1, emissions.shape[1]):
            scores, origin = (best.unsqueeze(2) + moves).max(1)
            word = mask[:, step].unsqueeze(1)
            best = torch.where(word, scores + emissions[:, step], best)
            back.append(torch.where(word, origin, torch.arange(len(TAGS))))
        tags = [best.argmax(1)]
        for origin in reversed(back):
            tags.append(origin.gather(1, tags[-1].unsqueeze(1)).squeeze(1))
        return torch.stack(tags[::-1], dim=1).masked_fill(~mask, OUTSIDE)

    def _moves(self) -> Tensor:
        return self.transitions.masked_fill(self.forbidden, _NEVER)

    def _partition(self, emissions: Tensor, mask: Tensor) -> Tensor:
        moves = self._moves()
        alpha = emissions[:, 0] + moves[OUTSIDE]
        for step in range(1, emissions.shape[1]):
            after = torch.logsumexp(alpha.unsqueeze(2) + moves, dim=1) + emissions[:, step]
            alpha = torch.where(mask[:, step].unsqueeze(1), after, alpha)
        return torch.logsumexp(alpha, dim=1)

    def _score(self, emissions: Tensor, mask: Tensor, tags: Tensor) -> Tensor:
        moves = self._moves()
        before = torch.cat([torch.full_like(tags[:, :1], OUTSIDE), tags[:, :-1]], dim=1)
        each = emissions.gather(2, tags.unsqueeze(2)).squeeze(2) + moves[before, tags]
        return (each * mask).sum(1)
