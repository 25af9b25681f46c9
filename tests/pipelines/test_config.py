from pathlib import Path
from typing import Any

import pytest

from modules.errors import UserError
from pipelines.config import load_run, parse_run, read_yaml
from tests.pipelines.entries import migration_run, nested

TOP = Path(__file__).parent.parent.parent
FLOWS: dict[str, Any] = {
    "track": "migration",
    "data": "somewhere",
    "source": {"kind": "flows", "path": "moves.csv"},
    "period": {"unit": "quarter", "from": "2000Q1", "to": "2010Q4"},
    "cells": {"absent": "zero"},
    "windows": {"length": 4, "horizon": 2, "validation": 6, "test": 6},
}


def with_(path: str, value: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        key: dict(part) if isinstance(part, dict) else part for key, part in FLOWS.items()
    }
    *sections, key = path.split(".")
    target = entry
    for section in sections:
        target = target.setdefault(section, {})
    target[key] = value
    return nested(entry)


@pytest.mark.parametrize("file", sorted((TOP / "params").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_ready_entry_is_valid(file: Path) -> None:
    for name, entry in read_yaml(file).items():
        assert parse_run({**entry, "data": "somewhere"}, name).track == entry["track"]


def test_every_run_of_params_is_valid_and_writes_every_section() -> None:
    for name, entry in read_yaml(TOP / "params.yaml")["runs"].items():
        config = load_run(name, TOP / "params.yaml")
        assert set(entry) == set(type(config).model_fields), "DVC watches sections by name"
        assert set(entry[config.track]) == set(type(getattr(config, config.track)).model_fields)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("windows.lenght", 3, r"windows\.lenght: no such key"),
        ("windows.length", 0, r"windows\.length: .*greater than or equal to 1, given 0"),
        ("windows.length", "8", r"windows\.length: .*integer, given '8'"),
        ("windows.test", 1, r"windows: test is shorter than horizon 2"),
        ("windows.validation", 40, r"need at least 52 observed periods .* has 44"),
        ("cells", {}, r"cells\.absent: is required"),
        ("period.from", "2000-01", r"period.*'2000-01' is not a quarter \(write it like 2020Q1\)"),
        ("period.to", "1999Q1", r"period: `from` 2000Q1 is later than `to` 1999Q1"),
        ("source.kind", "sql", r"source: .*'simulate', 'queries', 'flows'"),
        ("regions.keep", "sixty", r"regions\.keep: "),
        ("regions.name", "name", r"regions: name names a column, but regions\.path is none"),
        ("train.seeds", [1, 1], r"train\.seeds: name at least one seed, each once"),
        ("evaluate.coverage", 1.5, r"evaluate\.coverage: "),
        ("track", "transfers", r"track: "),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_the_key(path: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        parse_run(with_(path, value), "moves.yaml: moves")
    assert str(caught.value).startswith("moves.yaml: moves: ")
    assert "\n" not in str(caught.value)


def test_gaps_do_not_count_as_observed() -> None:
    entry = {**FLOWS, "period": {**FLOWS["period"], "gaps": [{"from": "2001Q1", "to": "2001Q4"}]}}
    assert len(migration_run(entry, "x").migration.period.gap_ordinals) == 4


def test_a_file_that_is_not_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("runs: [", encoding="utf-8")
    with pytest.raises(UserError, match=r"params\.yaml: line 1: not valid YAML"):
        load_run("x", tmp_path / "params.yaml")


def test_regions_that_queries_are_merged_into_have_adcodes() -> None:
    simulated = {**FLOWS, "source": {"kind": "simulate"}}
    migration_run({**simulated, "regions": {"merge": {"371200": "370100"}}})
    migration_run({**FLOWS, "regions": {"merge": {"莱芜": "济南"}}})
    with pytest.raises(UserError, match=r"regions\.merge: '莱芜' is no 6-digit adcode"):
        migration_run({**simulated, "regions": {"merge": {"莱芜": "370100"}}})
