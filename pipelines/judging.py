"""What evaluate needs of a track: the judgement of a run's fitted models."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import pyarrow as pa

from modules.role import Role
from pipelines.card import Card
from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.transfer import TransferRun
from pipelines.evaluation import Evaluation
from pipelines.paths import RunPaths

Network = TypeVar("Network")
Table = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Header and rows."""


@dataclass(frozen=True)
class Contender(Generic[Network]):
    """One model with its fits: a network a seed, for the back-test and for the test."""

    name: str
    role: Role
    parameters: Mapping[str, float | int | str]
    backtest: Mapping[int, Network]
    final: Mapping[int, Network]


@dataclass(frozen=True)
class Findings:
    """What a judgement comes to."""

    evaluation: Evaluation
    metrics: dict[str, Any]
    """Numbers for `dvc metrics`."""
    plots: Mapping[str, Table]
    """Tables for `dvc plots`, by file name."""
    card: Card
    """What a user of the model should know."""
    golden: list[Any]
    """Requests with the answers that a server must give."""
    training: dict[str, Any]
    """`from`, `to` and `row_keys` of what the final fits were given."""
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    """What the model makes of the run's data, by file name beside the evaluation."""


@dataclass(frozen=True)
class Judging:
    """A track's part in evaluate."""

    record: type[Evaluation]
    judge: Callable[[str, Any, Path], Findings]
    """Judge a run's fitted models by its settings; the first one's predictor is written into a folder."""


def fits(name: str, model: str, fold: str, load: Callable[[Path], Network]) -> dict[int, Network]:
    """A model's fits of one fold, or beside them, by seed."""
    folder = RunPaths(name).model / model
    seeds = sorted(int(path.name.removeprefix("seed-")) for path in folder.iterdir())
    return {seed: load(folder / f"seed-{seed}" / fold) for seed in seeds}


def contenders(name: str, load: Callable[[Path], Network]) -> list[Contender[Network]]:
    """The models of a run as train left them."""
    paths = RunPaths(name)
    best = json.loads((paths.tune / "best.json").read_text(encoding="utf-8"))
    models = json.loads((paths.model / "models.json").read_text(encoding="utf-8"))

    return [
        Contender(
            name=model["model"],
            role=model["role"],
            parameters=best[model["model"]],
            backtest=fits(name, model["model"], "backtest", load),
            final=fits(name, model["model"], "final", load),
        )
        for model in models
    ]


def judging_of(config: RunConfig) -> Judging:
    """How the run's track judges."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.judging import judging as of_flows  # noqa: PLC0415 - its own track only

        return of_flows.JUDGING
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.judging import judging as of_pairs  # noqa: PLC0415

        return of_pairs.JUDGING
    if isinstance(config, TransferRun):
        from pipelines.transfer.judging import judging as of_transfers  # noqa: PLC0415

        return of_transfers.JUDGING
    raise TypeError(config.track)
