from pathlib import Path

import pytest
from playwright.sync_api import Browser

from modules.transfer.places.policy import policy
from pipelines.transfer.reporting.world_map import ARCS, world_map

SMALL = ("SGP", "TUV", "SMR")
FLOWS = [
    (2001, "HUN", "DEU", 30),
    (2001, "DEU", "USA", 12),
    (2002, "USA", "SGP", 9),
    (2002, "TUV", "NZL", 2),
    (2002, "SMR", "ITA", 1),
    (None, "TUV", "NZL", 5),
]


def test_a_map_without_flows_is_refused() -> None:
    with pytest.raises(ValueError, match="no flows"):
        world_map([])


def test_countries_are_drawn_with_the_network_off_and_the_slider_moves_them(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    path.write_text(
        world_map(FLOWS).to_html(inline=True, embed_options={"actions": False, "renderer": "svg"}),
        encoding="utf-8",
    )
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("#vis svg path")
    assert asked == [path.as_uri()]
    assert said == []
    assert page.locator("#vis .mark-shape path").count() > 177
    told = "[aria-roledescription='geoshape'], [aria-roledescription='circle']"
    labels = " ".join(each.get_attribute("aria-label") or "" for each in page.locator(told).all())
    assert "country: United States; out: 9; in: 12; net: 3" in labels
    assert "country: New Zealand; out: 0; in: 7; net: 7" in labels
    for iso3 in SMALL:
        assert f"country: {policy().members[iso3].name};" in labels
    assert page.locator("#vis .mark-rule line").count() == 5

    page.locator("input[type=checkbox]").uncheck()
    page.wait_for_function("document.querySelectorAll('#vis .mark-rule line').length === 3")
    labels = " ".join(each.get_attribute("aria-label") or "" for each in page.locator(told).all())
    assert "country: United States; out: 9; in: 0; net: \N{MINUS SIGN}9" in labels
    assert "country: New Zealand; out: 0; in: 2; net: 2" in labels

    page.locator("input[type=range]").fill("2001")
    page.wait_for_function("document.querySelectorAll('#vis .mark-rule line').length === 2")
    labels = " ".join(each.get_attribute("aria-label") or "" for each in page.locator(told).all())
    assert "country: Germany; out: 12; in: 30; net: 18" in labels
    context.close()


def test_a_year_shows_its_strongest_lines_only() -> None:
    codes = sorted(policy().members)[: ARCS + 10]
    drawn = world_map([(2000, "HUN", code, 1 + at) for at, code in enumerate(codes) if code != "HUN"])
    page = drawn.to_json(indent=None)
    assert f'"count": {len(codes)}' in page
    assert '"count": 3,' not in page
