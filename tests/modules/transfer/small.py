"""A small ensemble: the grammar votes, and a tagger that has learnt nothing is a member without a vote."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import torch

from modules.artefact import FILES, seal
from modules.transfer.grammar.network import GrammarNetwork
from modules.transfer.predictor import Flow, TransferExtractor
from modules.transfer.tagging.charseq import CharSeq

FLOWS: tuple[Flow, ...] = (
    ("AUT", "CAN", "2011-03", "strict", 2),
    ("AUT", "CAN", "2012", "core", 1),
    ("HUN", "DEU", "2012-05", "strict", 4),
    ("HUN", "DEU", "UNKNOWN", "pair", 8),
)
TEXT = "Maria Keller left Vienna in March 2011. She moved to Toronto and joined the university there."


def tiny_places(folder: Path) -> Path:
    """A gazetteer of three cities, where the real one is too much."""
    path = folder / "tiny.sqlite"
    rows = [("vienna", "AUT", 1.9e6), ("toronto", "CAN", 2.9e6), ("lisbon", "PRT", 5e5)]
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE places (key TEXT, iso3 TEXT, sort TEXT, admin TEXT, weight REAL)")
        file.executemany("INSERT INTO places VALUES (?, ?, 'city', '', ?)", rows)
    return path


def extractor(places: Path, voters: Sequence[str] = ("grammar",)) -> TransferExtractor:
    """Of the voters, over a gazetteer's file."""
    torch.manual_seed(0)
    networks = {"grammar": GrammarNetwork, "charseq": CharSeq}
    return TransferExtractor({name: networks[name]().eval() for name in voters}, None, places, FLOWS)


def sealed(folder: Path, made: TransferExtractor) -> Path:
    """An artefact of it, its other files empty."""
    folder.mkdir(parents=True)
    made.save(folder)
    for name in FILES - {"model.safetensors", "config.json"}:
        (folder / name).write_text(json.dumps({}) + "\n", encoding="utf-8")
    seal(folder)
    return folder
