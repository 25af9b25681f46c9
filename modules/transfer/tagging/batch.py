"""Passages as tensors of characters and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import torch
from torch import Tensor

from modules.transfer.tagging.words import words

LONGEST_WORD = 16
BUCKETS = 1 << 14
"""Of the words' hash; two words share one now and then."""
CHARACTERS = 257
"""Bytes and nothing."""


@dataclass(frozen=True)
class WordBatch:
    """B passages of at most L words.

    Shapes:
        characters: B x L x 16, bytes + 1 of each word's first bytes; 0 where there is none.
        hashes: B x L, bucket + 1 of each word in lower case; 0 where there is none.
        mask: B x L, true of words.
    """

    characters: Tensor
    hashes: Tensor
    mask: Tensor
    places: list[list[tuple[int, int]]]
    """Start and end of every word of each passage."""

    def to(self, device: torch.device, **how: Any) -> "WordBatch":
        """The same on a device, as Lightning asks for it."""
        characters, hashes = self.characters.to(device, **how), self.hashes.to(device, **how)
        return WordBatch(characters, hashes, self.mask.to(device, **how), self.places)


def word_batch(texts: Sequence[str], longest: int) -> WordBatch:
    """Encode texts, each to its first `longest` words."""
    places = [words(text)[:longest] for text in texts]
    width = max([1, *map(len, places)])
    characters = torch.zeros(len(texts), width, LONGEST_WORD, dtype=torch.int64)
    hashes = torch.zeros(len(texts), width, dtype=torch.int64)
    for row, (text, spans) in enumerate(zip(texts, places, strict=True)):
        for at, (start, end) in enumerate(spans):
            coded = text[start:end].encode()[:LONGEST_WORD]
            characters[row, at, : len(coded)] = torch.tensor([byte + 1 for byte in coded])
            hashes[row, at] = crc32(text[start:end].casefold().encode()) % BUCKETS + 1
    return WordBatch(characters, hashes, hashes > 0, places)
