import json
import math
import random

import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from modules.recommendation.encoder import SideEncoder
from modules.schema import Schema, Side

SIDE = Side(
    id="student_id",
    categorical=("gender", "college"),
    numeric=("age",),
    sequence=("grade_1", "grade_2"),
    protected=("gender",),
    changeable=("grade_2",),
)
words = st.one_of(st.none(), st.text(max_size=6))
numbers = st.one_of(st.none(), st.floats(-1e6, 1e6))
records = st.lists(
    st.fixed_dictionaries(
        {"gender": words, "college": words, "age": numbers, "grade_1": numbers, "grade_2": numbers}
    ),
    min_size=1,
    max_size=12,
)


def table(rows: list[dict[str, object]]) -> pa.Table:
    text, number = pa.string(), pa.float64()
    types = {"gender": text, "college": text, "age": number, "grade_1": number, "grade_2": number}
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))


@settings(max_examples=60, deadline=None)
@given(records, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_plays_no_part_in_the_fit(
    rows: list[dict[str, object]], rng: random.Random
) -> None:
    shuffled = rng.sample(rows, len(rows))
    assert SideEncoder.fit(rows, SIDE) == SideEncoder.fit(shuffled, SIDE)


@settings(max_examples=60, deadline=None)
@given(records)
def test_an_encoder_survives_json_and_encodes_tables_and_records_alike(rows: list[dict[str, object]]) -> None:
    encoder = SideEncoder.fit(table(rows), SIDE)
    again = SideEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    ours, theirs = encoder.encode(table(rows)), again.encode(rows)
    assert torch.equal(ours.codes, theirs.codes)
    assert torch.equal(ours.values, theirs.values)
    assert ours.codes.shape == (len(rows), 2)
    assert ours.values.shape == (len(rows), 3)


@settings(max_examples=60, deadline=None)
@given(records)
def test_a_code_names_its_value_and_zero_means_missing_in_training(rows: list[dict[str, object]]) -> None:
    encoder = SideEncoder.fit(rows, SIDE)
    codes = encoder.encode(rows).codes
    for row, line in zip(rows, codes.tolist(), strict=True):
        for name, code, vocabulary in zip(SIDE.categorical, line, encoder.vocabularies, strict=True):
            assert (vocabulary[code - 1] == row[name]) if code else (row[name] in (None, ""))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_numbers_are_standardised_over_the_rows_that_have_them(ages: list[float]) -> None:
    rows = [{"age": age} for age in ages]
    side = Side(id="id", numeric=("age",))
    encoder = SideEncoder.fit([*rows, {"age": None}, {}], side)
    values = encoder.encode(rows).values[:, 0].double()
    assert abs(float(values.mean())) < 1e-4
    if encoder.sd[0] != 1.0:
        assert float(values.std(correction=0)) == pytest.approx(1, abs=1e-4)
    assert encoder.encode([{"age": None}, {}]).values.tolist() == [[0.0], [0.0]]


def test_values_unseen_in_training_are_zero_and_named() -> None:
    encoder = SideEncoder.fit([{"gender": "f", "college": "law"}, {"gender": "m", "college": "2017"}], SIDE)
    rows = [{"gender": "x", "college": "law"}, {"college": 2017}, {"gender": "x", "college": "y"}]
    assert encoder.encode(rows).codes.tolist() == [[0, 2], [0, 1], [0, 0]]
    assert encoder.unknown(rows) == [("gender",), (), ("gender", "college")]


@pytest.mark.parametrize("value", ["seven", math.nan, math.inf, True, [1]])
def test_what_is_no_number_is_refused_by_its_field(value: object) -> None:
    encoder = SideEncoder.fit([{"age": 20}], Side(id="id", numeric=("age",)))
    with pytest.raises(UserError, match=r"^age: .* is no number"):
        encoder.encode([{"age": value}])


def test_a_side_without_fields_still_has_its_rows() -> None:
    features = SideEncoder.fit([{}, {}], Side(id="id")).encode([{}, {}, {}])
    assert (len(features), features.codes.shape, features.values.shape) == (3, (3, 0), (3, 0))


def test_protected_fields_are_no_inputs_unless_wanted() -> None:
    seen = SIDE.inputs(use_protected=False)
    assert seen.fields == ("college", "age", "grade_1", "grade_2")
    assert seen.changeable == ("grade_2",)
    assert SIDE.inputs(use_protected=True) == SIDE
    schema = Schema(students=SIDE, employers=Side(id="employer_id", categorical=("name",)), intent="intent")
    assert schema.inputs[0] == seen
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
