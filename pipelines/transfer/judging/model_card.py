"""The card of an ensemble of extractors."""

from modules.monitoring.reference import Reference
from pipelines.card import Card, Compared, Group, Kept, Told, figure, figures, made_from
from pipelines.config.transfer import TransferRun
from pipelines.evaluation import Bounds
from pipelines.transfer.judging.evaluation import TransferEvaluation


def model_card(evaluation: TransferEvaluation, config: TransferRun, reference: Reference) -> Card:
    """What a user of the ensemble should know: what it is for, how it was judged, whom it leaves out."""
    row = next(each for each in evaluation.leaderboard if each.model == evaluation.candidate)
    simulated = config.source.kind == "simulate"
    told = Told(
        intended_use="counts of who is said to have moved between countries",
        not_for=(
            "measuring mobility: what is counted is news attention",
            "finding out about a person: tables that leave the project have no names",
        ),
        data=made_from(
            config,
            "simulated articles" if simulated else "articles of the user's",
            {
                "articles": evaluation.funnel[0].kept,
                **{f"labelled passages, {part}": count for part, count in evaluation.labelled.items()},
            },
            {},
            simulated=simulated,
        ),
        ranked_by=figure("backtest_destination_f1", row.backtest_f),
        test=figures(row.test, _intervals(evaluation, row.model)),
        kept=tuple(
            Kept(
                name=f"right, of what is kept at level {each.level}",
                cells=each.kept,
                found=each.precision.estimate,
                promised=None,
                interval=each.precision,
            )
            for each in evaluation.levels
            if each.precision is not None
        ),
        fairness=tuple(_kept(evaluation, level) for level in ("strict", "majority")),
        limits=_limits(evaluation),
        facts={
            "policy": evaluation.policy_version,
            "voters": ", ".join(config.transfer.voters),
            "languages": ", ".join(config.transfer.languages),
        },
    )
    return Card.of(evaluation, config, reference, told)


def _intervals(evaluation: TransferEvaluation, model: str) -> dict[str, Bounds]:
    """Wilson intervals of the first seed, and the bootstrap's of F1."""
    row = next(each for each in evaluation.leaderboard if each.model == model)
    told = row.fields["destination"]
    found = {"destination_precision": told.precision, "destination_recall": told.recall}
    return {**row.intervals, **{name: bounds for name, bounds in found.items() if bounds is not None}}


def _kept(evaluation: TransferEvaluation, level: str) -> Compared:
    return Compared(
        by=f"part of the labelled moves, at level {level}",
        measure="share of the moves that is kept",
        groups=tuple(
            Group(name=each.part, size=each.moves, value=bounds)
            for each in evaluation.selection
            for its, bounds in each.kept.items()
            if its == level
        ),
        said="a part far below the others is counted too rarely",
    )


def _limits(evaluation: TransferEvaluation) -> tuple[str, ...]:
    limits = [
        "a sentence is read with the one before it; what stands further apart is not joined",
        "months and years are missed more often than places",
    ]
    last = evaluation.recall[-1]
    if last.of:
        limits.append(f"the filter lets {last.kept} of {last.of} labelled test moves through")
    if evaluation.simulated:
        limits.append("all labelled test passages are simulated: the scores say nothing about real text")
    limits += evaluation.warnings
    return tuple(limits)
