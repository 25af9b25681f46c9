"""One page over the runs of a project: what each answers, its champion with the evidence, its data."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from modules.errors import UserError
from pipelines.card import read_card
from pipelines.card_page import page
from pipelines.config import PARAMS, RunConfig, load_run
from pipelines.evaluation import Bounds
from pipelines.files import write_text
from pipelines.pages import render
from pipelines.params_file import ParamsFile
from pipelines.paths import RunPaths
from pipelines.release.cards import card_page
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
    "card.html": "model card",
    "monitor.html": "monitoring",
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
    """Write `runs/index.html` over some runs, and each one's card; those that are not built say how they are.

    Args:
        names: of the runs; none: all of params.yaml, sorted.

    Raises:
        UserError: if there is no such run, an entry is wrong, or a ledger is broken.
    """
    standings = []
    for name in names or sorted(ParamsFile(PARAMS).runs):
        config, champion = load_run(name), champion_of(read_ledger(Releases(name).ledger))
        _write_card(RunPaths(name), champion)
        standings.append(_standing(name, config, champion))
    write_text(PAGE, render("front.html", standings=standings))
    return PAGE


def _write_card(paths: RunPaths, champion: Entry | None) -> None:
    """The champion's card; without one that of the artefact that would be."""
    paths.card.unlink(missing_ok=True)
    if champion is None and not paths.artefact.exists():
        return
    with suppress(UserError):  # of an earlier form, or the bento is another machine's: no link
        text = card_page(champion) if champion else page(*read_card(paths.artefact), None)
        write_text(paths.card, text)


def _standing(name: str, config: RunConfig, champion: Entry | None) -> Standing:
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
        champion,
        [(f"{name}/{page}", what) for page, what in _PAGES.items() if (paths.top / page).exists()],
    )
