"""What each gate lets through, and what it does not."""

import json
from pathlib import Path

import pytest

from pipelines.config import parse_run, read_yaml
from pipelines.evaluation import Bounds
from pipelines.files import write_json
from pipelines.release.candidate import Candidate
from pipelines.release.gates import audit_gate, leak_gate, slices_gate, validation_gate
from pipelines.release.package import Package
from pipelines.release.records import Comparison
from tests.conftest import TOP
from tests.pipelines.evaluations import evaluation, validation


def candidate() -> Candidate:
    entry = read_yaml(TOP / "params" / "tiny.yaml")["tiny"]
    config = parse_run({**entry, "data": "params/no-input"}, "tiny")
    return Candidate("tiny", config, evaluation(), {}, Package("", {}))


@pytest.mark.parametrize(("error", "passed"), [(1.0, True), (1.1, True), (1.11, False)])
def test_a_slice_may_be_a_little_worse_than_the_champions(error: float, passed: bool) -> None:
    comparison = Comparison(
        metric="mae", candidate=1, champion=2, improvement=Bounds(estimate=1, low=0.5, high=1.5),
        cells=10, blocks=3, span=("2024-01", "2024-12"), slices={"near": (0.5, 1.0), "far": (error, 1.0)},
    )  # fmt: skip
    gate = slices_gate(candidate(), comparison)
    assert gate.passed == passed
    assert gate.detail.startswith(f"far: error {error - 1:+.1%} against the champion")


def test_without_a_champion_the_slices_are_held_against_the_best_baseline() -> None:
    found = candidate()
    part = found.evaluation.slices[0]
    worse = part.model_copy(update={"error": {**part.error, found.evaluation.candidate: 1e6}})
    bad = found.evaluation.model_copy(update={"slices": (worse,)})
    assert slices_gate(found, None).passed
    gate = slices_gate(Candidate("tiny", found.config, bad, {}, found.package), None)
    assert (gate.passed, "against the best baseline" in gate.detail) == (False, True)


def test_a_model_that_its_audit_refuses_is_not_released() -> None:
    found = candidate()
    assert audit_gate(found).passed
    refused = found.evaluation.model_copy(update={"refuses": ("gender: the gap is too large",)})
    gate = audit_gate(Candidate("tiny", found.config, refused, {}, found.package))
    assert (gate.passed, gate.detail) == (False, "gender: the gap is too large")


def test_data_with_a_critical_failure_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "tiny" / "validation"
    folder.mkdir(parents=True)
    found = validation()
    for severity, passed in (("warning", True), ("critical", False)):
        tables = []
        for table in found.tables:
            checks = [
                check.model_copy(update={"success": False, "severity": severity}) for check in table.checks
            ]
            tables.append(table.model_copy(update={"checks": tuple(checks)}))
        broken = found.model_copy(update={"tables": tuple(tables)})
        (folder / "result.json").write_text(broken.model_dump_json(), encoding="utf-8")
        assert validation_gate("tiny").passed == passed


@pytest.mark.parametrize(
    ("to", "row_keys", "passed"),
    [
        ("2022-12", {"2022-12": "a"}, True),
        ("2023-01", {"2022-12": "a"}, False),
        ("2022-12", {"2022-12": "a", "2023-02": "c"}, False),
        ("2022-12", {"2022-12": "a", "2023-02": "other rows"}, True),
    ],
)
def test_what_was_trained_on_and_is_tested_is_a_leak(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    to: str,
    row_keys: dict[str, str],
    passed: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("split", "artefact"):
        (tmp_path / "runs" / "tiny" / folder).mkdir(parents=True)
    frozen = {
        "labels": ["2022-01", "2022-12", "2023-01", "2023-02"],
        "parts": {"test": {"from": "2023-01", "to": "2023-02"}},
        "row_keys": {"2022-12": "a", "2023-01": "b", "2023-02": "c"},
    }
    write_json(tmp_path / "runs/tiny/split/split.json", frozen)
    training = {"from": "2022-01", "to": to, "row_keys": row_keys}
    lineage = tmp_path / "runs/tiny/artefact/lineage.json"
    lineage.write_text(json.dumps({"training": training}), encoding="utf-8")
    assert leak_gate(candidate()).passed == passed
