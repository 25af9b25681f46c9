"""The adviser's page in a real browser that can reach nothing but the app."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from tests.modules.recommendation.small import STUDENT
from tests.serving.browsing import browsing
from tests.serving.recommendation.served import serve
from tests.serving.served import ask, post

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> ASGIApp:
    return serve(tmp_path_factory.mktemp("page"))


@pytest.fixture
def page(browser: Browser, served: ASGIApp) -> Iterator[Page]:
    with browsing(browser, served, refused="422") as page:
        page.wait_for_selector("#field-college")
        yield page


def test_an_adviser_enters_a_student_and_sees_why_and_why_not(page: Page, served: ASGIApp) -> None:
    asked = [label.inner_text().split("\n")[0] for label in page.query_selector_all("#fields label")]
    assert asked == ["college", "home", "grade 1", "grade 2", "grade 3"]
    page.select_option("#field-college", "Law")
    page.select_option("#field-home", "West")
    for name in ("grade_1", "grade_2", "grade_3"):
        page.fill(f"#field-{name}", str(STUDENT[name]))
    page.fill("#k", "5")
    page.click("text=Recommend")
    page.wait_for_selector("#employers tbody tr")
    everyone = post(served, "/recommend", {"student": STUDENT, "k": 40}).json()
    shown = [each.inner_text() for each in page.query_selector_all("#employers strong")]
    assert shown == [each["id"] for each in everyone["employers"][:5]]
    share = everyone["intent"]["abroad"]
    assert f"abroad {100 * share:.1f} %" in page.inner_text("#intent")
    assert page.locator("#intent path").count() == 2

    page.click(f'[aria-label="Why {shown[0]}"]')
    page.wait_for_selector("#why svg")
    why = post(served, "/explain", {"student": STUDENT, "employer": shown[0], "k": 5}).json()
    drawn = [each.get_attribute("class") for each in page.query_selector_all("#why svg rect")]
    fields = why["student_fields"] + why["employer_fields"]
    assert drawn == ["against" if each["contribution"] < 0 else "for" for each in fields]
    assert "number 1 of the list" in page.inner_text(".counterfactual")

    for each in everyone["employers"][5:]:
        change = post(served, "/explain", {"student": STUDENT, "employer": each["id"], "k": 5}).json()
        if change["counterfactual"]:
            break
    page.fill("#other", each["id"])
    page.click("#whynot button")
    page.wait_for_selector(f"text=Why not {each['id']}")
    line = page.inner_text(".counterfactual")
    assert f"With {change['counterfactual']['field'].replace('_', ' ')} " in line
    assert f"it would be number {change['counterfactual']['rank']}." in line
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_an_adviser_keeps_to_certain_employers_and_asks_why_another_is_not_there(
    page: Page, served: ASGIApp
) -> None:
    page.click("text=Only certain employers")
    selects = page.query_selector_all("#where select")
    assert [each.get_attribute("data-field") for each in selects] == [
        "industry",
        "city",
    ]  # names are no filter
    page.select_option("#where-industry", ["Banking", "Rail"])
    page.select_option("#where-city", "B")
    page.fill("#k", "6")
    page.fill("#exclude", "E03")
    page.click("text=Recommend")
    page.wait_for_selector("#employers tbody tr")
    where = {"industry": ["Banking", "Rail"], "city": ["B"]}
    asked = {"student": {}, "k": 6, "exclude": ["E03"], "where": where}
    listed = [each["id"] for each in post(served, "/recommend", asked).json()["employers"]]
    assert [each.inner_text() for each in page.query_selector_all("#employers strong")] == listed
    assert page.inner_text("#narrowed") == "Only employers with industry Banking or Rail; city B."

    everyone = post(served, "/recommend", {"student": {}, "k": 40}).json()["employers"]
    rank = {each["id"]: each["rank"] for each in everyone}
    place, kept = next((at, each) for at, each in enumerate(listed, 1) if rank[each] > 6)
    page.click(f'[aria-label="Why {kept}"]')
    page.wait_for_selector(f"#why h2:text-is('Why {kept}')")
    assert page.inner_text(".counterfactual") == (
        f"It is number {place} of the list, number {rank[kept]} of all 40."
    )
    software = next(each["id"] for each in everyone if each["fields"]["industry"] == "Software")
    for employer, reason in (
        ("E03", "because it is named as closed or full"),
        (software, "because only employers with industry Banking or Rail are"),
    ):
        page.fill("#other", f" {employer} ")
        page.press("#other", "Enter")
        page.wait_for_selector(f"text=Why not {employer}")
        said = page.inner_text(".counterfactual")
        assert said.startswith(f"It is not in the list {reason}. It is number {rank[employer]} of all 40")

    page.select_option("#where-industry", [])
    page.select_option("#where-city", [])
    page.fill("#exclude", "\n".join(rank))
    page.click("text=Recommend")
    page.wait_for_selector("text=No employer is left")
    assert not page.is_visible("#narrowed")


def test_why_not_may_be_asked_first_and_goes_by_the_student_as_entered(page: Page, served: ASGIApp) -> None:
    ranks = set()
    for college in ("Law", "Arts"):
        page.select_option("#field-college", college)
        page.fill("#other", "E33")
        page.click("#whynot button")
        why = post(served, "/explain", {"student": {"college": college}, "employer": "E33", "k": 10}).json()
        page.wait_for_selector(f"text=It is number {why['rank']} of")
        ranks.add(why["rank"])
        assert page.locator("#employers tbody tr").count() == 10
    assert len(ranks) == 2
    page.fill("#other", "E99")
    page.click("#whynot button")
    page.wait_for_selector("#problem", state="visible")
    assert "no employer 'E99'" in page.inner_text("#problem")


def test_a_student_from_a_file_fills_the_form(page: Page, tmp_path: Path) -> None:
    assert not page.is_visible("#row")
    file = tmp_path / "students.csv"
    file.write_text('\ufeffstudent_id,college,grade_1\r\na1,Law,70\r\n"b, 2",Alchemy,66.5\r\n')
    page.set_input_files("#file", file)
    page.wait_for_selector("#row", state="visible")
    assert (page.input_value("#field-college"), page.input_value("#field-grade_1")) == ("Law", "70")
    page.select_option("#row", "1")
    assert (page.input_value("#field-college"), page.input_value("#field-grade_1")) == ("Alchemy", "66.5")
    page.click("text=Recommend")
    page.wait_for_selector("#unknown", state="visible")
    assert "college" in page.inner_text("#unknown")


def test_what_is_wrong_is_said(page: Page) -> None:
    page.fill("#exclude", "E99")
    page.click("text=Recommend")
    page.wait_for_selector("#problem", state="visible")
    assert "no employer 'E99'" in page.inner_text("#problem")


def test_where_a_token_is_needed_the_page_asks_for_it_once(browser: Browser, tmp_path: Path) -> None:
    token = "the-advisers-own-token"  # noqa: S105 - of this test
    with browsing(browser, serve(tmp_path, tokens=(token,)), refused="401") as page:
        for given in ("another-token-than-it", token):
            page.fill("#token", given)
            page.click("text=Go on")
        page.wait_for_selector("#field-college")
        page.click("text=Recommend")
        page.wait_for_selector("#employers tbody tr")
        assert page.locator("dialog").count() == 0
        page.reload()
        page.wait_for_selector("#field-college")
    with browsing(browser, serve(tmp_path, tokens=(token,)), refused="401") as page:
        page.click("text=Cancel")
        page.wait_for_selector("#problem", state="visible")
        assert "This takes a token" in page.inner_text("#problem")


def test_the_page_holds_all_that_it_needs_and_may_do_nothing_else(served: ASGIApp) -> None:
    answer = ask(served, "GET", "/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; connect-src 'self'")
    assert "unsafe" not in policy
    assert "{{" not in answer.text
    assert "src=" not in answer.text
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
