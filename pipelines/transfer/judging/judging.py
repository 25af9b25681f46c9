"""The judgement of a run's extractors, the extraction of its articles, and what is packaged."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from modules.artefact import sha256_of
from modules.errors import UserError
from modules.monitoring.reference import Reference
from modules.monitoring.texts import reference_units
from modules.transfer.cascade.cascade import Cascade
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.networks import load_network
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.places.policy import policy
from modules.transfer.predictor import TransferExtractor, flows_of
from modules.transfer.request import AskedMention, AskedText, ExtractRequest, NormaliseRequest
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import TransferRun
from pipelines.judging import Findings, Judging, Table, contenders
from pipelines.paths import GAZETTEER, RunPaths
from pipelines.ray_session import ray_session
from pipelines.stage_key import stage_key
from pipelines.transfer.fitting.data import Folds, open_data
from pipelines.transfer.judging.checks import suites
from pipelines.transfer.judging.evaluation import FilterStep, Step, TransferEvaluation
from pipelines.transfer.judging.extracting.extract import Extracted, Members, extract
from pipelines.transfer.judging.extracting.published import (
    SALT_FILE,
    SALT_VARIABLE,
    published,
    salt_of,
    subject_hash,
)
from pipelines.transfer.judging.extractions import extractions
from pipelines.transfer.judging.flow_tables import flow_tables
from pipelines.transfer.judging.judgement import ENSEMBLE, Judgement
from pipelines.transfer.judging.model_card import model_card
from pipelines.transfer.judging.selection import selection
from pipelines.validate import validate

_FUNNEL = ("articles", "sentences", "lexicon", "gate", "filter", "circulation", "destination")
_ARTICLE = ["article_id", "registered_domain", "published", "syndication_count"]
_GOLDEN = (
    "Greta Halloran left Vienna in March 2011. She moved to Toronto and joined the university there.",
    "In 2014 Ambrose Quilley relocated from Lisbon to Berlin. The dog was sent from Paris to Rome.",
)


def judge(name: str, config: TransferRun, artefact: Path) -> Findings:
    """Score members and ensemble on labelled passages, read the articles, write the candidate's predictor."""
    data, paths = open_data(name, config), RunPaths(name)
    normaliser = Normaliser(Gazetteer(GAZETTEER))
    fits = contenders(name, Path)
    shipped = {fit.name: fit.final[min(fit.final)] for fit in fits}
    members = [fit for fit in fits if fit.name != MoveFilter.name]
    with ray_session(config.tune.parallel):
        said = extractions(members, data)
        judgement = Judgement(
            data, said, config.transfer.voters, normaliser, config.evaluate.bootstrap, config.seed
        )
        voters = judgement.voters
        read = _read(name, config, voters, shipped)
    articles = pq.read_table(paths.extracted / "articles.parquet", columns=_ARTICLE)
    simulated = isinstance(config.source, SimulateArticlesSource)
    salt = salt_of(config.seed if simulated else None)
    _same_salt(config, salt)
    table, private = published(
        read.read.to_pylist(),
        {row["article_id"]: row for row in articles.to_pylist()},
        len(voters),
        salt,
        config.transfer.forgotten,
    )
    rows = table.to_pylist()
    checked = validate(
        name, [suites(table.to_pandas(), articles.to_pandas(), config.evaluate.max_one_domain)]
    )
    classifier = load_network(shipped[MoveFilter.name]) if MoveFilter.name in shipped else None
    predictor = TransferExtractor(
        networks={voter: load_network(shipped[voter]) for voter in voters},
        classifier=classifier if isinstance(classifier, MoveFilter) else None,
        places=GAZETTEER,
        flows=flows_of(rows),
    )
    predictor.save(artefact)
    evaluation = TransferEvaluation(
        run=name,
        # Whoever ranks first: agreement of several is what is asked for. The gates hold it to the baseline.
        candidate=ENSEMBLE,
        best_baseline=judgement.best_baseline,
        sha12=sha256_of(artefact / "model.safetensors")[:12],
        leaderboard=judgement.leaderboard(),
        slices=judgement.slices(),
        refuses=tuple(f"transfers: {check.says}" for _, check in checked.failed("critical")),
        warnings=tuple(f"transfers: {check.says}" for _, check in checked.failed("warning")),
        unread={what: read.counts.get(what, 0) for what in ("too_long", "long_passage")},
        levels=judgement.levels(),
        selection=selection(judgement.final.readings[judgement.seeds[0]], data.answers["final"]),
        kappa=judgement.kappa(),
        funnel=_funnel(read, rows),
        dropped={
            key.removeprefix("dropped."): count
            for key, count in sorted(read.counts.items())
            if key.startswith("dropped.")
        },
        recall=_recall(data, predictor.cascade),
        examples=judgement.examples(),
        policy_version=policy().version,
        labelled={
            "train": len(data.backtest.training),
            "validation": len(data.backtest.judged),
            "test": len(data.final.judged),
        },
        simulated=all(answer.source == "simulated" for answer in data.answers["final"]),
    )
    return Findings(
        evaluation=evaluation,
        metrics=_metrics(evaluation),
        plots=_plots(evaluation),
        card=model_card(evaluation, config, Reference.of(reference_units(predictor, _texts(paths)))),
        golden=golden(predictor),
        training=_training(name),
        tables={"transfers.parquet": table, "private.parquet": private, **flow_tables(rows)},
    )


