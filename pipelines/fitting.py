"""One fit of one model: used by every trial of a sweep and by every kept fit alike."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import pytorch_lightning as pl
from torch import nn

from modules.track import Hyperparameters, ModelSpec
from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.transfer import TransferRun

Models = Literal["all"] | tuple[str, ...]


class Folds(Protocol):
    """A run's data for its two fits."""

    @property
    def backtest(self) -> Any:
        """Fits before validation, judges on validation."""

    @property
    def final(self) -> Any:
        """Fits before the test, judges on the test."""


def nothing_beside(_folds: Any, _spec: ModelSpec[Any, Any]) -> Mapping[str, Any]:
    """No further fits."""
    return {}


@dataclass(frozen=True)
class Fitting:
    """A track's part in tune and train."""

    open: Callable[[str, Any], Folds]
    """A run's data, by its name and settings."""
    models: Callable[[Any, Models], Sequence[ModelSpec[Any, Any]]]
    """For a fold's data, all or those named."""
    metric: str
    """What the sweep makes small."""
    error: Callable[[nn.Module, Any], float]
    """The metric of a fitted network on what a fold judges."""
    save: Callable[[nn.Module, Path], None]
    """Write a network's weights and config into a folder."""
    beside: Callable[[Any, ModelSpec[Any, Any]], Mapping[str, Any]] = nothing_beside
    """Name -> data of further fits of a model, to compare its own with; they are never ranked or packaged."""


def fitting_of(config: RunConfig) -> Fitting:
    """How the run's track fits."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.fitting import fitting as of_flows  # noqa: PLC0415 - its own track only

        return of_flows.FITTING
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.fitting import fitting as of_pairs  # noqa: PLC0415

        return of_pairs.FITTING
    if isinstance(config, TransferRun):
        from pipelines.transfer.fitting import fitting as of_transfers  # noqa: PLC0415

        return of_transfers.FITTING
    raise TypeError(config.track)


class LossCurve(pl.Callback):
    """Keeps the mean training loss of every epoch."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:  # noqa: ARG002
        """Append the epoch's loss."""
        self.losses.append(float(trainer.callback_metrics["train_loss"]))


def fit(
    spec: ModelSpec[Any, Any],
    data: Any,
    chosen: Hyperparameters,
    seed: int,
    accelerator: str = "cpu",
    curve: LossCurve | None = None,
) -> nn.Module:
    """Build a model and train it through its phases: same data, hyperparameters and seed, same weights."""
    pl.seed_everything(seed, verbose=False)
    # Lightning's greetings and hints, once a trial, would bury the stage's own progress.
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    network: nn.Module = spec.build(data, chosen)
    for phase in spec.phases:
        training = phase(network, data, chosen, seed)
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore",
                message=".*does not have many workers.*|.*isinstance.treespec.*|.*has `__len__` defined.*",
            )
            pl.Trainer(
                max_steps=training.steps,
                max_epochs=-1,
                accelerator=accelerator,
                devices=1,
                deterministic=True,
                gradient_clip_val=5.0,
                callbacks=[curve or LossCurve()],
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            ).fit(training.module, datamodule=training.batches)
    return network.cpu().eval()
