"""Passages as tensors of characters and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import torch
from torch import Tensor

from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import to_tags
from modules.transfer.tagging.words import words

LONGEST_WORD = 16
BUCKETS = 1 << 14
"""Of the words' hash; two words share one now and then."""
_BYTE = 256


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


@dataclass(frozen=True)
class LabelledBatch:
    """The same with answers: tags B x L, circulation B."""

    words: WordBatch
    tags: Tensor
    circulation: Tensor

    def to(self, device: torch.device, **how: Any) -> "LabelledBatch":
        """The same on a device, as Lightning asks for it."""
        words = self.words.to(device, **how)
        return LabelledBatch(words, self.tags.to(device, **how), self.circulation.to(device, **how))


def word_batch(texts: Sequence[str], longest: int) -> WordBatch:
    """Encode texts, each to its first `longest` words."""
    places = [words(text)[:longest] for text in texts]
    width = max(1, *(len(each) for each in places))
    characters = torch.zeros(len(texts), width, LONGEST_WORD, dtype=torch.int64)
    hashes = torch.zeros(len(texts), width, dtype=torch.int64)
    for row, (text, spans) in enumerate(zip(texts, places, strict=True)):
        for at, (start, end) in enumerate(spans):
            coded = text[start:end].encode()[:LONGEST_WORD]
            characters[row, at, : len(coded)] = torch.tensor([byte + 1 for byte in coded])
            hashes[row, at] = crc32(text[start:end].casefold().encode()) % BUCKETS + 1
    return WordBatch(characters, hashes, hashes > 0, places)


def labelled_batch(rows: Sequence[Labelled], longest: int) -> LabelledBatch:
    """Encode labelled passages."""
    batch = word_batch([row.passage.text for row in rows], longest)
    tags = torch.zeros_like(batch.hashes)
    for at, (row, places) in enumerate(zip(rows, batch.places, strict=True)):
        tags[at, : len(places)] = torch.tensor(to_tags(places, row.spans), dtype=torch.int64)
    return LabelledBatch(batch, tags, torch.tensor([float(row.circulation) for row in rows]))


CHARACTERS = _BYTE + 1