JUDGING = Judging(TransferEvaluation, judge)


def golden(predictor: TransferExtractor) -> list[dict[str, Any]]:
    """Requests with their answers, of people whom nobody knows."""
    texts = ExtractRequest([AskedText(text) for text in _GOLDEN], screen=False)
    mentions = ("University of Szeged", "Paris, Texas", "Hong Kong", "Congo")
    return [
        {
            "path": "/extract",
            "request": {"passages": [{"text": text} for text in _GOLDEN], "screen": False},
            "response": predictor.extract(texts),
        },
        {
            "path": "/normalise",
            "request": {"mentions": [{"mention": mention} for mention in mentions]},
            "response": predictor.normalise(
                NormaliseRequest([AskedMention(mention) for mention in mentions])
            ),
        },
    ]


def _read(name: str, config: TransferRun, voters: Sequence[str], shipped: Mapping[str, Path]) -> Extracted:
    """Every article by the first seed's final fits; finished shards wait in scratch under the stage's key."""
    return extract(
        RunPaths(name).extracted / "articles.parquet",
        Members({voter: shipped[voter] for voter in voters}, shipped.get(MoveFilter.name), GAZETTEER),
        config.evaluate.shard,
        config.tune.parallel,
        RunPaths(name).scratch("evaluate", stage_key("evaluate", name)),
    )


def _same_salt(config: TransferRun, salt: bytes) -> None:
    said = config.transfer.forgotten_salt
    if config.transfer.forgotten and said != subject_hash("", salt):
        raise UserError(
            f"transfer.forgotten was written with another salt: set {SALT_VARIABLE}, or copy {SALT_FILE} "
            "from where `talentflow forget` ran"
        )


def _funnel(read: Extracted, rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    steps = [Step(name=step, kept=read.counts.get(step, 0)) for step in _FUNNEL]
    agreed, flows = read.read.num_rows, sum(row["flow"] for row in rows)
    return (*steps, Step(name="agreed", kept=agreed), Step(name="flow", kept=flows))


def _recall(data: Folds, cascade: Cascade) -> tuple[FilterStep, ...]:
    """Labelled test moves that pass each step of the filter."""
    moves = [row.passage for row in data.final.judged if row.circulation]
    passed = [cascade.steps(passage) for passage in moves]
    return tuple(
        FilterStep(name=step, kept=sum(each[step] for each in passed), of=len(moves))
        for step in ("lexicon", "gate", "filter")
    )


def _metrics(evaluation: TransferEvaluation) -> dict[str, Any]:
    models = {
        row.model: {
            "backtest_destination_f1": row.backtest_f.mean,
            **{metric: spread.mean for metric, spread in row.test.items()},
        }
        for row in evaluation.leaderboard
    }
    return {
        "candidate": models[evaluation.candidate],
        "models": models,
        "levels": {
            each.level: {"precision": each.precision.estimate, "coverage": each.coverage}
            for each in evaluation.levels
            if each.precision is not None
        },
        "funnel": {step.name: step.kept for step in evaluation.funnel},
    }


def _plots(evaluation: TransferEvaluation) -> dict[str, Table]:
    """Errors by field, the leaderboard, and the share that is right of what each level keeps."""
    rows = evaluation.leaderboard
    return {
        "error.csv": (
            ("model", "part", "error"),
            [(row.model, field, 1 - its.f1) for row in rows for field, its in row.fields.items()],
        ),
        "leaderboard.csv": (
            ("model", "validation", "test"),
            [(row.model, 1 - row.backtest_f.mean, 1 - row.test["destination_f1"].mean) for row in rows],
        ),
        "calibration.csv": (
            ("part", "group", "observed"),
            [(each.level, "right", each.right / each.kept) for each in evaluation.levels if each.kept],
        ),
    }


def _texts(paths: RunPaths) -> list[str]:
    table = pq.read_table(paths.extracted / "articles.parquet", columns=["text"])
    texts: list[str] = table.column("text").to_pylist()
    return texts


def _training(name: str) -> dict[str, Any]:
    split = json.loads((RunPaths(name).split / "split.json").read_text(encoding="utf-8"))
    parts = ("train", "validation")
    return {
        "from": parts[0],
        "to": parts[-1],
        "row_keys": {part: split["row_keys"][part] for part in parts},
    }
