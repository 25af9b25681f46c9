"""`talentflow benchmark ctr`: our baselines on a published table, by the names and rules of BARS."""

import copy
import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from sklearn.metrics import log_loss, roc_auc_score  # type: ignore[import-untyped]
from torch import Tensor

from modules.errors import UserError, did_you_mean
from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.batch import PairBatch
from modules.recommendation.data_module import stretches
from modules.recommendation.networks import NETWORKS
from modules.recommendation.pair_model import PairModel
from modules.recommendation.pair_module import PairModule
from pipelines.recommendation.click_tables import read_click_tables
from pipelines.recommendation.click_training import Training
from pipelines.usage import Usage

MODELS = {name: network for name, network in NETWORKS.items() if issubclass(network, FieldModel)}
_LEAST = 1e-6
"""A validation AUC that rises by less has not risen."""
_CLIP = 10.0
_SCORED = 10_000
"""Rows scored at a time."""


@dataclass(frozen=True)
class Result:
    """What a model reached."""

    auc: float
    log_loss: float
    validation_auc: float
    epochs: int
    cpu_seconds: float


class _Batches:
    def __init__(self, table: PairBatch, batch_size: int, seed: int) -> None:
        self.table, self.batch_size = table, batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[list[PairBatch]]:
        for rows in stretches(len(self.table), self.batch_size, self.generator):
            yield self.table[rows].split(self.batch_size)


class _ClickModule(PairModule):
    """Adam; the rate is cut to a tenth whenever an epoch does not raise the validation AUC."""

    def __init__(self, network: PairModel, training: Training, validation: PairBatch) -> None:
        regularizers = training.embedding_regularizer, training.net_regularizer
        super().__init__(network, training.learning_rate, *regularizers)
        self.validation = validation
        self.best: tuple[float, dict[str, Tensor]] = (-1.0, {})

    def on_train_epoch_end(self) -> None:
        reached = float(roc_auc_score(self.validation.label, scores(self.network, self.validation)))
        if reached > self.best[0]:
            self.best = reached, copy.deepcopy(self.network.state_dict())
        self.log("validation_auc", torch.tensor(reached, dtype=torch.float64))
        self.network.train()

    def configure_optimizers(self) -> Any:
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer := super().configure_optimizers(),
            "max", factor=0.1, patience=0, threshold=_LEAST, threshold_mode="abs",
        )  # fmt: skip
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "monitor": "validation_auc"},
        }


@torch.no_grad()
def scores(network: torch.nn.Module, table: PairBatch) -> Tensor:
    """Probabilities of all rows, float64."""
    network.eval()
    parts = (table[first : first + _SCORED] for first in range(0, len(table), _SCORED))
    return torch.cat([network(part.students, part.employers) for part in parts]).double().sigmoid()


def benchmark(
    tables: list[Path], label: str, model: str, training: Training, chosen: Mapping[str, float | int | str]
) -> Result:
    """Train a model, stop early by the validation AUC, and judge the best epoch's weights on the test.

    Args:
        tables: training, validation and test.
        label: column of the labels in CSV files.
        model: one of `MODELS`.
        training: how it is trained.
        chosen: hyperparameters of the model.

    Raises:
        UserError: if a table is malformed, or the model or one of its hyperparameters unknown.
    """
    if model not in MODELS:
        raise UserError(f"--model: no {model!r}{did_you_mean(model, MODELS)}; there are {', '.join(MODELS)}")
    accepted = inspect.signature(MODELS[model]).parameters.keys() - {"shape"}
    for name in sorted(chosen.keys() - accepted):
        raise UserError(f"--{name.replace('_', '-')}: {model} has {', '.join(sorted(accepted))}")
    shape, (train, validation, test) = read_click_tables(tables, label)
    usage = Usage()
    pl.seed_everything(training.seed, verbose=False)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    network: PairModel = NETWORKS[model](shape, **chosen)
    module = _ClickModule(network, training, validation)
    stop = EarlyStopping(
        "validation_auc", _LEAST, training.patience, mode="max", check_on_train_epoch_end=True
    )
    trainer = pl.Trainer(
        max_epochs=training.epochs,
        accelerator="cpu",
        devices=1,
        gradient_clip_val=_CLIP,
        callbacks=[stop],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*isinstance.treespec.*")
        trainer.fit(module, _Batches(train, training.batch_size, training.seed))
    network.load_state_dict(module.best[1])
    told = scores(network, test)
    return Result(
        auc=float(roc_auc_score(test.label, told)),
        log_loss=float(log_loss(test.label, told)),
        validation_auc=module.best[0],
        epochs=trainer.current_epoch,
        cpu_seconds=usage.metrics()["cpu_seconds"],
    )
