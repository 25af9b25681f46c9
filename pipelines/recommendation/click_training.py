"""The settings of a benchmark on click tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Training:
    """How a model is trained, whichever it is."""

    learning_rate: float = 1e-3
    batch_size: int = 4096
    epochs: int = 100
    patience: int = 2
    embedding_regularizer: float = 0.0
    net_regularizer: float = 0.0
    seed: int = 2021
