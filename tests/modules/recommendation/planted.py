"""Small encoded tables with a known truth."""

import torch
from torch import Tensor

from modules.recommendation.features import Features, PairData, Pairs
from modules.recommendation.pair_model import Shape, SideShape
from modules.schema import Sampling, Schema, Side

STUDENTS = SideShape((3, 5), numeric=1, sequence=4)
EMPLOYERS = SideShape((6, 4, 2), numeric=1)
SHAPE = Shape(STUDENTS, EMPLOYERS, intents=3)
TWO_SIDED = Shape(STUDENTS, EMPLOYERS, intents=3, two_sided=True)


def features(rows: int, side: SideShape, seed: int = 0, unseen: bool = True) -> Features:
    """Random rows; with unseen values (code 0) among them, or without."""
    generator = torch.Generator().manual_seed(seed)
    codes = [
        torch.randint(0 if unseen else 1, n + 1, (rows,), generator=generator) for n in side.vocabularies
    ]
    stacked = torch.stack(codes, dim=1) if codes else torch.zeros(rows, 0, dtype=torch.int64)
    return Features(stacked, torch.randn(rows, side.numbers, generator=generator))


def pairs(rows: int, seed: int = 0) -> tuple[Features, Features]:
    """Students and employers, row by row."""
    return features(rows, STUDENTS, seed), features(rows, EMPLOYERS, seed + 1)


def planted(two_sided: bool = False, students: int = 400, employers: int = 12) -> PairData:
    """A student is hired where major and industry are alike; the intent follows the course of the grades."""
    generator = torch.Generator().manual_seed(5)
    major = torch.randint(1, 5, (students,), generator=generator)
    home = torch.randint(1, 4, (students,), generator=generator)
    grades = torch.randn(students, 4, generator=generator)
    intent = torch.where(grades[:, -1] > grades[:, 0], 1, 0)
    name = torch.arange(1, employers + 1)
    industry = 1 + (name - 1) % 4
    schema = Schema(
        Side("id", categorical=("major", "home"), sequence=("g1", "g2", "g3", "g4")),
        Side("id", categorical=("name", "industry")),
        intent="intent",
    )
    tables = (
        Features(torch.stack([major, home], dim=1), grades),
        Features(torch.stack([name, industry], dim=1), torch.zeros(employers, 0)),
    )
    rows = torch.arange(students)
    hired = (major - 1) + 4 * torch.randint(0, employers // 4, (students,), generator=generator)
    met = torch.randint(0, employers, (students,), generator=generator) if two_sided else hired
    student_yes = (industry[met] == major).float()
    employer_yes = (grades.mean(1) > -0.5).float() if two_sided else torch.ones(students)
    label = student_yes * employer_yes
    truth = Pairs(rows, met, label, torch.stack([student_yes, employer_yes], dim=1) if two_sided else None)
    training = rows < students * 3 // 4
    known = torch.where(training, intent, -1)
    popularity = met[training & (label > 0)].bincount(minlength=employers)
    sampling = None if two_sided else Sampling("random", negatives=3)
    return PairData(
        schema, *tables, truth[training], truth[~training], known, ("no", "yes"), popularity, sampling
    )


def auc(score: Tensor, label: Tensor) -> float:
    """Share of the pairs of a positive and a negative that are in order, ties a half."""
    positive, negative = score[label > 0], score[label == 0]
    above = (positive[:, None] > negative).float() + (positive[:, None] == negative).float() / 2
    return float(above.mean())
