from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from playwright.sync_api import Browser

from pipelines.transfer.reporting.report import run
from tests.pipelines.transfer import evaluations

SECTIONS = (
    "found",
    "map",
    "heat",
    "regions",
    "focus",
    "time",
    "domains",
    "margins",
    "references",
    "quality",
    "provenance",
)


def settings(data: Path, **references: str) -> SimpleNamespace:
    return SimpleNamespace(data=str(data), seed=0, transfer=SimpleNamespace(references=references))


@pytest.fixture
def articles() -> pd.DataFrame:
    return evaluations.articles(600)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, articles: pd.DataFrame) -> Path:
    monkeypatch.chdir(tmp_path)
    found = evaluations.transfers(articles, 400)
    evaluations.reference(tmp_path, found)
    evaluations.write("demo", articles, found, evaluations.evaluation())
    run("demo", settings(tmp_path, scholars="scholars.csv"))
    return tmp_path / "runs/demo/report/index.html"


def test_every_section_is_drawn_with_the_network_off(browser: Browser, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in evaluations.SUBJECTS:
        assert name not in text
    context = browser.new_context(offline=True)
    shown = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(page.as_uri())
    shown.wait_for_selector("#world-map svg .mark-shape path")
    shown.wait_for_selector("#heat-map svg .mark-rect path")
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert said == []
    assert shown.locator("#world-map .mark-shape path").count() > 177
    cells = shown.locator("#heat-map .mark-rect path")
    before = cells.count()
    shown.locator("#heat-map input[type=checkbox]").check()
    shown.wait_for_function(f"document.querySelectorAll('#heat-map .mark-rect path').length < {before}")
    for name in SECTIONS:
        assert shown.locator(f"h2#{name}").count() == 1
    wide = shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    context.close()


def test_a_table_without_rows_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evaluations.write("demo", evaluations.articles(20), evaluations.frame([]), evaluations.evaluation())
    run("demo", settings(tmp_path))
    text = (tmp_path / "runs/demo/report/index.html").read_text(encoding="utf-8")
    assert "No transfer was found in 20 articles" in text
    assert "no transfer has two known countries that differ" in text
    assert all(f'id="{name}"' in text for name in SECTIONS)
