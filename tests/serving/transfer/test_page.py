"""The page in a real browser that can reach nothing but the app."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route
from starlette.types import ASGIApp

from tests.modules.transfer.small import TEXT
from tests.serving.served import ask
from tests.serving.transfer.served import serve

pytestmark = pytest.mark.slow
HOME = "http://reader.test/"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, gazetteer_file: Path) -> ASGIApp:
    return serve(tmp_path_factory.mktemp("page"), gazetteer_file)


@pytest.fixture
def page(browser: Browser, served: ASGIApp) -> Iterator[Page]:
    """Every request is answered in process, and any that goes elsewhere, or any error, fails the test."""
    wrong: list[str] = []

    def answered(route: Route) -> None:
        request = route.request
        if not request.url.startswith(HOME):
            wrong.append(request.url)
            route.abort()
            return
        options = {"content": request.post_data_buffer, "headers": {"content-type": "application/json"}}
        path = "/" + request.url.removeprefix(HOME)
        found = ask(served, request.method, path, **(options if request.method == "POST" else {}))
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    context = browser.new_context()
    context.route("**/*", answered)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(HOME)
    yield page
    context.close()
    assert wrong == []


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
