"""The judgement of a run's recommenders, and what is packaged of it."""

import json
from pathlib import Path
from typing import Any

from modules.artefact import sha256_of
from modules.monitoring.reference import Reference
from modules.recommendation.networks import load_network
from modules.recommendation.predictor import Recommender
from modules.recommendation.request import ExplainRequest, RecommendRequest
from pipelines.config.recommendation import RecommendationRun
from pipelines.evaluation import Bounds
from pipelines.judging import Findings, Judging, Table, contenders
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import open_data
from pipelines.recommendation.judging.audit import audit
from pipelines.recommendation.judging.cost import cost_of_run
from pipelines.recommendation.judging.evaluation import RecommendationEvaluation
from pipelines.recommendation.judging.explaining import explanations
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.model_card import model_card
from pipelines.recommendation.judging.planted import Planted
from pipelines.recommendation.judging.reference import reference_units

GOLDEN_STUDENTS = 3


def judge(name: str, config: RecommendationRun, artefact: Path) -> Findings:
    """Rank by the validation students, score the test students, write the candidate's predictor."""
    data = open_data(name, config)
    judgement = Judgement(data, contenders(name, load_network), config.evaluate, config.seed)
    recommender = recommender_of(judgement)
    recommender.save(artefact)
    sha12 = sha256_of(artefact / "model.safetensors")[:12]
    evaluation = evaluation_of(name, config, judgement, sha12, cost_of_run(name, config, judgement))
    return Findings(
        evaluation=evaluation,
        metrics=_metrics(evaluation),
        plots=_plots(evaluation),
        card=model_card(evaluation, config, Reference.of(reference_units(recommender, data))),
        golden=golden(recommender),
        training=_training(name, config),
    )


JUDGING = Judging(RecommendationEvaluation, judge)


def recommender_of(judgement: Judgement) -> Recommender:
    """The candidate's first seed, with the employers of the run, and who tells intents where it does not."""
    data, fold, teller = judgement.data, judgement.data.final, judgement.teller
    other = teller if teller is not None and teller.name != judgement.candidate.name else None
    fields = ["id", *data.schema.employers.fields]
    return Recommender(
        network=next(iter(judgement.candidate.final.values())),
        schema=data.schema,
        encoders=fold.encoders,
        employers=tuple(data.employers.select(fields).to_pylist()),
        intents=fold.data.intents,
        teller=None if other is None else next(iter(other.final.values())),
    )


def golden(recommender: Recommender) -> list[dict[str, Any]]:
    """Requests with their answers: students made of values that training knows, nobody's record."""
    encoder = recommender.encoders[0]
    side, ids = encoder.side, list(recommender.position)
    pairs: list[dict[str, Any]] = []
    for at in range(GOLDEN_STUDENTS):
        words = zip(side.categorical, encoder.vocabularies, strict=True)
        student: dict[str, Any] = {field: known[at % len(known)] for field, known in words if known}
        student |= {
            field: mean + (at - 1) * sd
            for field, mean, sd in zip(side.numbers, encoder.mean, encoder.sd, strict=True)
        }
        asked: dict[str, Any] = {"student": student, "k": 5}
        pairs.append(
            {
                "path": "/recommend",
                "request": asked,
                "response": recommender.recommend(RecommendRequest(**asked)),
            }
        )
        why: dict[str, Any] = {"student": student, "employer": ids[-1 - at]}
        pairs.append(
            {"path": "/explain", "request": why, "response": recommender.explain(ExplainRequest(**why))}
        )
    return pairs


def evaluation_of(
    name: str, config: RecommendationRun, judgement: Judgement, sha12: str, cost: Bounds | None = None
) -> RecommendationEvaluation:
    """The record of a judgement.

    Args:
        name: of the run.
        config: of the run.
        judgement: of the run.
        sha12: by which the packaged weights are known.
        cost: of leaving the protected fields out, where it was measured.
    """
    data, settings = judgement.data, config.recommendation
    fold = data.final.data
    parts = json.loads((RunPaths(name).split / "split.json").read_text(encoding="utf-8"))["parts"]
    matches = fold.judging.positive
    audited = audit(judgement, cost)
    explained = explanations(judgement, Planted.read(RunPaths(name).gold))
    # What ships must explain truly; of a baseline that ships nothing was tried.
    held_against = [each for each in (audited, explained) if each and each.model == judgement.candidate.name]
    return RecommendationEvaluation(
        run=name,
        candidate=judgement.candidate.name,
        best_baseline=judgement.best_baseline.name,
        sha12=sha12,
        leaderboard=judgement.leaderboard(),
        slices=judgement.slices(),
        students={part: each["students"] for part, each in parts.items()},
        employers=len(data.employers),
        unseen=float((fold.popularity[matches.employer] == 0).double().mean()),
        top=config.evaluate.top,
        two_sided=fold.judging.decisions is not None,
        protected=(*data.schema.students.protected, *data.schema.employers.protected),
        use_protected=settings.use_protected,
        intent=judgement.intent(),
        refuses=tuple(reason for each in held_against for reason in each.refuses),
        audit=audited,
        explanations=explained,
    )


def _metrics(evaluation: RecommendationEvaluation) -> dict[str, Any]:
    models = {
        row.model: {
            "backtest_auc": row.backtest_auc.mean,
            **{metric: spread.mean for metric, spread in row.test.items()},
        }
        for row in evaluation.leaderboard
    }
    intent = evaluation.intent
    said = (
        {}
        if intent is None
        else {
            "macro_f1": intent.macro_f1.mean,
            "micro_f1": intent.micro_f1.mean,
            "majority": intent.majority,
            "calibration_error": intent.calibration_error.mean,
        }
    )
    audited = evaluation.audit
    cost = {} if audited is None or audited.cost is None else audited.cost.model_dump()
    return {
        "candidate": models[evaluation.candidate],
        "intent": said,
        "models": models,
        "protected_cost": cost,
    }


def _plots(evaluation: RecommendationEvaluation) -> dict[str, Table]:
    """Errors and intents told; a part is what a match is compared with, or a class of intent."""
    rows = evaluation.leaderboard
    protocols = [name for name in ("auc", "auc_popularity", "auc_similar") if name in rows[0].test]
    intent = evaluation.intent
    told = [] if intent is None else list(zip(intent.classes, intent.confusion, strict=True))
    return {
        "error.csv": (
            ("model", "part", "error"),
            [(row.model, part, 1 - row.test[part].mean) for row in rows for part in protocols],
        ),
        "leaderboard.csv": (
            ("model", "validation", "test"),
            [(row.model, 1 - row.backtest_auc.mean, 1 - row.test["auc"].mean) for row in rows],
        ),
        "calibration.csv": (
            ("part", "group", "observed"),
            [
                (label, other, count / max(sum(counts), 1))
                for label, counts in told
                for other, count in zip(intent.classes if intent else (), counts, strict=True)
            ],
        ),
    }


def _training(name: str, config: RecommendationRun) -> dict[str, Any]:
    """The cohorts that the final fits were given; where there are none, how the students were parted."""
    split = json.loads((RunPaths(name).split / "split.json").read_text(encoding="utf-8"))
    first, last = split["parts"]["train"]["from"], split["parts"]["validation"]["to"]
    labels, fractions = split["labels"], config.recommendation.split.fractions
    trained = labels[labels.index(first) : labels.index(last) + 1]
    return {
        "from": first,
        "to": last,
        "row_keys": {label: split["row_keys"][label] for label in trained},
        "fractions": fractions and fractions.model_dump(),
    }
