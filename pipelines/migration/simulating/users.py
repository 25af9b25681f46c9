"""Users: every city has a pool of them, and everyone who searches in a month is a different one."""

import numpy as np
from numpy.typing import NDArray

_CITY_BITS = np.uint64(40)
_ROOM = 2.5  # a city's pool against its busiest month: so users come back in other months

Ints = NDArray[np.int64]


class Users:
    """Hands out user numbers of 64 bits.

    Args:
        busiest: [N] users that are expected in each city's busiest month.
        seed: of the run; another seed makes other users.
    """

    def __init__(self, busiest: NDArray[np.float64], seed: int) -> None:
        self._size = np.array([_prime_from(int(_ROOM * number) + 10_000) for number in busiest])
        self._salt = _mixed(np.array([seed], np.uint64))[0]

    def month(self, rng: np.random.Generator) -> "UsersOfMonth":
        """A month's users, in an order of its own."""
        return UsersOfMonth(self._size, rng.integers(1, self._size), rng.integers(self._size), self._salt)


class UsersOfMonth:
    """Counts the users of every city, so that nobody is handed out twice."""

    def __init__(self, size: Ints, step: Ints, start: Ints, salt: np.uint64) -> None:
        self._size, self._step, self._start, self._salt = size, step, start, salt
        self._next = np.zeros(len(size), np.int64)

    def new(self, origin: NDArray[np.int32]) -> NDArray[np.uint64]:
        """A new user for every row of `origin` [n], which is sorted: [n]."""
        number = np.bincount(origin, minlength=len(self._size))
        first = np.cumsum(number) - number
        count = np.arange(len(origin)) - first[origin] + self._next[origin]
        self._next += number
        # A step that is prime to the size visits everybody once before anybody twice.
        index = (count * self._step[origin] + self._start[origin]) % self._size[origin]
        return _mixed(((origin.astype(np.uint64) << _CITY_BITS) | index.astype(np.uint64)) ^ self._salt)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele, Lea and Flood 2014): one to one, so users stay distinct."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _prime_from(number: int) -> int:
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number
