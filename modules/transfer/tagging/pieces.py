"""Passages as word pieces of a pretrained tokeniser."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from modules.transfer.tagging.words import words


@dataclass(frozen=True)
class PieceBatch:
    """B passages of P pieces and at most L words.

    Shapes:
        pieces: B x P, ids; 0 where there is none.
        seen: B x P, 1 of pieces.
        first: B x L, where each word's first piece stands.
        mask: B x L, true of words.
    """

    pieces: Tensor
    seen: Tensor
    first: Tensor
    mask: Tensor
    places: list[list[tuple[int, int]]]

    def to(self, device: torch.device, **how: Any) -> "PieceBatch":
        """The same on a device."""
        pieces, seen = self.pieces.to(device, **how), self.seen.to(device, **how)
        return PieceBatch(
            pieces, seen, self.first.to(device, **how), self.mask.to(device, **how), self.places
        )


def piece_batch(tokenizer: Tokenizer, texts: Sequence[str], longest: int) -> PieceBatch:
    """Encode texts, each to its first `longest` pieces; a word whose first piece is cut off is left out."""
    encodings = tokenizer.encode_batch(list(texts))
    width = max((min(len(each.ids), longest) for each in encodings), default=1)
    pieces = torch.zeros(len(texts), width, dtype=torch.int64)
    seen = torch.zeros_like(pieces)
    firsts, places = [], []
    for row, (text, encoding) in enumerate(zip(texts, encodings, strict=True)):
        count = min(len(encoding.ids), longest)
        pieces[row, :count] = torch.tensor(encoding.ids[:count])
        seen[row, :count] = 1
        starts: dict[int, int] = {}
        for at, (start, end) in enumerate(encoding.offsets[:count]):
            if end > start:
                starts.setdefault(start, at)
        kept = [(span, starts[span[0]]) for span in words(text) if span[0] in starts]
        places.append([span for span, _ in kept])
        firsts.append([at for _, at in kept])
    first = torch.zeros(len(texts), max([1, *map(len, firsts)]), dtype=torch.int64)
    mask = torch.zeros_like(first, dtype=torch.bool)
    for row, each in enumerate(firsts):
        first[row, : len(each)] = torch.tensor(each, dtype=torch.int64)
        mask[row, : len(each)] = True
    return PieceBatch(pieces, seen, first, mask, places)
