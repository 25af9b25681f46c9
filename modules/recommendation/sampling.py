"""Negatives: employers that a student did not go to, drawn from the hires of unlike students."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modules.errors import UserError
from modules.recommendation.features import Features, PairData, Pairs
from modules.recommendation.similarity import Ints, Traits, Unlike, similarity
from modules.schema import Sampling

_ROUNDS = 512
"""Rejected so often, a row's candidates are listed instead."""
_BLOCK = 1 << 18


class NegativeSampler:
    """Algorithm 1 of Zhu et al. 2021 (doi:10.7544/issn1000-1239.2021.20211008), without its lists.

    A hire's candidates are the employers of the students least similar to its student and the employers
    least similar to its employer, one after the other, without the student's own employers: so employers of
    the first list weigh by their hires, those of the second alike. `similar_s` and `similar_u` are one list
    alone, `random` every employer, and `similar_c` the least similar employers, as many as negatives are
    wanted. Equal candidates at a list's end are told apart at random, by a seeded key.

    Nothing is listed: a place in either list is proposed uniformly and accepted if it is in it (rejection
    keeps the weights exactly), and a place is taken once. Thresholds are measured once, so a draw is cheap.

    Args:
        students: all rows; only those that `hires` names are ever looked at.
        employers: all rows.
        hires: training pairs; those of label 0 are left out.
        sampling: method, share that counts as unlike, negatives a hire.
        seed: of the keys.
    """

    def __init__(
        self, students: Features, employers: Features, hires: Pairs, sampling: Sampling, seed: int
    ) -> None:
        positive = hires.positive
        self._sampling = sampling
        self._employer: Ints = positive.employer.numpy()
        known, self._student = np.unique(positive.student.numpy(), return_inverse=True)
        self._employers = len(employers)
        self._own = np.unique(self._pair(np.arange(len(positive)), self._employer))
        self._employer_traits = Traits.of(employers)
        self._unlike_student = self._unlike_employer = None
        seeds = np.random.SeedSequence(seed).generate_state(2)
        if sampling.method in {"similar_s", "ours"}:
            traits = Traits.of(students[torch.from_numpy(known)])
            self._unlike_student = Unlike(traits, sampling.threshold, int(seeds[0]))
        if sampling.method in {"similar_u", "ours"}:
            self._unlike_employer = Unlike(self._employer_traits, sampling.threshold, int(seeds[1]))
        # Places 0 ... H-1 are the hires, H ... H+E-1 the employers.
        hired = len(self._employer)
        self._first = 0 if self._unlike_student else hired
        self._last = hired if sampling.method == "similar_s" else hired + self._employers

    @classmethod
    def of(cls, data: PairData, seed: int) -> "NegativeSampler":
        """The sampler of a training set where negatives are drawn.

        Raises:
            ValueError: if both sides decide there.
        """
        if data.sampling is None:
            msg = "both sides decide: no negatives are drawn"
            raise ValueError(msg)
        return cls(data.students, data.employers, data.hires, data.sampling, seed)

    def __len__(self) -> int:
        return len(self._employer)

    def draw(self, seed: int | tuple[int, ...]) -> Tensor:
        """Rows of employers, P x k int64: k negatives for every positive of the hires, in their order.

        Raises:
            UserError: if a hire has fewer than k candidates.
        """
        rng = np.random.default_rng(seed)
        draw = self._least_similar if self._sampling.method == "similar_c" else self._drawn
        return torch.from_numpy(draw(rng))

    def _drawn(self, rng: np.random.Generator) -> Ints:
        places = np.full((len(self), self._sampling.negatives), -1)
        for slot in range(places.shape[1]):
            rows = np.arange(len(self))
            for _ in range(_ROUNDS):
                place = rng.integers(self._first, self._last, len(rows))
                taken = (places[rows, :slot] == place[:, None]).any(1)
                accepted = self._among_candidates(rows, place) & ~taken
                places[rows[accepted], slot] = place[accepted]
                rows = rows[~accepted]
                if not len(rows):
                    break
            for row in rows.tolist():
                places[row, slot] = self._listed(row, places[row, :slot], rng)
        return self._employer_of(places)

    def _listed(self, row: int, taken: Ints, rng: np.random.Generator) -> int:
        place = np.setdiff1d(np.arange(self._first, self._last), taken)
        candidates = place[self._among_candidates(np.full(len(place), row), place)]
        if not len(candidates):
            share, wanted = self._sampling.threshold, self._sampling.negatives
            raise UserError(
                f"recommendation.sampling: a hire has {len(taken)} candidates at threshold {share:g}, and "
                f"{wanted} negatives are wanted: raise the threshold, or lower negatives"
            )
        return int(rng.choice(candidates))

    def _employer_of(self, place: Ints) -> Ints:
        hired = len(self._employer)
        return np.where(place < hired, self._employer[np.minimum(place, hired - 1)], place - hired)

    def _among_candidates(self, row: Ints, place: Ints) -> NDArray[np.bool_]:
        hired = len(self._employer)
        pair = self._pair(row, self._employer_of(place))
        near = np.searchsorted(self._own, pair)
        accepted: NDArray[np.bool_] = self._own[np.minimum(near, len(self._own) - 1)] != pair
        for unlike, mask in (
            (self._unlike_student, accepted & (place < hired)),
            (self._unlike_employer, accepted & (place >= hired)),
        ):
            if unlike is None:
                continue
            at = np.flatnonzero(mask)
            if unlike is self._unlike_student:
                accepted[at] = unlike(self._student[row[at]], self._student[place[at]])
            else:
                accepted[at] = unlike(self._employer[row[at]], place[at] - hired)
        return accepted

    def _pair(self, row: Ints, employer: Ints) -> Ints:
        return self._student[row] * self._employers + employer

    def _own_of(self, rows: Ints) -> tuple[Ints, Ints]:
        # Positions among `rows`, and the employers of their students.
        first = self._student[rows] * self._employers
        start, stop = np.searchsorted(self._own, first), np.searchsorted(self._own, first + self._employers)
        at = np.repeat(np.arange(len(rows)), stop - start)
        within = np.arange(len(at)) - np.repeat(np.cumsum(stop - start) - (stop - start), stop - start)
        return at, self._own[start[at] + within] % self._employers

    def _least_similar(self, rng: np.random.Generator) -> Ints:
        wanted = self._sampling.negatives
        chosen = np.empty((len(self), wanted), dtype=np.int64)
        step = max(1, _BLOCK // self._employers)
        for start in range(0, len(self), step):
            rows = np.arange(start, min(start + step, len(self)))
            alike = similarity(self._employer_traits[self._employer[rows, None]], self._employer_traits)
            alike[self._own_of(rows)] = np.inf
            order = rng.random(alike.shape, dtype=np.float32)
            for slot in range(wanted):
                least = alike.min(1, keepdims=True)
                if np.isinf(least).any():
                    raise UserError(
                        f"recommendation.sampling: too few employers for {wanted} negatives a hire"
                    )
                chosen[rows, slot] = np.where(alike == least, order, 1).argmin(1)
                alike[rows - start, chosen[rows, slot]] = np.inf
        return chosen
