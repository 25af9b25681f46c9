"""CPU time of the exact ten best employers of a student, beside DeepFM scored pair by pair.

python benchmarks/recommend.py                  # writes docs/results-recommend.md, a minute
"""

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer

from modules.recommendation.baselines.deepfm import DeepFM
from modules.recommendation.encoder import SideEncoder
from modules.recommendation.features import Features
from modules.recommendation.pair_model import Shape, SideShape
from modules.recommendation.predictor import Recommender
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.request import ExplainRequest, RecommendRequest
from modules.recommendation.top import top
from modules.schema import Schema, Side

EMPLOYERS, LARGE, K = 1_329, 1_000_000, 10
GOALS = {EMPLOYERS: 0.5, LARGE: 300.0}
STUDENT_VALUES, SEMESTERS = (2, 4, 30, 31, 2, 2, 25, 80, 8), 6
EMPLOYER_VALUES = (300, 8, 18, 31, 60)
HEAD = """# Results: the ten best employers

Written by `benchmarks/recommend.py`; do not edit. Random weights at the sizes of Zhu et al. 2021: 9 categorical fields and 6
grades of a student, 6 fields of an employer (one of them its name, another for each), d = 16, perceptrons of 64 and 32. One
thread, in process, milliseconds of CPU time a student, medians; other work ran beside it. The list is exact: the bank's
scores are the network's, and equal ones go by their place.

| employers | what | ms | goal |
|---|---|---|---|"""


def main(
    large: Annotated[int, typer.Option(help="Employers of the large table.")] = LARGE,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-recommend.md"),
) -> None:
    """Measure, write the page."""
    torch.set_num_threads(1)
    rows = [row for employers in (EMPLOYERS, large) for row in _measured(employers)]
    rows += _served()
    machine = f"Machine: {platform.machine()}, torch {torch.__version__}."
    out.write_text("\n".join([HEAD, *rows, "", machine, ""]), encoding="utf-8")


def _measured(employers: int) -> list[str]:
    shape = _shape(employers)
    torch.manual_seed(7)
    table, students = _features(shape.employers, employers), _features(shape.students, 20)
    rcjr, deepfm = RCJR(shape).eval(), DeepFM(shape).eval()
    bank = rcjr.employer_bank(table)
    repeats = 200 if employers == EMPLOYERS else 5

    def from_bank(at: int) -> torch.Tensor:
        return bank.top(rcjr.student_embedding(students[at : at + 1])[0], K)[1]

    def pair_by_pair(at: int) -> torch.Tensor:
        return top(deepfm.score_all(students[at : at + 1], table)[0], K)

    with torch.inference_mode():
        for at in range(3):
            one = rcjr(
                Features(*(each[at : at + 1].expand(employers, -1) for each in _tensors(students))), table
            )
            found = from_bank(at)
            torch.testing.assert_close(one[found], one.topk(K).values, atol=1e-5, rtol=0)
        mine, theirs = _ms(from_bank, repeats), _ms(pair_by_pair, max(repeats // 10, 2))
    goal = GOALS.get(employers)
    return [
        f"| {employers:,} | RCJR from the bank of employers | {mine:.2f} | {f'at most {goal:g}' if goal else ''} |",
        f"| {employers:,} | DeepFM, every pair through the network | {theirs:.1f} ({theirs / mine:.0f} times) | |",
    ]


def _served() -> list[str]:
    """What a request costs without HTTP: checks, encoding, the list with its fields, the intent."""
    shape = _shape(EMPLOYERS)
    side = Side("id", tuple(f"c{at}" for at in range(9)), (), tuple(f"g{at}" for at in range(6)), (), ("g5",))
    other = Side("id", ("name", *(f"e{at}" for at in range(5))))
    employers = tuple(
        {
            "id": str(row),
            "name": str(row),
            **{f"e{at}": str(row % size) for at, size in enumerate(EMPLOYER_VALUES)},
        }
        for row in range(EMPLOYERS)
    )
    values = [tuple(sorted(map(str, range(size)))) for size in shape.students.vocabularies]
    encoders = (
        SideEncoder(side, tuple(values), (80.0,) * SEMESTERS, (5.0,) * SEMESTERS),
        SideEncoder.fit(employers, other),
    )
    torch.manual_seed(7)
    made = Recommender(
        RCJR(shape).eval(), Schema(side, other, "intent"), encoders, employers, ("a", "b", "c")
    )
    student = {f"c{at}": "1" for at in range(9)} | {f"g{at}": 70.0 + at for at in range(6)}
    last = made.recommend(RecommendRequest(student, EMPLOYERS))["employers"][-1]["id"]
    asks: dict[str, Callable[[int], object]] = {
        "`recommend`: checks, list, intent": lambda _: made.recommend(RecommendRequest(student)),
        "`explain` of one in the list": lambda _: made.explain(ExplainRequest(student, last, EMPLOYERS)),
        "`explain` of the last, 24 changes tried": lambda _: made.explain(ExplainRequest(student, last)),
    }
    return [f"| {EMPLOYERS:,} | {name} | {_ms(ask, 50):.2f} | |" for name, ask in asks.items()]


def _shape(employers: int) -> Shape:
    students = SideShape(STUDENT_VALUES, sequence=SEMESTERS)
    return Shape(students, SideShape((employers, *EMPLOYER_VALUES)), intents=3)


def _features(side: SideShape, rows: int) -> Features:
    codes = [torch.randint(1, size + 1, (rows,)) for size in side.vocabularies]
    return Features(torch.stack(codes, dim=1), torch.randn(rows, side.numbers))


def _tensors(features: Features) -> tuple[torch.Tensor, torch.Tensor]:
    return features.codes, features.values


def _ms(work: Callable[[int], object], repeats: int) -> float:
    spent = []
    for at in range(repeats + 2):
        start = time.process_time()
        work(at % 20)
        spent.append(time.process_time() - start)
    return 1e3 * statistics.median(spent[2:])


if __name__ == "__main__":
    typer.run(main)
