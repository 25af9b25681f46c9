"""Which texts tell the same story in the same words."""

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

from datasketch import MinHash, MinHashLSH

from pipelines.config.transfer import NearDuplicates

_WORD = re.compile(r"\w+")
_SEED = 1
_MISSES_COUNT = (0.05, 0.95)
"""Weights of false and of missed candidates. A false one is found out by the exact similarity and costs only
that; with even weights 60 % of the pairs at a threshold of 0.8 would be missed, so 5 %."""


def shingles(text: str, words: int) -> frozenset[str]:
    """Every run of so many words, capitals and punctuation aside; a shorter text is one shingle."""
    found = _WORD.findall(text.casefold())
    return frozenset(" ".join(found[i : i + words]) for i in range(max(1, len(found) - words + 1)))


def clusters(texts: Sequence[str], settings: NearDuplicates) -> list[int]:
    """For every text the position of the first of its cluster.

    Two texts whose shingles' Jaccard similarity reaches the threshold are of one cluster, and so are texts
    that a chain of such pairs joins. Pairs are proposed by banded MinHash (Broder 1997; Leskovec, Rajaraman
    and Ullman, Mining of Massive Datasets, ch. 3) and verified exactly, so order changes no cluster.
    """
    index = MinHashLSH(settings.threshold, settings.permutations, weights=_MISSES_COUNT)
    empty = MinHash(settings.permutations, seed=_SEED, hashfunc=zlib.crc32)
    parent = list(range(len(texts)))

    def first(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    for position, text in enumerate(texts):
        own = shingles(text, settings.shingle)
        sketch = empty.copy()
        sketch.update_batch([shingle.encode() for shingle in own])
        by_cluster = defaultdict(list)
        for candidate in index.query(sketch):
            by_cluster[first(candidate)].append(candidate)
        for members in by_cluster.values():
            if any(
                _similarity(own, texts[other], settings) >= settings.threshold for other in sorted(members)
            ):
                earlier, later = sorted((first(position), first(members[0])))
                parent[later] = earlier
        index.insert(position, sketch)
    return [first(position) for position in range(len(texts))]


def _similarity(own: frozenset[str], other: str, settings: NearDuplicates) -> float:
    there = shingles(other, settings.shingle)
    return len(own & there) / len(own | there)
