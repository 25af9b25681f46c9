"""`talentflow monitor`: what is asked, told and come true, against what the model was made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from modules.errors import UserError
from modules.monitoring.reference import Reference
from pipelines.card import read_card
from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.files import write_text
from pipelines.monitoring.drift import LARGE, Held, drift, own_counts
from pipelines.monitoring.logged import Logged, read_log
from pipelines.monitoring.truth import Truth
from pipelines.pages import render
from pipelines.paths import RunPaths
from pipelines.release.bento import Bento
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, champion_of
from pipelines.release.views import whole_ledger


@dataclass(frozen=True)
class Window:
    """What is looked at, and how sure it must be."""

    since: date | None
    until: date | None
    before: bool
    """Whether the days before `since` are the reference, and not the card."""
    level: float
    minimum: int


@dataclass(frozen=True)
class Monitored:
    """What a look came to."""

    champion: Entry
    window: Window
    logged: Logged | None
    """None: there is no log."""
    features: Sequence[Held]
    truth: Truth | None
    """None: nothing has come that could be held against a forecast."""
    page: Path

    @property
    def shifted(self) -> list[str]:
        """The features that have shifted."""
        return [each.name for each in self.features if each.found]

    @property
    def few(self) -> bool:
        """Whether nothing can be said of any feature."""
        return not any(each.shifts for each in self.features)

    @property
    def alarm(self) -> bool:
        """Whether somebody should look."""
        return bool(self.shifted) or (self.truth is not None and not self.truth.held)

    @property
    def said(self) -> str:
        """The outcome in a few lines."""
        run, lines = self.champion.run, []
        if self.logged is not None:
            units = f"{self.logged.units} logged of {self.champion.tag}"
            looked = sum(1 for each in self.features if each.shifts)
            if self.few:
                lines.append(f"{run}: too few to say anything: {units}, {self.window.minimum} are needed")
            elif self.shifted:
                lines.append(f"{run}: shifted: {', '.join(self.shifted)} ({looked} looked at, {units})")
            else:
                lines.append(f"{run}: nothing has shifted ({looked} looked at, {units})")
        if self.truth is not None:
            lines.append(f"{run}: {self.truth.said}")
        return "\n".join([*lines, f"{'page':12}{self.page}"])


def monitor(name: str, config: RunConfig, log: Path | None, window: Window) -> Monitored:
    """Look at a run's champion, and write the page `runs/<run>/monitor.html`.

    Args:
        name: the run.
        config: its settings.
        log: TALENTFLOW_FEATURE_LOG of the services; none: only what has come true is looked at.
        window: days, reference, level and minimum.

    Raises:
        UserError: if the run has no champion, its card no reference, the log is not one, the days are none,
            or there is nothing to look at.
    """
    _sound(window, log)
    champion = champion_of(whole_ledger(name))
    if champion is None:
        raise UserError(f"{name}: has no champion; talentflow registry release {name} makes one")
    artefact = Bento(Releases(name), champion.tag).artefact
    card, _ = read_card(artefact)
    truth = _truth(name, config, artefact, card.nominal_coverage)
    if log is None and truth is None:
        raise UserError(
            f"{name}: there is nothing to look at: no --log, and no period has come that was forecast"
        )
    reference = Reference.from_json(card.reference)
    logged, features = None, tuple[Held, ...]()
    if log is not None:
        logged = read_log(log, name, champion.tag, reference, window.since, window.until)
        before = own_counts(reference)
        if window.before and window.since is not None:
            last = window.since - timedelta(days=1)
            before = read_log(log, name, champion.tag, reference, None, last).counts
        features = drift(reference, before, logged.counts, level=window.level, minimum=window.minimum)
    found = Monitored(champion, window, logged, features, truth, RunPaths(name).monitor)
    found.page.parent.mkdir(parents=True, exist_ok=True)
    write_text(found.page, render("monitor.html", found=found, card=card, large=LARGE))
    return found


def _sound(window: Window, log: Path | None) -> None:
    if window.since and window.until and window.since > window.until:
        raise UserError(f"--since {window.since}: is later than --until {window.until}")
    if window.before and (window.since is None or log is None):
        raise UserError("--against before: takes --log and --since, the first day that is looked at")


def _truth(name: str, config: RunConfig, artefact: Path, nominal: float | None) -> Truth | None:
    if not isinstance(config, MigrationRun) or nominal is None or not RunPaths(name).extracted.exists():
        return None
    from pipelines.migration.judging.truth import truth_of  # noqa: PLC0415 - its own track only

    return truth_of(name, config, artefact, nominal)
