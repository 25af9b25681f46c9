import re
import shutil
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from modules.errors import UserError
from pipelines.config.migration import MigrationRun
from pipelines.migration.judging.evaluation import FlowEvaluation
from pipelines.migration.reporting.figures import corridor
from pipelines.migration.reporting.report import ranked, report, run
from pipelines.pages import number
from pipelines.paths import RunPaths
from pipelines.validation import Validation
from tests.pipelines import city_runs, evaluations
from tests.pipelines.entries import migration_run

LOADS = re.compile(
    r"""(?:src|srcset|poster|data)\s*=|@import|<(?:script|iframe|object|embed)|url\((?!\s*['"]?#)"""
)


def config(**sections: Any) -> MigrationRun:
    entry = {
        "track": "migration",
        "data": "data",
        "source": {"kind": "flows", "path": "flows.csv"},
        "period": {"unit": "month", "from": "2019-01", "to": "2024-12"},
        "cells": {"absent": "zero"},
        "windows": {"length": 12, "horizon": 3, "validation": 9, "test": 12},
    }
    return migration_run(entry | sections)


def page(
    evaluation: FlowEvaluation | None = None, validation: Validation | None = None, **imported: Any
) -> str:
    return report(
        evaluation or evaluations.evaluation(),
        validation or evaluations.validation(),
        evaluations.IMPORT | imported,
        config(),
    )


@cache
def standard() -> str:
    return page()


def words(html: str) -> str:
    """What a reader sees, spaces of any kind made plain."""
    found: list[str] = []

    class Reader(HTMLParser):
        skip = 0

        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            self.skip += tag in {"style", "svg"}

        def handle_endtag(self, tag: str) -> None:
            self.skip -= tag in {"style", "svg"}

        def handle_data(self, data: str) -> None:
            if not self.skip:
                found.append(data)

    Reader().feed(html)
    return " ".join(" ".join(found).split())


def test_the_facts_of_the_record_stand_on_the_standard() -> None:
    text = words(standard())
    for fact in (
        "GRU wins: 6 % less error than the best baseline, calendar ridge AR",
        "2.70 fewer. The 95 % interval of the gain is 1.40 to 3.90; above zero GRU is better.",
        "2024-01 to 2024-12",
        "3f9a1c77e02b",
        "From the last 12 months",
        "every two of 12 regions in each of the next 3 months",
        "38.3 to 44.5",  # the candidate's test interval
        "39.6 ± 0.4",  # its back-test over seeds
        "\N{MINUS SIGN}128.8 to \N{MINUS SIGN}126.3",
        "3 seeds",
        "Shanghai 上海 → Beijing 北京",
        "large corridors 1,440 127.7",
        "412,345",
        "Read 41,900",
        "Dropped: not kept region 300",
        "Kept 41,472",
        "jump 5.31 (period 2020-02)",
        "hidden = 32",
        "2 Σ min(ŷ, y) / (Σŷ + Σy)",
    ):
        assert fact in text


def test_models_are_ranked_as_in_the_record() -> None:
    table = standard().split("Leaderboard. ")[1].split("</table>")[0]
    names = [name for name, _, _ in evaluations.MODELS]
    rows = re.findall(r'<th scope="row" class="name">(.*?)<br><span class="tag (\w+)', table)
    assert [(n.lower().replace(" ", "_"), kind) for n, kind in rows] == [
        (n, "own" if n == "gru" else "baseline") for n in names
    ]


def test_coverage_that_failed_is_marked() -> None:
    text = words(standard())
    assert "8 of 9 at a nominal 90 %" in text
    assert "3 large 83.3 % failed, narrow" in text
    assert text.count("failed, narrow") == 1
    assert text.count(" held ") >= 8
    wide = evaluations.evaluation()
    cell = wide.coverage[0].model_copy(update={"coverage": 0.97, "held": False})
    wide = wide.model_copy(update={"coverage": (cell, *wide.coverage[1:])})
    assert "1 small 97.0 % failed, wide" in words(page(wide))


@pytest.mark.parametrize(
    ("gain", "headline"),
    [
        ((2.7, 1.4, 3.9), "GRU wins: 6 % less error than the best baseline, calendar ridge AR"),
        ((2.7, 0.0, 3.9), "A tie: GRU is not shown to be better than calendar ridge AR"),
        ((0.1, -1.4, 1.9), "A tie: GRU is not shown to be better than calendar ridge AR"),
        (
            (-2.0, -3.4, -0.9),
            "GRU ranks first in the back-test but loses to calendar ridge AR on the final test",
        ),
    ],
)
def test_the_headline_follows_the_interval(gain: tuple[float, float, float], headline: str) -> None:
    text = words(page(evaluations.with_gain(*gain)))
    assert headline in text
    assert sum(word in text for word in ("GRU wins", "A tie", "but loses", "A baseline wins")) == 1


def test_a_baseline_that_wins_is_said_to_win() -> None:
    text = words(page(evaluations.baseline_first()))
    assert "A baseline wins: DHG-SIL does not beat calendar ridge AR in the back-test" in text
    assert "GRU ranks behind it in the back-test" in text
    assert (
        "0.90 more. The 95 % interval of the gain is \N{MINUS SIGN}2.10 to 0.30; above zero GRU is better."
        in text
    )
    alone = evaluations.baseline_first()
    alone = alone.model_copy(
        update={"leaderboard": tuple(row for row in alone.leaderboard if row.role == "baseline")}
    )
    text = words(page(alone))
    assert "Baselines alone: calendar ridge AR ranks first in the back-test" in text
    assert "DHG-SIL did not take part." in text
    assert "A baseline wins" not in text


