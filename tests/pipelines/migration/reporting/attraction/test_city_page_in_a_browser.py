"""The city report in Chromium with the network off, by mouse and by keyboard, wide and narrow."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from pipelines.migration.reporting.report import run
from pipelines.paths import RunPaths
from tests.pipelines.city_runs import CITIES, FLOWS, PERIODS, RUN, write_run

pytestmark = pytest.mark.slow
NAMES = {region: f"{english} {name}" for region, name, english, *_ in CITIES}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report folder of a run of simulated queries, written by the stage."""
    top = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(top)
        run(RUN, write_run())
    return top / RunPaths(RUN).report


@contextmanager
def opened(
    browser: Browser, path: Path, hash_: str = "", width: int = 1280, **options: object
) -> Iterator[Page]:
    """The page from the file system; no request leaves, and nothing is said on the console."""
    context = browser.new_context(viewport={"width": width, "height": 844}, offline=True, **options)
    left: list[str] = []
    context.route(
        "**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort()
    )
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: left.append(request.url))
    tab.goto(path.as_uri() + hash_)
    yield tab
    assert [url for url in left if not url.startswith(("file:", "data:"))] == []
    assert said == []
    context.close()


def ranking(tab: Page) -> list[tuple[str, str]]:
    """City and inflow of every row."""
    rows = tab.locator("#ranking-table tbody tr").all()
    return [(row.locator("th").inner_text(), row.locator("td").nth(2).inner_text()) for row in rows]


def table(report: Path, name: str, **where: str) -> list[dict[str, str]]:
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[key] == value for key, value in where.items())]


def test_the_picker_changes_ranking_corridors_and_panel_to_those_of_the_tables(
    browser: Browser, report: Path
) -> None:
    with opened(browser, report / "cities.html") as tab:
        for period in (PERIODS[-1], PERIODS[-7], "2024-08"):
            tab.get_by_label("Period", exact=True).select_option(label=period)
            expected = [
                (NAMES[row["region"]], f"{float(row['inflow']):,.0f}")
                for row in table(report, "ranking", period=period)
            ]
            assert ranking(tab) == expected
            first = table(report, "corridors", period=period)[0]
            shown = tab.locator("#corridors-table tbody tr").first.inner_text()
            assert NAMES[first["origin"]] in shown
            assert NAMES[first["destination"]] in shown
            assert period in tab.locator("#panel-lead").inner_text()
            assert (
                tab.locator("#atlas-map svg").get_attribute("aria-label")
                == f"Map of the largest corridors in {period}"
            )
        assert "forecast, 2 months ahead" in tab.locator("#panel-lead").inner_text()
        tab.get_by_role("button", name="Earlier period").click()
        assert tab.get_by_label("Period", exact=True).locator("option:checked").inner_text() == "2024-07"


def test_a_city_is_chosen_by_row_dot_list_and_address(browser: Browser, report: Path) -> None:
    with opened(browser, report / "cities.html") as tab:
        name = tab.locator("#panel-name")
        tab.get_by_label("City", exact=True).select_option(label=NAMES["620100"])
        assert name.inner_text() == NAMES["620100"]
        assert tab.url.endswith("#620100")
        tab.locator("#ranking-table").get_by_role("link", name=NAMES["420100"]).press("Enter")
        assert name.inner_text() == NAMES["420100"]
        tab.locator('#quadrant a[href="#310000"]').click()
        assert name.inner_text() == NAMES["310000"]
        tab.locator("#ranking-table tbody tr").last.locator("td").first.click()
        assert name.inner_text() == ranking(tab)[-1][0]
    with opened(browser, report / "cities.html", "#320500") as tab:
        assert tab.locator("#panel-name").inner_text() == NAMES["320500"]
        dial = {row["variable"]: row for row in table(report, "dials", period=PERIODS[-1], region="320500")}
        for variable in ("pull", "push", "stay", "reach"):
            shown = tab.locator(f'#dials [data-dial="{variable}"]')
            assert f"Rank {dial[variable]['rank']} of 6" in shown.inner_text()
            assert f"{float(dial[variable]['percentile']):.0f}" in (
                shown.locator("text").text_content() or ""
            )
        source = table(report, "partners", period=PERIODS[-1], region="320500", direction="from")[0]
        first = tab.locator("#sources tbody tr").first.inner_text().split("\t")
        assert first[0] == NAMES[source["partner"]]
        assert first[1] == f"{float(source['moves']):,.0f}"
        addends = table(report, "reasons", region="320500", period="2024-07")
        drawn = tab.locator("#reasons svg rect").count()
        assert 6 < drawn < len(addends)  # the scale, the same for every city, is said in words
        total = sum(float(row["log_moves"]) for row in addends)
        assert f"{total:.2f}, about" in tab.locator("#reasons").inner_text()
        peers = [NAMES[row["peer"]] for row in table(report, "peers", region="320500")]
        assert tab.locator("#peers a[href^='#']").all_inner_texts() == peers
        assert "Since 2024-05" in tab.locator("#changes").inner_text()


def test_every_csv_link_leads_to_its_file(browser: Browser, report: Path) -> None:
    with opened(browser, report / "cities.html") as tab:
        links = set(tab.locator("a.csv").evaluate_all("links => links.map(link => link.href)"))
        names = {Path(link).name for link in links}
        assert names == {path.name for path in (report / "tables").iterdir()}
        with tab.expect_download() as download:
            tab.locator("#ranking + p ~ .caption a.csv").first.click()
        assert download.value.path().read_bytes() == (report / "tables" / "ranking.csv").read_bytes()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_runs_over_the_edge_and_the_reports_link_each_other(
    browser: Browser, report: Path, width: int
) -> None:
    with opened(browser, report / "cities.html", width=width) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        for picture in tab.locator("figure svg[role=img], #dials svg").all():
            box = picture.bounding_box()
            assert box is not None
            assert box["width"] > 60
            assert box["x"] + box["width"] <= width
            assert picture.get_attribute("aria-label")
        tab.get_by_role("link", name="how good is the model?").click()
        assert tab.title().startswith("Forecast report")
        tab.get_by_role("link", name="what it says of the cities").click()
        assert tab.title().startswith("City talent attraction")


def test_without_javascript_the_latest_period_can_be_read(browser: Browser, report: Path) -> None:
    with opened(browser, report / "cities.html", width=390, java_script_enabled=False) as tab:
        assert tab.locator("#ranking-table tbody tr").count() == len(CITIES)
        assert tab.locator("#corridors-table tbody tr").count() == 10
        assert tab.get_by_text("Choosing a city needs JavaScript.").is_visible()
        assert not tab.locator("#period").is_visible()
        assert not tab.locator("#panel").is_visible()


def test_flows_without_places_and_a_plain_model_still_make_a_page(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cells = {"absent": "zero", "zero": True, "diagonal": False}
    run(RUN, write_run(model="last_value", users=False, known=("region", "name"), cells=cells, **FLOWS))
    with opened(browser, tmp_path / RunPaths(RUN).report / "cities.html") as tab:
        assert tab.get_by_text("The data have no coordinates, so there is no map").is_visible()
        tab.get_by_label("Period", exact=True).select_option(label="2024-07")
        assert "Observed, not modelled" in tab.locator("#dials-note").inner_text()
        assert "cannot be taken apart" in tab.locator("#reasons").inner_text()
        assert tab.locator("#dials").get_by_text("Not known: the data have no distances").is_visible()
