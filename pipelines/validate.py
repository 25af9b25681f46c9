"""The validate stage: stop a run whose data is wrong, and say what is odd about data that passes."""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations import ExpectTableColumnsToMatchSet

from modules.errors import UserError
from pipelines import tracks
from pipelines.config import RunConfig
from pipelines.files import whole_folder, write_json
from pipelines.pages import render
from pipelines.paths import SCRATCH, RunPaths
from pipelines.suite import Suite
from pipelines.validation import Check, CheckedTable, Validation

SAMPLES = 5
SAMPLE_LENGTH = 120


def run(name: str, config: RunConfig) -> None:
    """Check what import wrote; the outputs appear only if no critical check fails.

    Raises:
        UserError: naming the first critical check that fails, a sample, and how to mend it.
    """
    paths = RunPaths(name)
    validation = validate(name, tracks.suites(name, config))
    critical = validation.failed("critical")
    # DVC deletes the outputs of a failed stage, so a failure is read in the scratch folder.
    failure = SCRATCH / name / "validation"
    shutil.rmtree(failure, ignore_errors=True)
    with whole_folder(failure if critical else paths.validation) as folder:
        write_json(folder / "result.json", validation.model_dump(mode="json"))
        (folder / "index.html").write_text(render("validation.html", validation=validation), encoding="utf-8")
    if critical:
        raise UserError(_one_line(name, critical, failure / "index.html"))


def validate(name: str, suites: Iterable[Sequence[Suite]]) -> Validation:
    """Judge group after group of suites, up to the first group in which a critical check fails."""
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
            store_backend_defaults=InMemoryStoreBackendDefaults(),
        ),
    )
    source = context.data_sources.add_pandas("import")
    checked = Validation(run=name, tables=())
    for group in suites:
        judged = tuple(_judge(source, suite) for suite in group)
        checked = Validation(run=name, tables=checked.tables + judged)
        if checked.failed("critical"):
            break
    return checked


def _judge(source: Any, suite: Suite) -> CheckedTable:
    asset = source.add_dataframe_asset(suite.name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": suite.frame})
    checks = []
    for expectation in suite.expectations:
        checks.append(_outcome(batch, expectation, suite.key))
        if isinstance(expectation, ExpectTableColumnsToMatchSet) and not checks[-1].success:
            break  # no other expectation finds its column
    return CheckedTable(name=suite.name, title=suite.title, rows=len(suite.frame), checks=tuple(checks))


def _outcome(batch: Any, expectation: Any, key: tuple[str, ...]) -> Check:
    form: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLES}
    if not isinstance(expectation, ExpectTableColumnsToMatchSet):
        form["unexpected_index_column_names"] = list(key)
    found = batch.validate(expectation, result_format=form)
    column = getattr(expectation, "column", None)
    columns = getattr(expectation, "column_list", None)
    return Check(
        type=found.expectation_config.type,
        column=", ".join(columns) if columns else column,
        severity=expectation.severity.value,
        success=found.success,
        says=expectation.description,
        mend=expectation.meta["mend"],
        unexpected=found.result.get("unexpected_count"),
        samples=() if found.success else _samples(found.result, column),
    )


def _samples(result: dict[str, Any], column: str | None) -> tuple[str, ...]:
    """The rows that broke an expectation, or else what was observed instead."""
    if "mismatched" in result.get("details", {}):
        return tuple(
            f"{kind} {_text(value)}"
            for kind, values in sorted(result["details"]["mismatched"].items())
            for value in sorted(values)
        )
    rows = result.get("partial_unexpected_index_list")
    if rows is None:
        return (f"observed {_text(result.get('observed_value'))}",)
    samples = []
    for row in rows[:SAMPLES]:
        where = ", ".join(f"{key} {_text(value)}" for key, value in row.items() if key != column)
        value = "" if column is None else f"{column} {_text(row[column])}"
        samples.append(f"{value} ({where})" if value and where else value or where)
    return tuple(samples)


def _text(value: Any) -> str:
    text = "null" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"


def _one_line(name: str, critical: list[tuple[CheckedTable, Check]], page: Path) -> str:
    table, check = critical[0]
    where = f"{table.name}.{check.column}" if check.column else table.name
    count = f"{check.unexpected:,} unexpected, " if check.unexpected else ""
    more = f" ({len(critical) - 1} more critical)" if len(critical) > 1 else ""
    return (
        f"runs.{name}: data check failed: {check.type} on {where}: {check.says} "
        f"Found {count}e.g. {'; '.join(check.samples[:2])}. To mend: {check.mend}{more}; all checks: {page}"
    )
