"""What every fit says of the passages that judge it."""

import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue

import ray
import torch
from ray.exceptions import RayError
from torch import nn

from modules.errors import UserError
from modules.transfer.networks import Member, load_network
from modules.transfer.passage import Extraction, Passage
from pipelines.judging import Contender
from pipelines.ray_session import LOST
from pipelines.transfer.fitting.data import Folds

log = logging.getLogger(__name__)
_PIECE = 32
"""Passages that a worker reads at a time: a fit that answers at length is shared, whichever comes last."""


def extractions(fits: Sequence[Contender[Path]], data: Folds) -> list[Contender[Sequence[Extraction]]]:
    """Let every fit of every member read what its fold judges, as many at a time as Ray has CPUs.

    Args:
        fits: the members', as folders of their networks.
        data: whose judged passages are read.

    Raises:
        UserError: if a member fails, with what it said.
    """
    read = ray.remote(num_cpus=1, max_retries=LOST)(_read)
    asked = {
        fold: [
            ray.put([row.passage for row in its.judged[first : first + _PIECE]])
            for first in range(0, len(its.judged), _PIECE)
        ]
        for fold, its in (("backtest", data.backtest), ("final", data.final))
    }
    ahead = {
        (fit.name, fold, seed): [read.remote(folder.resolve(), piece) for piece in asked[fold]]
        for fit in fits
        for fold, folders in (("backtest", fit.backtest), ("final", fit.final))
        for seed, folder in folders.items()
    }
    found: dict[tuple[str, str, int], Sequence[Extraction]] = {}
    for number, (key, said) in enumerate(ahead.items(), start=1):
        try:
            pieces = ray.get(said)
        except RayError as error:
            cause = getattr(error, "cause", error)
            raise UserError(f"{key[0]} could not read the labelled passages: {cause}") from error
        found[key] = [extraction for piece, _ in pieces for extraction in piece]
        for record in (record for _, warnings in pieces for record in warnings):
            log.handle(record)
        log.info("labelled passages, fit %d of %d: %s %s, seed %d", number, len(ahead), *key)

    def of(name: str, fold: str, folders: Mapping[int, Path]) -> dict[int, Sequence[Extraction]]:
        return {seed: found[name, fold, seed] for seed in folders}

    return [
        Contender(
            fit.name,
            fit.role,
            fit.parameters,
            of(fit.name, "backtest", fit.backtest),
            of(fit.name, "final", fit.final),
        )
        for fit in fits
    ]


def _read(folder: Path, passages: list[Passage]) -> tuple[Sequence[Extraction], Sequence[logging.LogRecord]]:
    """What a trained network says of passages, on one thread of a Ray worker, and what it warns of."""
    torch.set_num_threads(1)
    network = _network(folder)
    if not isinstance(network, Member):
        raise TypeError(type(network).__name__)
    warned: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler, logger = QueueHandler(warned), logging.getLogger("modules")
    logger.addHandler(handler)
    try:
        found = network.extract(passages)
    finally:
        logger.removeHandler(handler)
    return found, [warned.get() for _ in range(warned.qsize())]


@lru_cache(maxsize=1)
def _network(folder: Path) -> nn.Module:
    """The fit whose pieces a worker reads one after another."""
    return load_network(folder)
