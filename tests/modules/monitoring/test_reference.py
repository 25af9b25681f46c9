"""Histograms whose small cells say nothing, and that a trip through JSON leaves as they are."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.monitoring.feature import ABSENT, FEWEST, OTHER, Feature
from modules.monitoring.reference import Reference, Unit

numbers = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=200)


def test_a_rare_category_is_not_named_and_a_small_cell_is_nothing() -> None:
    units = [["law"]] * 7 + [["arts"]] * 4 + [[None]] * 3
    feature = Feature.of("college", "asked", units)
    assert feature.values == ("law",)
    assert feature.labels == ("law", OTHER, ABSENT)
    assert feature.counts == (7, 0, 0)
    assert [feature.bin(each) for each in ("law", "arts", "", None)] == [0, 1, 2, 2]


def test_a_number_is_cut_where_many_lie_and_at_nobodys_own() -> None:
    own = [60 + at * 0.3137 for at in range(200)]
    feature = Feature.of("grade", "asked", [[each] for each in own])
    assert feature.cuts is not None
    assert len(feature.cuts) == 9
    assert not {*feature.cuts} & {*own}
    assert feature.labels[0] == f"up to {feature.cuts[0]:g}"
    assert sum(feature.counts) == 200
    assert (feature.bin(-1e9), feature.bin(1e9), feature.bin(None)) == (0, 9, 10)


@settings(deadline=None)
@given(numbers)
def test_no_cell_is_small_and_cuts_ascend(values: list[float | None]) -> None:
    feature = Feature.of("number", "asked", [[value] for value in values])
    assert all(count == 0 or count >= FEWEST for count in feature.counts)
    assert all(low < high for low, high in pairwise(feature.cuts or ()))
    assert len(feature.labels) == feature.bins == len(feature.counts)
    assert sum(feature.weigh([[value] for value in values])) == pytest.approx(len(values))


def test_a_unit_weighs_one_however_much_it_says() -> None:
    reference = Reference.of(Unit({"origin": [region]}) for region in "aaaaabbbbb")
    counts = reference.count([Unit({"origin": ["a", "a", "b", "c"]}), Unit({"origin": []}), Unit()])
    assert counts == {"origin": [0.5, 0.25, 0.25, 0.0]}
    assert reference.count([Unit({"another": ["a"]})]) == {}


def test_a_reference_goes_through_json_as_it_is() -> None:
    units = [Unit({"college": ["law"], "grade": [float(at)]}, {"score": [at / 50]}) for at in range(50)]
    reference = Reference.of(units)
    assert [(each.name, each.role) for each in reference.features] == [
        ("college", "asked"),
        ("grade", "asked"),
        ("score", "predicted"),
    ]
    assert Reference.from_json(json.loads(json.dumps(reference.to_json()))) == reference
