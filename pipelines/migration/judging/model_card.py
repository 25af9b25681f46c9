"""The card of a forecaster."""

from modules.monitoring.reference import Reference
from pipelines.card import Card, Kept, Told, figure, figures, made_from
from pipelines.config.migration import MigrationRun
from pipelines.migration.judging.evaluation import FlowEvaluation


def model_card(evaluation: FlowEvaluation, config: MigrationRun, reference: Reference) -> Card:
    """What a user of the candidate should know: what it is for, how it was judged, where it fails."""
    row = next(each for each in evaluation.leaderboard if each.model == evaluation.candidate)
    simulated = config.source.kind == "simulate"
    what = {
        "simulate": "a simulated log of job-search queries",
        "queries": "a log of job-search queries",
        "flows": "a table of moves between regions",
    }[config.source.kind]
    told = Told(
        intended_use="forecasts of moves between regions, for planning",
        not_for=("decisions about persons", "other regions, or other units of time, than those it knows"),
        data=made_from(
            config,
            what,
            {"regions": len(evaluation.regions), f"{evaluation.unit}s": evaluation.observed_periods},
            {part: f"{first} to {last}" for part, (first, last) in evaluation.spans.items()},
            simulated=simulated,
        ),
        ranked_by=figure("backtest_mae", row.backtest_mae),
        test=figures(row.test, {"mae": row.test_mae}),
        kept=tuple(
            Kept(
                name=f"{each.corridors} corridors, {each.horizon} ahead",
                cells=each.cells,
                found=each.coverage,
                promised=evaluation.nominal_coverage,
                interval=None,
            )
            for each in evaluation.coverage
        ),
        nominal_coverage=evaluation.nominal_coverage,
        limits=_limits(evaluation),
        facts={
            "unit": evaluation.unit,
            "periods seen": evaluation.length,
            "periods ahead": evaluation.horizon,
            "distances": "known" if evaluation.geography else "not known",
        },
    )
    return Card.of(evaluation, config, reference, told)


def _limits(evaluation: FlowEvaluation) -> tuple[str, ...]:
    limits = [
        "intervals are calibrated on the periods that also chose the model, and run a little narrow",
        "a regime that those periods did not show breaks forecasts and intervals",
        "regions are fixed: one that appears later is not known",
    ]
    missed = sum(1 for each in evaluation.coverage if not each.held)
    if missed:
        limits.append(
            f"in {missed} of {len(evaluation.coverage)} classes of corridors the test was more than five "
            "points off what the intervals promise"
        )
    if not evaluation.geography:
        limits.append("distances were not known: the geographic parts of the model are off")
    return tuple(limits)
