"""Simulated students and employers: codes of their fields, and grades."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.recommendation.simulating import vocabulary as words

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_MEAN_GRADE, _SD_GRADE = 78.0, 8.0
_NATURE_SHARE = {
    "foreign enterprise": 0.12,
    "government": 0.08,
    "overseas university": 0.12,
    "private enterprise": 0.32,
    "school": 0.06,
    "state enterprise": 0.22,
    "university": 0.08,
}
_EMPLOYERS_A_PARENT = 4
_PARTY_OF_ABLE_AND_OTHERS = 0.28, 0.12
_LEAGUE, _PREVIOUS, _HOUSE_BY_COLLEGE = 0.95, 0.05, 0.8


@dataclass(frozen=True)
class Side:
    """n rows: a code for each field and what the codes mean."""

    ids: list[str]
    codes: dict[str, Ints]
    words: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.ids)

    def texts(self, field: str) -> pa.Array:
        """A field's texts."""
        return pa.array(self.words[field], pa.string()).take(pa.array(self.codes[field]))


@dataclass(frozen=True)
class Students(Side):
    """Students with their six grades."""

    grades: Floats
    """n x 6, of 100, one decimal."""

    @property
    def standard(self) -> Floats:
        """N x 6: grades in standard deviations from the mean of all students to come."""
        return (self.grades - np.float32(_MEAN_GRADE)) / np.float32(_SD_GRADE)


def draw_students(count: int, rng: np.random.Generator) -> Students:
    """Students of five cohorts: fields hang together as they do in life, grades go up or down over time."""

    def among(options: int, weights: list[float] | None = None) -> Ints:
        share = np.ones(options) if weights is None else np.array(weights)
        return rng.choice(options, count, p=share / share.sum())

    cohort = rng.permutation(_in_proportion(count, list(words.COHORTS.values())))
    majors = [(college, major) for college, several in words.MAJORS.items() for major in several]
    major = among(len(majors), [1 / (1 + rank) ** 0.4 for rank in rng.permutation(len(majors))])
    college = np.array([words.COLLEGES.index(college) for college, _ in majors])[major]
    women = np.array([0.62 if name in words.MORE_WOMEN else 0.24 for name in words.COLLEGES])[college]
    home = among(31, [9.0 if name == words.HOME else 1.0 for name in words.HOME_PROVINCES])
    urban = 0.35 + 0.4 * rng.random(31)
    ability, trend = rng.normal(size=(2, count, 1))
    semester = (np.arange(6) - 2.5) / 2.5
    level = 0.75 * ability + 0.35 * trend * semester + 0.5 * rng.normal(size=(count, 6))
    party = rng.random(count) < np.where(ability[:, 0] > 0, *_PARTY_OF_ABLE_AND_OTHERS)
    league = rng.random(count) < _LEAGUE
    house = np.where(rng.random(count) < _HOUSE_BY_COLLEGE, college % len(words.RESIDENTIAL), among(8))
    codes = {
        "graduation_year": cohort,
        "gender": (rng.random(count) >= women).astype(np.int64),
        "political_status": np.where(party, 2, np.where(league, 0, 1)),
        "ethnicity": among(8, [0.915, 0.025, 0.02, 0.012, 0.006, 0.008, 0.006, 0.008]),
        "home_province": home,
        "fresh_or_previous": (rng.random(count) < _PREVIOUS).astype(np.int64),
        "hukou": (rng.random(count) < urban[home]).astype(np.int64),
        "college": college,
        "major": major,
        "residential_college": house,
    }
    meanings = {
        "graduation_year": list(words.COHORTS),
        "gender": list(words.GENDERS),
        "political_status": list(words.POLITICAL),
        "ethnicity": list(words.ETHNICITIES),
        "home_province": list(words.HOME_PROVINCES),
        "fresh_or_previous": list(words.FRESH),
        "hukou": list(words.HUKOU),
        "college": list(words.COLLEGES),
        "major": [major for _, major in majors],
        "residential_college": list(words.RESIDENTIAL),
    }
    ids = [f"s{number:07d}" for number in range(1, count + 1)]
    grades = np.clip(_MEAN_GRADE + _SD_GRADE * level, 0, 100).round(1).astype(np.float32)
    return Students(ids, codes, meanings, grades)


def draw_employers(count: int, rng: np.random.Generator) -> Side:
    """Employers from the largest to the smallest; a nature's industries and places are its own."""
    cities = [(province, city) for province, several in words.CITIES.items() for city in several]
    overseas = np.array([province == "abroad" for province, _ in cities])
    large = np.array([city in words.LARGE for _, city in cities])
    near = np.array([province == words.HOME for province, _ in cities])
    nature = rng.choice(len(words.NATURES), count, p=[_NATURE_SHARE[name] for name in words.NATURES])
    nature[: len(words.NATURES)] = rng.permutation(len(words.NATURES))  # each is among the large ones
    abroad = nature == words.NATURES.index("overseas university")
    weight = np.where(overseas, 0.0, 1.0 + 5.0 * large + 4.0 * near)
    city = rng.choice(len(cities), count, p=weight / weight.sum())
    city[abroad] = rng.choice(np.flatnonzero(overseas), int(abroad.sum()))
    industry = rng.integers(len(words.INDUSTRIES), size=count)
    for name, of in (("education", (*words.EDUCATION, "school")), ("public service", ("government",))):
        industry[np.isin(nature, [words.NATURES.index(each) for each in of])] = words.INDUSTRIES.index(name)
    parents = max(2, count // _EMPLOYERS_A_PARENT)
    names = [
        f"{cities[place][1]} {_kind(words.NATURES[kind], words.INDUSTRIES[trade])} {number}"
        for number, (place, kind, trade) in enumerate(zip(city, nature, industry, strict=True), 1)
    ]
    provinces = list(words.CITIES)
    codes = {
        "name": np.arange(count),
        "parent": rng.integers(parents, size=count),
        "nature": nature,
        "industry": industry,
        "province": np.array([provinces.index(province) for province, _ in cities])[city],
        "city": city,
    }
    meanings = {
        "name": names,
        "parent": [f"group {number}" for number in range(1, parents + 1)],
        "nature": list(words.NATURES),
        "industry": list(words.INDUSTRIES),
        "province": provinces,
        "city": [name for _, name in cities],
    }
    return Side([f"e{number:05d}" for number in range(1, count + 1)], codes, meanings)


def _kind(nature: str, industry: str) -> str:
    return nature if nature in {*words.EDUCATION, "government", "school"} else industry


def _in_proportion(count: int, shares: list[int]) -> Ints:
    bounds = np.round(np.cumsum(shares) / sum(shares) * count).astype(np.int64)
    return np.searchsorted(bounds, np.arange(count), side="right")
