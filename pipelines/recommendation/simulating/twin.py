"""The planted utility of a student and an employer for each other, and whom it brings together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.recommendation.simulating import vocabulary as words
from pipelines.recommendation.simulating.sides import (
    Floats,
    Ints,
    Side,
    Students,
    draw_employers,
    draw_students,
)

_BLOCK = 1 << 22  # utilities held at a time
_SEMESTERS = len(words.GRADES)
_SHARES = {"abroad": 0.08, "domestic_study": 0.21, "contract": 0.71}
_BAR_WEIGHTS = np.linspace(0.15, 0.45, _SEMESTERS, dtype=np.float32)
_PAIRS, _SOME, _ROUNDS = 20_000, 1_000, 4


@dataclass(frozen=True)
class Term:
    """What a student's field and an employer's field do together: a table of both, and its weight."""

    student: str
    employer: str
    weight: float
    """Standard deviation over pairs of a student and an employer."""
    what: str
    """interest: of the student in the employer; requirement: of the employer on the student."""


TERMS = (
    Term("major", "industry", 1.2, "interest"),
    Term("home_province", "province", 1.0, "interest"),
    Term("college", "parent", 0.4, "interest"),
    Term("major", "parent", 0.4, "requirement"),
    Term("college", "nature", 0.5, "requirement"),
    Term("political_status", "nature", 0.4, "requirement"),
    Term("fresh_or_previous", "nature", 0.3, "requirement"),
    Term("gender", "industry", 0.3, "requirement"),
    Term("hukou", "city", 0.2, "interest"),
)
"""Ethnicity and residential college do nothing. Gender does: a bias that an audit has to find."""


class Twin:
    """Students, employers and U(i, e), a sum of terms each of one student's and one employer's field.

    U = popularity(e) + sum over TERMS of table[field of i, field of e] + sum_t z_it (a_nature + b_city)_t
        - sum_t w_t max(0, bar(e) - z_it), with z the standardised grades of semester t.
    Grades and their trend draw towards natures (so to study, or abroad) and to large cities; each grade below
    an employer's bar costs. A student goes to the employer of the largest U + Gumbel noise.

    Args:
        students: how many.
        employers: how many.
        seed: the same seed plants and draws the same.
    """

    def __init__(self, students: int, employers: int, seed: int) -> None:
        people, firms, plant, self._noise = (
            np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(4)
        )
        self.students: Students = draw_students(students, people)
        self.employers: Side = draw_employers(employers, firms)
        self._tables = [self._table(term, plant) for term in TERMS]
        self._pull = {field: self._pulls(field, plant) for field in ("nature", "city")}
        self._bar = plant.normal(-0.6, 0.7, employers).astype(np.float32)
        self._bar += np.float32(0.6) * self._in("nature", words.EDUCATION)
        self.popularity = self._popularity(plant)
        self._settle_intents(plant)
        self.hire = self._choose()
        """n: the employer that each student goes to."""

    def contributions(self, student: Ints, employer: Ints) -> dict[str, dict[str, NDArray[np.float64]]]:
        """By side and field: what the field adds to U of P pairs, against the mean over all of its side.

        A term of two fields adds to both: against the mean over students for the student's field, against the
        mean over employers for the employer's.
        """
        zero = np.zeros(len(student))
        of_student = {field: zero.copy() for field in (*words.STUDENT_FIELDS, *words.GRADES)}
        of_employer = {field: zero.copy() for field in words.EMPLOYER_FIELDS}
        for term, table in zip(TERMS, self._tables, strict=True):
            keys = self.students.codes[term.student]
            share = np.bincount(keys, minlength=len(table)) / len(keys)
            added = table[keys[student], employer]
            of_student[term.student] += added - (share @ table)[employer]
            of_employer[term.employer] += added - table.mean(1)[keys[student]]
        grades = self.students.standard
        for semester, name in enumerate(words.GRADES):
            level = grades[:, semester]
            for field, pull in self._pull.items():
                added = level[student] * pull[semester, employer]
                of_student[name] += added - level.mean() * pull[semester, employer]
                of_employer[field] += added - level[student] * pull[semester].mean()
            mine, bar = level[student], self._bar[employer]
            cost = np.maximum(0, bar - mine)
            weight = _BAR_WEIGHTS[semester]
            of_student[name] -= weight * (cost - _mean_excess(bar, -level))
            of_employer["name"] -= weight * (cost - _mean_excess(-mine, self._bar))
        of_employer["name"] += self.popularity[employer] - self.popularity.mean()
        return {"students": of_student, "employers": of_employer}

    def importance(self, seed: int) -> dict[str, dict[str, float]]:
        """By side and field: standard deviation of the contribution over drawn pairs."""
        rng = np.random.default_rng(seed)
        pairs = rng.integers(len(self.students), size=_PAIRS), rng.integers(len(self.employers), size=_PAIRS)
        return {
            side: {field: float(added.std()) for field, added in fields.items()}
            for side, fields in self.contributions(*pairs).items()
        }

    def utility(self, student: Ints) -> Floats:
        """U of some students and every employer, B x E."""
        grades = self.students.standard[student]
        total: Floats = grades @ (self._pull["nature"] + self._pull["city"]) + self.popularity
        for term, table in zip(TERMS, self._tables, strict=True):
            total += table[self.students.codes[term.student][student]]
        cost = np.empty_like(total)
        for level, weight in zip(grades.T, _BAR_WEIGHTS, strict=True):
            np.subtract(self._bar, level[:, None], out=cost)
            total -= np.multiply(np.maximum(cost, 0, out=cost), weight, out=cost)
        return total

    def _choose(self) -> Ints:
        step = max(1, _BLOCK // len(self.employers))
        chosen = []
        for start in range(0, len(self.students), step):
            total = self.utility(np.arange(start, min(start + step, len(self.students))))
            # The negative logarithm of an exponential variate is a Gumbel variate.
            noise = self._noise.standard_exponential(total.shape, dtype=np.float32)
            total -= np.log(np.maximum(noise, np.finfo(np.float32).tiny))
            chosen.append(total.argmax(1))
        return np.concatenate(chosen)

    def _table(self, term: Term, rng: np.random.Generator) -> Floats:
        # Values of the student's field x employers, by the employer's field.
        rows, columns = self.students.words[term.student], self.employers.words[term.employer]
        table = rng.normal(size=(len(rows), len(columns)))
        if term.student == "major" and term.what == "interest":
            table[np.arange(len(rows)), rng.integers(len(columns), size=len(rows))] += 4
        if term.student == "home_province":
            table += 5 * (np.array(rows)[:, None] == np.array(columns))
        spread = table[:, self.employers.codes[term.employer]]
        spread -= spread.mean(1, keepdims=True)
        share = np.bincount(self.students.codes[term.student], minlength=len(rows)) / len(self.students)
        scaled: Floats = (spread * term.weight / np.sqrt(share @ (spread**2).mean(1))).astype(np.float32)
        return scaled

    def _pulls(self, field: str, rng: np.random.Generator) -> Floats:
        # 6 x E: what one standard deviation of each grade adds.
        level = np.full(_SEMESTERS, 1 / _SEMESTERS)
        trend = (np.arange(_SEMESTERS) - 2.5) / 17.5
        if field == "city":
            return np.outer(level, 0.5 * self._in("city", words.LARGE)).astype(np.float32)
        drawn = rng.normal(0, 0.15, len(words.NATURES))[self.employers.codes["nature"]]
        education, overseas = (
            self._in("nature", words.EDUCATION),
            self._in("nature", ("overseas university",)),
        )
        towards = 1.8 * education + 0.2 * overseas + drawn
        rising = 6.0 * education - 3.0 * overseas
        pulls = np.outer(level, towards) + np.outer(trend, rising)
        return pulls.astype(np.float32)

    def _popularity(self, rng: np.random.Generator) -> Floats:
        # Zipf's law: the largest employer is wanted n times as often as the n-th.
        rank = np.arange(1, len(self.employers) + 1)
        logs: Floats = (rng.normal(0, 0.2, len(rank)) - np.log(rank)).astype(np.float32)
        return logs

    def _settle_intents(self, rng: np.random.Generator) -> None:
        # Iterative proportional fitting: what students do comes out in about the wanted shares.
        intent = np.array([words.INTENT[name] for name in words.NATURES])[self.employers.codes["nature"]]
        some = rng.choice(len(self.students), min(_SOME, len(self.students)), replace=False)
        for _ in range(_ROUNDS):
            total = self.utility(some)
            chance = np.exp(total - total.max(1, keepdims=True))
            chance = (chance / chance.sum(1, keepdims=True)).mean(0)
            for name, share in _SHARES.items():
                of = intent == name
                self.popularity[of] += np.log(share / chance[of].sum())
        self.popularity -= self.popularity.mean()

    def _in(self, field: str, values: tuple[str, ...]) -> NDArray[np.bool_]:
        among = np.array([word in values for word in self.employers.words[field]], dtype=np.bool_)
        return among[self.employers.codes[field]]


def _mean_excess(over: Floats, values: Floats) -> NDArray[np.float64]:
    """For every x of `over` the mean over v of max(0, v + x), exactly, by prefix sums."""
    ordered = np.sort(values.astype(np.float64))[::-1]
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    count = np.searchsorted(-ordered, over.astype(np.float64))
    excess: NDArray[np.float64] = (sums[count] + count * over) / len(ordered)
    return excess
