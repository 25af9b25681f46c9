"""How alike two students, or two employers, are; and who is unlike whom."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modules.recommendation.features import Features

EXACT = 16_384
"""Up to so many rows the unlike ones of a row are told exactly, by its similarity to every other."""
SAMPLE = 2_048
"""Above, by its similarity to so many drawn rows: the share that is unlike is off by about 1 % (sd)."""
_BLOCK = 1 << 18  # similarities held at a time
_MISSING = -1
_EVERY_TIE = np.uint64(2**64 - 1)

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Traits:
    """Fields of n rows as similarity reads them, field by field; indexing picks rows."""

    codes: NDArray[np.signedinteger]
    """C x n; 0 is missing, and like nothing."""
    values: NDArray[np.float32]
    """V x n, scaled so that each field's range is 1."""

    @classmethod
    def of(cls, features: Features) -> "Traits":
        """Traits of some rows, scaled by their own ranges."""
        values = features.values.numpy().astype(np.float64).T
        reach = np.ptp(values, axis=1, keepdims=True) if values.size else np.ones((len(values), 1))
        scaled = (values / np.where(reach > 0, reach, 1.0)).astype(np.float32)
        codes = features.codes.numpy()
        small = np.int16 if codes.max(initial=0) <= np.iinfo(np.int16).max else np.int32
        return cls(np.ascontiguousarray(codes.T, dtype=small), np.ascontiguousarray(scaled))

    def __len__(self) -> int:
        return int(self.codes.shape[1])

    def __getitem__(self, rows: Ints) -> "Traits":
        # take, not [:, rows], whose result is strided the other way: a field would not lie in one piece.
        return Traits(self.codes.take(rows, axis=1), self.values.take(rows, axis=1))


def similarity(left: Traits, right: Traits) -> NDArray[np.float32]:
    """Gower's similarity: the share of fields that agree, a number agreeing by 1 - difference / range.

    Equations (1) and (2) of Zhu et al. 2021 (doi:10.7544/issn1000-1239.2021.20211008), where employers have
    no numbers. Shapes of rows broadcast: left of [B, 1] and right of [n] give [B, n]. The same pair gives the
    same bits in every shape.
    """
    shape = np.broadcast_shapes(left.codes.shape[1:], right.codes.shape[1:])
    fields = len(left.codes) + len(left.values)
    alike = np.zeros(shape, dtype=np.uint8 if fields <= np.iinfo(np.uint8).max else np.int32)
    same, apart, difference = (
        np.empty(shape, np.bool_),
        np.zeros(shape, np.float32),
        np.empty(shape, np.float32),
    )
    known = np.where(left.codes == 0, left.codes.dtype.type(_MISSING), left.codes)
    for mine, theirs in zip(known, right.codes, strict=True):
        np.equal(mine, theirs, out=same)
        np.add(alike, same.view(np.uint8), out=alike)
    for one, other in zip(left.values, right.values, strict=True):
        np.subtract(one, other, out=difference)
        np.add(apart, np.abs(difference, out=difference), out=apart)
    np.subtract(len(left.values), apart, out=apart)
    np.add(alike, apart, out=apart)
    return np.divide(apart, max(fields, 1), out=apart)


class Unlike:
    """For every row the share of all rows that are least similar to it; equals are told apart at random.

    Kept are a threshold a row, and a key that says which of the rows exactly at it belong. Every similarity
    (n^2; above `EXACT` rows n times `SAMPLE`) is looked at once, a block at a time, and none is kept.

    Args:
        traits: n rows.
        share: of the n rows that are unlike, at least one row.
        seed: of the keys, and of the drawn rows.
    """

    def __init__(self, traits: Traits, share: float, seed: int) -> None:
        self._traits = traits
        rng = np.random.default_rng(seed)
        self._salt = rng.integers(0, 2**63, dtype=np.uint64)
        size = len(traits)
        others = np.arange(size) if size <= EXACT else np.sort(rng.choice(size, SAMPLE, replace=False))
        count = max(1, round(share * len(others)))
        self._threshold = np.empty(size, dtype=np.float32)
        self._key = np.full(size, _EVERY_TIE)
        step = max(1, _BLOCK // len(others))
        for start in range(0, size, step):
            self._measure(np.arange(start, min(start + step, size)), others, count)

    def __call__(self, row: Ints, other: Ints) -> NDArray[np.bool_]:
        """Whether each `other` [Q] is unlike each `row` [Q]."""
        alike, threshold = similarity(self._traits[row], self._traits[other]), self._threshold[row]
        tied = self._keys(row, other) <= self._key[row]
        among: NDArray[np.bool_] = (alike < threshold) | ((alike == threshold) & tied)
        return among

    def _measure(self, rows: Ints, others: Ints, count: int) -> None:
        alike = similarity(self._traits[rows[:, None]], self._traits[others])
        self._threshold[rows] = threshold = self._smallest(alike, count)
        equals = (alike <= threshold[:, None]).sum(1) > count
        for at in np.flatnonzero(equals):
            tied = others[alike[at] == threshold[at]]
            wanted = count - int((alike[at] < threshold[at]).sum())
            self._key[rows[at]] = np.partition(self._keys(rows[at], tied), wanted - 1)[wanted - 1]

    def _smallest(self, alike: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        # The count-th smallest of each row. Without numbers there are few levels, and many at each: there a
        # partition takes ten times as long as elsewhere, and counting takes no time.
        if len(self._traits.values):
            nth: NDArray[np.float32] = np.partition(alike, count - 1, axis=1)[:, count - 1]
            return nth
        fields = len(self._traits.codes)
        levels = np.arange(fields + 1, dtype=np.float32) / np.float32(max(fields, 1))
        within = np.stack([(alike <= level).sum(1) for level in levels])
        found: NDArray[np.float32] = levels[(within >= count).argmax(0)]
        return found

    def _keys(self, row: Ints, other: Ints) -> NDArray[np.uint64]:
        """A random number for each pair: SplitMix64's finalizer (Steele, Lea and Flood 2014), one to one."""
        pair = (row.astype(np.uint64) << np.uint64(32)) ^ other.astype(np.uint64)
        mixed = (pair + np.uint64(0x9E3779B97F4A7C15)) ^ self._salt
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
