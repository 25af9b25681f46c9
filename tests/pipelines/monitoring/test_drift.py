"""What has shifted is found, what has not is left alone, and of a few nothing is said."""

import numpy as np
import pytest

from modules.monitoring.feature import Value
from modules.monitoring.reference import Reference, Unit
from pipelines.monitoring.drift import Held, drift, own_counts
from pipelines.monitoring.logged import Counts

COLLEGES = ("arts", "civil", "law", "medicine", "music")
SHARES = (0.4, 0.3, 0.15, 0.1, 0.05)


def population(
    draw: np.random.Generator, size: int, shares: tuple[float, ...] = SHARES, mean: float = 75.0
) -> list[Unit]:
    """Students with six fields that have nothing to do with each other, and a score."""
    colleges = draw.choice(COLLEGES, size, p=shares)
    grades = draw.normal(mean, 8, (size, 4))
    scores = draw.beta(8, 2, size)

    def unit(at: int) -> Unit:
        asked: dict[str, list[Value]] = {"college": [str(colleges[at])]}
        asked |= {f"grade {term}": [float(grade)] for term, grade in enumerate(grades[at])}
        return Unit(asked, {"score": [float(scores[at])]})

    return [unit(at) for at in range(size)]


def counts(reference: Reference, units: list[Unit]) -> Counts:
    found = reference.count(units)
    return {each.name: np.array(found.get(each.name, [0.0] * each.bins)) for each in reference.features}


def held(reference: Reference, units: list[Unit]) -> dict[str, Held]:
    found = drift(reference, own_counts(reference), counts(reference, units))
    return {each.name: each for each in found}


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.of(population(np.random.default_rng(0), 3000))


@pytest.mark.parametrize(
    ("shares", "mean", "shifted"),
    [
        ((0.1, 0.3, 0.15, 0.1, 0.35), 75.0, {"college"}),
        (SHARES, 80.0, {f"grade {term}" for term in range(4)}),
        (SHARES, 75.0, set()),
    ],
)
def test_a_shifted_population_is_found_and_named(
    reference: Reference, shares: tuple[float, ...], mean: float, shifted: set[str]
) -> None:
    found = held(reference, population(np.random.default_rng(1), 400, shares, mean))
    assert {name for name, each in found.items() if each.found} == shifted
    assert all(each.shifts for each in found.values())


def test_a_value_that_was_never_there_is_a_shift(reference: Reference) -> None:
    units = [Unit({"college": ["dentistry" if at % 3 else "arts"]}) for at in range(300)]
    found = held(reference, units)["college"]
    assert found.found
    assert found.seen[found.labels.index("any other")] == 200


def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    draw, looks = np.random.default_rng(2), 150
    alarms = doubts = 0
    for _ in range(looks):
        # A reference of its own each time: it is a sample too.
        known = Reference.of(population(draw, 400))
        found = drift(known, own_counts(known), counts(known, population(draw, 150)), level=0.1)
        alarms += any(each.found for each in found)
        doubts += any(shift.q <= 0.1 for each in found for shift in each.shifts)
    assert alarms <= doubts
    # 0.1 of the looks are expected at most; 27 or more would have a chance below 1 in 500.
    assert doubts < 27


def test_ten_thousand_times_a_little_is_no_alarm(reference: Reference) -> None:
    found = held(reference, population(np.random.default_rng(3), 30_000, (0.37, 0.33, 0.15, 0.1, 0.05)))
    college = found["college"].shifts[0]
    assert college.q < 0.01
    assert college.size < 0.1
    assert not found["college"].found


def test_of_a_few_nothing_is_said(reference: Reference) -> None:
    units = population(np.random.default_rng(4), 99, (0.0, 0.0, 0.0, 0.0, 1.0), 95.0)
    assert all(not each.shifts and not each.found for each in held(reference, units).values())
    assert held(reference, [*units, units[0]])["college"].found


def test_a_matrix_of_forecasts_weighs_as_much_as_one() -> None:
    regions = [f"r{at}" for at in range(10)]
    reference = Reference.of(Unit({"origin": [region]}) for region in regions * 50)
    assert not held(reference, [Unit({"origin": regions}) for _ in range(200)])["origin"].found
    assert held(reference, [Unit({"origin": ["r3"]}) for _ in range(200)])["origin"].found
