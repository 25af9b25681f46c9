"""The page in a real browser that can reach nothing but the app."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from tests.modules.transfer.small import TEXT
from tests.serving.browsing import browsing
from tests.serving.transfer.served import serve

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, gazetteer_file: Path) -> ASGIApp:
    return serve(tmp_path_factory.mktemp("page"), gazetteer_file)


@pytest.fixture
def page(browser: Browser, served: ASGIApp) -> Iterator[Page]:
    with browsing(browser, served) as page:
        yield page


def test_a_pasted_text_shows_its_evidence_the_votes_and_the_verdict(page: Page) -> None:
    page.fill("#text", f"It was cold 🎓. {TEXT}")
    page.click("button")
    page.wait_for_selector(".reading")
    assert page.inner_text("#summary") == "3 sentences, 3 read, 1 agreed to tell of a move."
    last = page.locator(".reading").last
    marks = {each.get_attribute("class"): each.inner_text() for each in last.locator("mark").all()}
    assert marks == {"subject": "Maria Keller", "origin": "Vienna", "destination": "Toronto"}
    assert "Maria Keller: AUT → CAN." in last.locator(".verdict").inner_text()
    assert "CAN" in last.locator("tbody tr").first.inner_text()


def test_a_text_without_a_move_says_so(page: Page) -> None:
    page.fill("#text", "The committee met on Monday.")
    page.click("button")
    page.wait_for_selector(".reading")
    assert "No verdict" in page.inner_text(".verdict")
    assert page.locator(".reading mark").count() == 0
