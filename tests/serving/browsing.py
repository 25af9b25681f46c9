"""A page of a served app in a real browser that can reach nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route
from starlette.types import ASGIApp

from tests.serving.served import ask

HOME = "http://page.test/"


@contextmanager
def browsing(browser: Browser, served: ASGIApp, *, refused: str = "nothing") -> Iterator[Page]:
    """The app's page: its requests are answered in process; any that goes elsewhere, or any error, fails.

    Args:
        browser: Chromium.
        served: the app.
        refused: what an error may say that the test asks for, like a status.
    """
    wrong: list[str] = []

    def answered(route: Route) -> None:
        request = route.request
        if not request.url.startswith(HOME):
            wrong.append(request.url)
            route.abort()
            return
        kept = {"content-type", "authorization"}
        headers = {name: value for name, value in request.headers.items() if name in kept}
        path = "/" + request.url.removeprefix(HOME)
        found = ask(served, request.method, path, content=request.post_data_buffer, headers=headers)
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    context = browser.new_context()
    context.route("**/*", answered)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(HOME)
    yield page
    context.close()
    assert [each for each in wrong if refused not in each] == []