def test_geography_off_is_noted() -> None:
    assert "Geography is off." not in words(standard())
    assert "Geography is off." in words(page(evaluations.evaluation(geography=False)))


def test_an_error_far_off_leaves_the_figures_and_is_named() -> None:
    html = standard()
    assert "Off the scale: gravity." in words(html)
    assert "171 →" in html
    near = evaluations.evaluation()
    near = near.model_copy(update={"leaderboard": near.leaderboard[:-1]})
    assert "Off the scale" not in page(near)


def test_data_that_passes_has_no_warning_table() -> None:
    text = words(page(validation=evaluations.validation(warning=False)))
    assert "The data passed all 3 checks." in text
    assert "To mend" not in text


def test_a_rule_that_dropped_nothing_is_not_listed() -> None:
    html = words(page(rows={"read": 5, "kept": 5, "dropped": {"diagonal": 0}}))
    assert "Kept 5" in html
    assert "Dropped" not in html.split("How to read this")[0].split("Data quality")[-1]


def test_simulated_data_is_owned_up_to() -> None:
    record = (evaluations.evaluation(), evaluations.validation(), evaluations.IMPORT)
    assert "Simulated queries." in words(report(*record, config(source={"kind": "simulate"})))
    assert "Simulated queries." not in words(report(*record, config()))


def test_names_are_escaped() -> None:
    names = evaluations.NAMES | {"310000": '<script>alert("1")</script> & $x$'}
    html = page(evaluations.evaluation(regions=names))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_page_loads_nothing() -> None:
    html = standard()
    assert not LOADS.findall(html)
    assert not re.findall(r'href="(?!#|data:,|\.\./validation/index\.html|cities\.html)[^"]*"', html)
    assert "http" not in html


def test_ids_are_unique_and_references_resolve() -> None:
    html = standard()
    ids = re.findall(r'\bid="([^"]+)"', html)
    targets = re.findall(r'(?:href="#|url\(#|aria-labelledby=")([^")]+)', html)
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))


def test_same_record_gives_same_bytes_without_time_or_version() -> None:
    html = standard()
    assert html == page()
    assert "atplotlib" not in html
    assert not re.search(r"\d\d:\d\d", html)


def test_ranks_compare_actual_and_forecast_inflow() -> None:
    places = evaluations.evaluation().inflow
    order = ranked(places)
    assert [rank for rank, _, _ in order] == list(range(1, len(places) + 1))
    assert sorted(guess for _, guess, _ in order) == list(range(1, len(places) + 1))
    best = max(places, key=lambda place: place.forecast)
    assert next(place for _, guess, place in order if guess == 1) == best


def test_the_stage_writes_two_pages_and_the_tables_twice_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings, paths = city_runs.write_run(), RunPaths("cities")
    run("cities", settings)
    assert {path.name for path in paths.report.iterdir()} == {"index.html", "cities.html", "tables"}
    assert 'href="cities.html"' in (paths.report / "index.html").read_text(encoding="utf-8")
    first = {path: path.read_bytes() for path in paths.report.rglob("*.*")}
    run("cities", settings)
    assert first == {path: path.read_bytes() for path in paths.report.rglob("*.*")}


@pytest.mark.parametrize("absent", ["evaluation", "validation", "extracted"])
def test_an_absent_record_is_named(absent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings, paths = city_runs.write_run(), RunPaths("cities")
    shutil.rmtree(getattr(paths, absent))
    with pytest.raises(UserError, match=rf"{absent}/\w+\.json: no such file; build it first"):
        run("cities", settings)
    assert not paths.report.exists()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_whole(browser: Browser, width: int, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(standard(), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 844}, offline=True)
    tab = context.new_page()
    noise: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: noise.append(message.text))
    tab.on("pageerror", lambda error: noise.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "index.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for heading in tab.get_by_role("heading").all():
        assert heading.is_visible()
    levels = [int(tag[1]) for tag in tab.eval_on_selector_all("h1,h2,h3", "all => all.map(e => e.tagName)")]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    pictures = tab.get_by_role("img").all()
    assert len(pictures) == 3 + len(evaluations.evaluation().corridors)
    assert all(picture.get_attribute("aria-label") for picture in pictures)
    assert noise == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


@pytest.mark.parametrize(("years", "first"), [(2, "2023-07"), (4, "2028-01")])
def test_a_corridor_starts_where_there_is_history(years: int, first: str) -> None:
    def later(labels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{int(label[:4]) + years}{label[4:]}" for label in labels)

    series = evaluations.evaluation().corridors[0]
    gap = {"periods": series.periods[:60] + later(series.periods[60:])}
    test = {"forecast_periods": later(series.forecast_periods)}
    svg = corridor(series.model_copy(update=gap | test), "month", "a gap before the test")
    assert re.findall(r">(\d{4}-\d\d)<", svg)[0] == first


def test_a_horizon_of_one_has_its_figure() -> None:
    record = evaluations.evaluation(horizon=1)
    rows = tuple(row.model_copy(update={"by_horizon": row.by_horizon[:1]}) for row in record.leaderboard)
    assert "in the next month?" in words(page(record.model_copy(update={"leaderboard": rows})))


def test_the_forecast_to_come_stands_in_numbers() -> None:
    record = evaluations.evaluation()
    shown = words(standard()).split("The months to come")[1].split("Do the intervals hold?")[0]
    series = record.corridors[0]
    assert all(period in shown for period in series.forecast_periods[-record.horizon :])
    for step in range(-record.horizon, 0):
        values = (series.forecast[step], series.lower[step], series.upper[step])
        counts = [number(value, 0) for value in values if value is not None]
        assert f"{counts[0]} {counts[1]} to {counts[2]}" in shown
