"""What the shared stages need to know of a model: data, not a framework."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import pytorch_lightning as pl
from torch import nn

from modules.role import Role

Hyperparameters = Mapping[str, float | int | str]
Data = TypeVar("Data")
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Phase:
    """One stretch of training: what trains, on which batches, how long."""

    module: pl.LightningModule
    batches: pl.LightningDataModule
    steps: int


@dataclass(frozen=True)
class ModelSpec(Generic[Data, Network]):
    """One model of a track: how it is built, what the sweep may choose, how it trains."""

    name: str
    build: Callable[[Data, Hyperparameters], Network]
    """The network with everything that has a closed form fitted; all there is to a baseline."""
    space: Mapping[str, tuple[float | int | str, ...]] = field(default_factory=dict)
    """Hyperparameter -> the values that a trial draws from, each alike."""
    phases: tuple[Callable[[Network, Data, Hyperparameters, int], Phase], ...] = ()
    """Training by gradient descent, in order; the last argument is the seed."""
    inherits: str | None = None
    """A model of the track; the best of its trials gives this one its hyperparameters too."""
    role: Role = "baseline"

    @property
    def learned(self) -> bool:
        """Whether gradient descent (and so the seed) has a part in it."""
        return bool(self.phases)
