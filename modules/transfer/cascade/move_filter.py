"""The last step of the filter: a trained classifier of passages."""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from modules.transfer.passage import Passage
from modules.transfer.pretrained import pretrained_bert, pretrained_tokenizer
from modules.transfer.sentences import sentences
from modules.transfer.tagging.pieces import piece_batch

_TOGETHER = 64


class MoveFilter(nn.Module):
    """Logistic regression on word-piece states of MiniLM, as their mean, maximum and minimum.

    Of vectors that no layer has mixed yet these say nearly as much as behind all six layers (SWEM: Shen et
    al., ACL 2018) in a fraction of the time; docs/results-extract.md compares. MiniLM stays as it is; its
    layers beyond `layers` are not run at all. Only the last sentence is read: it is what is asked about.

    Args:
        layers: of MiniLM's six that are run.
        longest: pieces of a sentence that are read, the last ones.
    """

    name: ClassVar[str] = "filter"
    """How params, metrics, reports and docs call it."""

    def __init__(self, *, layers: int = 0, longest: int = 96) -> None:
        super().__init__()
        self.hyperparameters: dict[str, float] = {"layers": layers, "longest": longest}
        self.longest = longest
        self.tokenizer, self.bert = pretrained_tokenizer(), pretrained_bert(layers)
        self.tokenizer.enable_truncation(longest, direction="left")
        self.tells = nn.Linear(3 * self.bert.config.hidden_size, 1)
        # What passes; set from labelled passages after training, so that a share of the moves is kept.
        self.threshold: Tensor
        self.register_buffer("threshold", torch.tensor(0.0))

    @torch.no_grad()
    def embed(self, passages: Sequence[Passage]) -> Tensor:
        """Pooled states of the last sentences, n x 3 * 384."""
        training = self.bert.training
        self.bert.train(mode=False)
        asked = [sentences(passage.text)[-1].text for passage in passages]
        order = sorted(range(len(asked)), key=lambda at: len(asked[at]))
        found = torch.zeros(len(asked), self.tells.in_features)
        for first in range(0, len(order), _TOGETHER):
            rows = order[first : first + _TOGETHER]
            batch = piece_batch(self.tokenizer, [asked[row] for row in rows], self.longest)
            states = self.bert(input_ids=batch.pieces, attention_mask=batch.seen).last_hidden_state
            found[rows] = _pooled(states, batch.seen.unsqueeze(2).bool())
        self.bert.train(mode=training)
        return found

    def forward(self, embedded: Tensor) -> Tensor:
        """Logits B of embedded passages."""
        logits: Tensor = self.tells(embedded).squeeze(1)
        return logits

    @torch.no_grad()
    def scores(self, passages: Sequence[Passage]) -> Tensor:
        """Logits of passages."""
        logits: Tensor = self(self.embed(passages))
        return logits

    def passes(self, passages: Sequence[Passage]) -> list[bool]:
        """Which passages are read on."""
        scores = self.scores(passages)
        return [bool(each) for each in scores >= self.threshold]

    @torch.no_grad()
    def set_threshold(self, logits: Tensor, recall: float) -> None:
        """The highest threshold that lets a share of moves pass, by their logits."""
        kept = max(1, math.ceil(recall * len(logits)))
        self.threshold.copy_(logits.sort(descending=True).values[kept - 1])


def _pooled(states: Tensor, seen: Tensor) -> Tensor:
    """B x P x K and B x P x 1 to B x 3K."""
    mean = states.masked_fill(~seen, 0.0).sum(1) / seen.sum(1).clamp(min=1)
    most = states.masked_fill(~seen, -torch.inf).amax(1)
    least = states.masked_fill(~seen, torch.inf).amin(1)
    return torch.cat([mean, most, least], dim=1)
