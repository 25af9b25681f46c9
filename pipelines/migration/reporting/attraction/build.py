"""From a run's outputs to the record of its city report."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from modules.migration.arrays import Float64Array
from modules.migration.flows import Flows
from modules.migration.predictor import MigrationPredictor
from pipelines.config.migration import MigrationRun
from pipelines.migration.fitting.flows_of_run import open_flows
from pipelines.migration.judging.evaluation import FlowEvaluation
from pipelines.migration.reporting.attraction.city_series import city_series
from pipelines.migration.reporting.attraction.groups import group_order, groupings, summed
from pipelines.migration.reporting.attraction.held_out import held_out, listed
from pipelines.migration.reporting.attraction.partners import off_diagonal
from pipelines.migration.reporting.attraction.peers import nearest, profiles
from pipelines.migration.reporting.attraction.periods import PERIODS, Timeline, shown_periods
from pipelines.migration.reporting.attraction.reasons import reasons
from pipelines.migration.reporting.attraction.record import City, CityReport, Grouping, Peers, Quality
from pipelines.migration.reporting.attraction.rounding import significant
from pipelines.migration.reporting.attraction.shares import shares
from pipelines.pages import plain
from pipelines.paths import RunPaths
from pipelines.validation import Validation

USERS = "n_users"


def city_report(
    name: str,
    config: MigrationRun,
    evaluation: FlowEvaluation,
    validation: Validation,
    imported: dict[str, Any],
) -> CityReport:
    """Read the run's flows, regions and packaged model, and say everything that the page shows.

    Raises:
        UserError: if the artefact is torn or of another format.
    """
    paths = RunPaths(name)
    flows, split = open_flows(name, config)
    predictor = MigrationPredictor.load(paths.artefact)
    timeline = Timeline(
        flows=flows,
        users=read_users(paths.extracted / "flows.parquet", flows),
        ahead=listed(predictor.forecast.count, flows),
        held_out=held_out(predictor, flows, split.test),
        outlook=predictor.cities,
        seed=config.seed,
    )
    cities = read_cities(paths.extracted / "regions.parquet")
    shown = shown_periods(timeline)
    return CityReport(
        run=name,
        unit=config.migration.period.unit,
        source=config.source.kind,
        model=evaluation.candidate,
        sha12=evaluation.sha12,
        diagonal=config.migration.cells.diagonal,
        normalised=config.source.kind != "flows" and config.migration.extract.normalise != "none",
        resampled="changes" if timeline.users is None else "users",
        cities=cities,
        first=timeline.label(0),
        shown=shown,
        groupings=_groupings(timeline, cities),
        series=city_series(timeline, config.evaluate.coverage),
        reasons=reasons(predictor.explanation, timeline.ahead),
        peers=_peers(timeline),
        quality=_quality(config, flows, evaluation, validation, imported),
    )


def read_cities(path: Path) -> tuple[City, ...]:
    """The cities of regions.parquet, whose columns beyond region and name may be absent or blank."""
    return tuple(
        City.model_validate(
            {key: value for key, value in row.items() if key in City.model_fields and _said(value)},
            strict=False,
        )
        for row in pq.read_table(path).to_pylist()
    )


def _said(value: object) -> bool:
    return value not in {None, ""} and value == value  # noqa: PLR0124 - NaN is not equal to itself


def read_users(path: Path, flows: Flows) -> Float64Array | None:
    """Distinct users behind every count, T x N x N, where flows.parquet tells them."""
    if USERS not in pq.read_schema(path).names:
        return None
    table = pq.read_table(path).to_pydict()
    step = {label: place for place, label in enumerate(flows.labels)}
    region = {code: place for place, code in enumerate(flows.regions)}
    users = np.zeros(flows.values.shape)
    cells = (
        [step[label] for label in table["period"]],
        [region[code] for code in table["origin"]],
        [region[code] for code in table["destination"]],
    )
    users[cells] = table[USERS]
    return users


def _groupings(timeline: Timeline, cities: tuple[City, ...]) -> tuple[Grouping, ...]:
    share = shares(timeline.counts[timeline.steps])
    made = []
    for name, groups in groupings(cities, share.inflow.sum(0)).items():
        order = group_order(groups)
        made.append(
            Grouping(
                name=name,
                groups=tuple(order),
                members=tuple(groups.count(group) for group in order),
                inflow=_rows(summed(share.of_inflow, groups, order)),
                net=_rows(summed(share.of_net, groups, order)),
            )
        )
    return tuple(made)


def _rows(values: Float64Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(significant(value, 4) for value in row) for row in values.tolist())


def _peers(timeline: Timeline) -> Peers:
    if timeline.outlook is None:
        recent = timeline.counts[timeline.steps[-PERIODS - len(timeline.ahead) : -len(timeline.ahead)]]
        found = nearest(profiles(off_diagonal(np.nan_to_num(recent).sum(0))))
    else:
        found = nearest(np.asarray(timeline.outlook.representation, dtype=np.float64))
    return Peers(
        by="profile" if timeline.outlook is None else "representation",
        nearest=tuple(tuple((place, significant(alike, 3)) for place, alike in row) for row in found),
    )


def _quality(
    config: MigrationRun,
    flows: Flows,
    evaluation: FlowEvaluation,
    validation: Validation,
    imported: dict[str, Any],
) -> Quality:
    read = evaluation.extraction and evaluation.extraction.held_back
    rows, privacy = imported["rows"], imported.get("privacy", {})
    steps = [("Read", rows["read"])]
    for verb, fates in (("Quarantined", rows.get("quarantined", {})), ("Dropped", rows["dropped"])):
        steps += [(f"{verb}: {plain(fate)}", number) for fate, number in sorted(fates.items()) if number]
    steps.append(("Kept", rows["kept"]))
    counted, size = flows.scored[flows.observed], len(flows.regions)
    cells = len(counted) * size * (size - (not config.migration.cells.diagonal))
    return Quality(
        rows=tuple(steps),
        suppressed=privacy.get("suppressed_share"),
        k_anonymity=privacy.get("k_anonymity"),
        read_right=(read.precision, read.recall) if read else None,
        unlisted=significant(1 - float(counted.sum()) / cells, 4),
        gaps=tuple((gap.first, gap.last) for gap in config.migration.period.gaps),
        checks=validation.checks,
        warnings=tuple(check.says for _, check in validation.failed("warning")),
        held=(sum(cell.held for cell in evaluation.coverage), len(evaluation.coverage)),
    )
