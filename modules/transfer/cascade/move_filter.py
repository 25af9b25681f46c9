"""The last step of the filter: a trained classifier of passages."""

import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from modules.transfer.passage import Passage
from modules.transfer.pretrained import pretrained_bert, pretrained_tokenizer
from modules.transfer.tagging.pieces import piece_batch

_TOGETHER = 64


class MoveFilter(nn.Module):
    """Logistic regression on the mean of MiniLM's word-piece states (Reimers and Gurevych, EMNLP 2019).

    MiniLM stays as it is; its layers beyond `layers` are not run at all.

    Args:
        layers: of MiniLM's six that are run; fewer are faster.
        longest: pieces of a passage that are read, the last ones: what is asked about stands last.
    """

    name: ClassVar[str] = "filter"
    """How params, metrics, reports and docs call it."""

    def __init__(self, *, layers: int = 3, longest: int = 96) -> None:
        super().__init__()
        self.hyperparameters: dict[str, float] = {"layers": layers, "longest": longest}
        self.longest = longest
        self.tokenizer, self.bert = pretrained_tokenizer(), pretrained_bert(layers)
        self.tokenizer.enable_truncation(longest, direction="left")
        self.tells = nn.Linear(self.bert.config.hidden_size, 1)
        # What passes; set from labelled passages after training, so that a share of the moves is kept.
        self.threshold: Tensor
        self.register_buffer("threshold", torch.tensor(0.0))

    @torch.no_grad()
    def embed(self, texts: Sequence[str]) -> Tensor:
        """Mean states of texts, n x 384."""
        training = self.bert.training
        self.bert.train(mode=False)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = torch.zeros(len(texts), int(self.bert.config.hidden_size))
        for first in range(0, len(order), _TOGETHER):
            rows = order[first : first + _TOGETHER]
            batch = piece_batch(self.tokenizer, [texts[row] for row in rows], self.longest)
            states = self.bert(input_ids=batch.pieces, attention_mask=batch.seen).last_hidden_state
            seen = batch.seen.unsqueeze(2).to(states.dtype)
            found[rows] = (states * seen).sum(1) / seen.sum(1).clamp(min=1)
        self.bert.train(mode=training)
        return found

    def forward(self, embedded: Tensor) -> Tensor:
        """Logits B of embedded passages."""
        logits: Tensor = self.tells(embedded).squeeze(1)
        return logits

    @torch.no_grad()
    def scores(self, passages: Sequence[Passage]) -> Tensor:
        """Logits of passages."""
        logits: Tensor = self(self.embed([passage.text for passage in passages]))
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
