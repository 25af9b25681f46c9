"""Speed dating as four runs, each judged on four waves that it never saw: leave-waves-out.

python benchmarks/wave_folds.py speed_dating_folds.yaml
talentflow runs add speed_dating_folds.yaml --data ../shared/data/speed_dating
"""

from copy import deepcopy
from pathlib import Path
from typing import Annotated

import typer
from ruamel.yaml import YAML

ENTRY = Path(__file__).parents[1] / "params" / "speed_dating.yaml"
WAVES, FOLDS = tuple(range(1, 17)), 4


def main(
    out: Annotated[Path, typer.Argument(help="File of entries to write.")],
    entry: Annotated[Path, typer.Option(help="The entry whose split is replaced.")] = ENTRY,
) -> None:
    """Write four entries: each tests a quarter of the waves and chooses on the next."""
    ((name, run),) = YAML(typ="safe").load(entry).items()
    quarters = [list(WAVES[first::FOLDS]) for first in range(FOLDS)]
    entries = {}
    for number, test in enumerate(quarters):
        fold = deepcopy(run)
        fold["recommendation"]["split"] = {"validation": quarters[(number + 1) % FOLDS], "test": test}
        entries[f"{name}_{number + 1}"] = fold
    YAML(typ="safe").dump(entries, out)


if __name__ == "__main__":
    typer.run(main)
