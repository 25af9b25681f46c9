"""Sentences of a person who moves, or of a firm that does."""

from collections.abc import Sequence
from typing import TypeVar

import pytorch_lightning as pl

from modules.transfer.passage import Passage
from modules.transfer.tagging.data_module import LabelledBatches, LabelledDataModule
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.module import TaggingModule
from modules.transfer.tagging.tagger import Tagger
from modules.transfer.tagging.tags import FIELDS

Member = TypeVar("Member", bound=Tagger)

PEOPLE = (
    "Ana Costa",
    "Li Wei",
    "Omar Haddad",
    "Zsófia Nagy",
    "Jan Novák",
    "Rosa Silva",
    "Karim Khan",
    "Mei Chen",
)
PLACES = ("Lisbon", "Beijing", "Cairo", "Budapest", "Prague", "Rome", "Lahore", "Oslo")


def told(at: int) -> Labelled:
    """Every other one moves; the others say so of a firm."""
    person, origin, destination = PEOPLE[at % 8], PLACES[(at * 3) % 8], PLACES[(at * 3 + 1 + at // 8 % 6) % 8]
    moves = at % 2 == 0
    text = f"{person if moves else 'The firm'} moved from {origin} to {destination} in {1990 + at % 30}."
    spans = {}
    if moves:
        for field, part in zip(FIELDS, (person, origin, destination, str(1990 + at % 30)), strict=True):
            start = text.rindex(part)
            spans[field] = (start, start + len(part))
    return Labelled(Passage(text), moves, spans)


ROWS = [told(at) for at in range(96)]


def tuned(
    network: Member, rows: Sequence[Labelled], learning_rate: float, epochs: tuple[int, int], seed: int = 0
) -> Member:
    """Construction, then alignment."""
    for alignment, times in zip((0.0, 1.0), epochs, strict=True):
        batches = LabelledBatches(rows, 16, network, seed)
        steps = times * len(batches)
        pl.Trainer(
            max_steps=steps,
            max_epochs=-1,
            accelerator="cpu",
            deterministic=True,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(
            TaggingModule(network.train(), learning_rate, steps, alignment),
            datamodule=LabelledDataModule(batches),
        )
    network.eval()
    return network
