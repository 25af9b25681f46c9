"""A small recommender whose weights nobody fitted: enough to ask it."""

import json
from pathlib import Path
from typing import Any

import torch

from modules.artefact import seal
from modules.recommendation.encoder import SideEncoder
from modules.recommendation.networks import NETWORKS
from modules.recommendation.pair_model import Shape, SideShape
from modules.recommendation.predictor import Recommender
from modules.schema import Schema, Side

STUDENTS = Side(
    "student_id",
    categorical=("gender", "college", "home"),
    sequence=("grade_1", "grade_2", "grade_3"),
    protected=("gender",),
    changeable=("college", "grade_3"),
)
EMPLOYERS = Side("employer_id", categorical=("name", "industry", "city"), numeric=("staff",))
SCHEMA = Schema(STUDENTS, EMPLOYERS, intent="intent")
COLLEGES, HOMES = ("Arts", "Law", "Science"), ("East", "North", "West")
STUDENT: dict[str, Any] = {"college": "Law", "home": "West", "grade_1": 71.5, "grade_2": 80, "grade_3": 64}


def students(count: int) -> list[dict[str, Any]]:
    """Records without protected fields; all different."""
    return [
        {
            "college": COLLEGES[row % 3],
            "home": HOMES[row // 3 % 3],
            "grade_1": 60.0 + row,
            "grade_2": 90.0 - row,
            "grade_3": 55.0 + (7 * row) % 40,
        }
        for row in range(count)
    ]


def recommender(model: str = "rcjr", employers: int = 40, schema: Schema = SCHEMA) -> Recommender:
    """Ids E00, E01, ...; every fifth employer is the twin of the one before, so their scores tie."""
    table = [
        {
            "id": f"E{row:02d}",
            "name": f"Employer {row - (row % 5 == 4)}",
            "industry": ("Banking", "Rail", "Software")[(row - (row % 5 == 4)) % 3],
            "city": None if row == 7 else ("A", "B")[(row - (row % 5 == 4)) % 2],
            "staff": 10.0 * (row - (row % 5 == 4)),
        }
        for row in range(employers)
    ]
    genders = [{**each, "gender": "MF"[row % 2]} for row, each in enumerate(students(30))]
    encoders = SideEncoder.fit(genders, schema.inputs[0]), SideEncoder.fit(table, schema.inputs[1])
    sides = [
        SideShape(tuple(map(len, encoder.vocabularies)), len(side.numeric), len(side.sequence))
        for encoder, side in zip(encoders, schema.inputs, strict=True)
    ]
    torch.manual_seed(2)
    more: dict[str, Any] = {"employers": employers} if model == "popularity" else {"embedding_dim": 4}
    network = NETWORKS[model](Shape(sides[0], sides[1], intents=2), **more).eval()
    return Recommender(network, schema, encoders, tuple(table), ("abroad", "work"))


def sealed(folder: Path, made: Recommender) -> Path:
    """The recommender as an artefact."""
    folder.mkdir(exist_ok=True)
    made.save(folder)
    for name in ("card", "lineage", "golden"):
        (folder / f"{name}.json").write_text(json.dumps([] if name == "golden" else {}))
    seal(folder)
    return folder
