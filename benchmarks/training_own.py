"""Our own training of one model, timed: a process of `benchmarks/training.py`.

python benchmarks/training_own.py MODEL BATCH_SIZE ROWS      # prints rows per CPU-second, an epoch each
"""

import json
import sys
import time
from typing import Any

import torch

from benchmarks.training_peers import CROSSES, EPOCHS, HEADS, LAYERS, UNITS, WIDTH, pairs, tables
from modules.recommendation.features import Features, PairData, Pairs
from modules.recommendation.track import MODELS
from modules.schema import Schema, Side
from pipelines.fitting import LossCurve, fit


class Clock(LossCurve):
    """Keeps the CPU time of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[float] = []

    def on_train_epoch_start(self, *_: Any) -> None:
        """Start."""
        self.marks.append(time.process_time())

    def on_train_epoch_end(self, *given: Any) -> None:
        """Stop."""
        super().on_train_epoch_end(*given)
        self.marks[-1] = time.process_time() - self.marks[-1]


def main(model: str, batch_size: int, rows: int) -> None:
    """The track's own path: its data module, its Lightning module, the trainer of every stage."""
    torch.set_num_threads(1)
    students, employers = (Features(torch.from_numpy(t), torch.zeros(len(t), 0)) for t in tables())
    student, employer, label = (torch.from_numpy(column) for column in pairs(rows))
    known = Pairs(student, employer, label)
    student_side, employer_side = (
        Side("id", tuple(map(str, range(t.codes.shape[1])))) for t in (students, employers)
    )
    schema = Schema(student_side, employer_side)
    none = torch.zeros(0, dtype=torch.int64)
    data = PairData(schema, students, employers, known, known, none, (), none, None)
    spec = {each.name: each for each in MODELS}[model]
    clock = Clock()
    chosen: dict[str, float | int | str] = {
        "embedding_dim": WIDTH, "hidden_units": ",".join(map(str, UNITS)), "attention_layers": LAYERS,
        "num_heads": HEADS, "attention_dim": WIDTH, "logarithmic_neurons": CROSSES, "learning_rate": 1e-3,
        "batch_size": batch_size, "epochs": EPOCHS,
    }  # fmt: skip
    fit(spec, data, chosen, 0, curve=clock)
    sys.stdout.write("\n" + json.dumps([rows / mark for mark in clock.marks]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
