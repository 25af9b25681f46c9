"""A run on a table that grows: lineage from its raw file to a server, and a forecast that comes true."""

import csv
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest
from pipelines import lineage
from pipelines.config import load_run
from pipelines.monitoring.monitor import Window, monitor
from pipelines.release import views
from pipelines.release.bento import Bento
from pipelines.release.home import Releases
from pipelines.release.ledger import read_ledger
from tests.conftest import call

pytestmark = [pytest.mark.slow, pytest.mark.drill]
REGIONS = ("harbour", "hill", "lake", "mill")
ENTRY = {
    "moves": {
        "track": "migration",
        "source": {"kind": "flows", "path": "moves.csv"},
        "migration": {
            "columns": {"period": "month", "origin": "from", "destination": "to", "count": "people"},
            "period": {"unit": "month", "from": "2021-01", "to": "2023-06"},
            "cells": {"absent": "zero"},
            "windows": {"length": 6, "horizon": 2, "validation": 4, "test": 4},
        },
        "tune": {"closed_form_trials": 1, "models": ["last_value", "ridge_ar"], "parallel": 1},
        "train": {"seeds": [0]},
        "evaluate": {"bootstrap": 100},
    }
}


def rows(month: int) -> list[tuple[str, str, str, int]]:
    label = f"{2021 + month // 12}-{month % 12 + 1:02d}"
    wave = 1 + 0.4 * math.sin(month * math.pi / 6)
    return [
        (label, origin, destination, round((40 + 30 * i + 7 * j) * wave + (month * (i + 2 * j)) % 5))
        for i, origin in enumerate(REGIONS)
        for j, destination in enumerate(REGIONS)
    ]


@pytest.fixture(scope="module")
def moves(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run on a CSV of its own, built and released."""
    project = tmp_path_factory.mktemp("moves") / "talentflow"
    shutil.copytree(built, project, symlinks=True)
    for store in (".registry", ".mlflow"):
        shutil.rmtree(project / store)
    with (project / "moves.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("month", "from", "to", "people"))
        for month in range(30):
            writer.writerows(rows(month))
    YAML(typ="safe").dump(ENTRY, project / "moves.yaml")
    call("talentflow", "runs", "add", "moves.yaml", "--data", "moves.csv", cwd=project)
    call("make", "demo", "RUN=moves", cwd=project)
    return project


def test_a_raw_file_that_was_changed_is_named(moves: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(moves)
    links = lineage.walk("moves", None)
    assert [link.name for link in links if not link.holds] == [], lineage.said(links)
    raw = moves / "moves.csv"
    text = raw.read_text(encoding="utf-8")
    raw.write_text(text.replace(",40\n", ",41\n", 1), encoding="utf-8")
    broken = lineage.first_broken(lineage.walk("moves", None))
    raw.write_text(text, encoding="utf-8")
    assert broken is not None
    assert broken.startswith("from the data, raw data: moves.csv: is not the file")


def test_a_new_period_shows_what_the_last_forecast_was_worth(
    moves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(moves)
    before = read_ledger(Releases("moves").ledger)[-1]
    with (moves / "moves.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows(30))
    yaml = YAML()
    params = yaml.load(moves / "params.yaml")
    params["runs"]["moves"]["migration"]["period"]["to"] = "2023-07"
    yaml.dump(params, moves / "params.yaml")
    call("dvc", "repro", "--glob", "*@moves", cwd=moves)
    looked = monitor("moves", load_run("moves"), None, Window(None, None, False, 0.01, 100))
    done = call("talentflow", "registry", "release", "moves", cwd=moves, check=False)
    assert done.returncode in {0, 3}, done.stderr
    entry = read_ledger(Releases("moves").ledger)[-1]
    assert (entry.version, entry.champion) == (2, 1)
    come = entry.realised
    assert come is not None
    assert (come.as_of, come.periods, come.cells) == ("2023-06", ("2023-07",), 16)
    assert come.coverage == pytest.approx(_inside_by_hand(Bento(Releases("moves"), before.tag)))
    assert come.mae == pytest.approx(_by_hand(Bento(Releases("moves"), before.tag)))
    assert f"the champion's forecast from 2023-06 for 2023-07: MAE {come.mae:.4g}" in done.stdout
    assert views.decision(entry) in done.stdout
    assert looked.truth is not None
    assert looked.truth.realised == come
    assert looked.truth.coverage.low <= come.coverage <= looked.truth.coverage.high
    assert looked.alarm is not looked.truth.held
    assert looked.truth.realised.periods[0] in looked.page.read_text(encoding="utf-8")
    assert load_run("moves").migration.period.last == "2023-07"


def _by_hand(bento: Bento) -> float:
    answer = MigrationPredictor.load(bento.artefact).predict(ForecastRequest(horizon=1))["forecasts"]
    return sum(abs(row["count"] - _came(row)) for row in answer) / len(answer)


def _inside_by_hand(bento: Bento) -> float:
    answer = MigrationPredictor.load(bento.artefact).predict(ForecastRequest(horizon=1))["forecasts"]
    return sum(row["lower"] <= _came(row) <= row["upper"] for row in answer) / len(answer)


def _came(row: dict[str, Any]) -> int:
    actual = {(origin, destination): count for _, origin, destination, count in rows(30)}
    return actual[row["origin"], row["destination"]]
