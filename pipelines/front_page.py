"""One page over the runs of a project: what each answers, its champion with the evidence, its data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from modules.errors import UserError
from pipelines.config import PARAMS, RunConfig, load_run
from pipelines.evaluation import Bounds
from pipelines.files import write_text
from pipelines.pages import render
from pipelines.params_file import ParamsFile
from pipelines.paths import RunPaths
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, champion_of, read_ledger
from pipelines.runs import NO_INPUT
from pipelines.validation import Validation, read_validation

PAGE = Path("runs/index.html")
QUESTIONS = {
    "migration": "Who wants to move where, who will, and which city attracts whom",
    "recommendation": "Which employer fits which graduate, and why",
    "transfer": "Who is said to have moved between which countries, and when",
}
"""What a track answers."""
_PAGES = {
    "report/cities.html": "city report",
    "report/index.html": "report",
    "validation/index.html": "data checks",
}


class _Row(BaseModel):
    model: str
    improvement: Bounds | None


class _Judged(BaseModel):
    """What every track's evaluation has, the rest left aside."""

    candidate: str
    best_baseline: str
    leaderboard: tuple[_Row, ...]

    @property
    def improvement(self) -> Bounds | None:
        """The candidate's, over the best baseline."""
        return next(row.improvement for row in self.leaderboard if row.model == self.candidate)


@dataclass(frozen=True)
class Standing:
    """A run as the page shows it."""

    name: str
    track: str
    question: str
    simulated: bool
    judged: _Judged | None
    """None: not built yet."""
    validation: Validation | None
    champion: Entry | None
    pages: Sequence[tuple[str, str]]
    """Address relative to the page, and what it is called."""


def front_page(names: Sequence[str] | None = None) -> Path:
    """Write `runs/index.html` over some runs; those that are not built say how they are.

    Args:
        names: of the runs; none: all of params.yaml, sorted.

    Raises:
        UserError: if there is no such run, an entry is wrong, or a ledger is broken.
    """
    standings = [_standing(name, load_run(name)) for name in names or sorted(ParamsFile(PARAMS).runs)]
    write_text(PAGE, render("front.html", standings=standings))
    return PAGE


def _standing(name: str, config: RunConfig) -> Standing:
    paths = RunPaths(name)
    found = paths.evaluation / "evaluation.json"
    try:
        validation = read_validation(paths.validation / "result.json")
    except UserError:  # not built
        validation = None
    return Standing(
        name,
        config.track,
        QUESTIONS[config.track],
        config.data == NO_INPUT,
        _Judged.model_validate_json(found.read_bytes()) if found.exists() else None,
        validation,
        champion_of(read_ledger(Releases(name).ledger)),
        [(f"{name}/{page}", what) for page, what in _PAGES.items() if (paths.top / page).exists()],
    )
