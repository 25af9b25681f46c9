"""A champion that is served, logged and looked at: from `talentflow serve` to a page in a browser."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from modules.access import authorisation
from modules.errors import UserError
from modules.monitoring.reference import Reference
from pipelines.card import read_card
from pipelines.config import load_run
from pipelines.monitoring.monitor import Monitored, Window, monitor
from pipelines.ports import free_port
from pipelines.release.champion import bento_of
from pipelines.release.home import Releases
from tests.conftest import call, serving

pytestmark = pytest.mark.slow
ANY = Window(None, None, before=False, level=0.01, minimum=100)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The built project, in which this process works."""
    monkeypatch.chdir(project)
    return project


def write(folder: Path, *questions: tuple[str, str], day: str = TODAY.isoformat()) -> None:
    """A log of questions for one corridor each, both periods ahead, as a service would have written it."""
    bento = bento_of(Releases("tiny"), "")
    card, _ = read_card(bento.artefact)
    counts: dict[str, dict[str, float]] = {}
    for feature in Reference.from_json(card.reference).features:
        for origin, destination in questions:
            said = {
                "origin": [origin],
                "destination": [destination],
                "periods ahead": ["1", "2"],
                "newer periods": ["0"],
            }.get(feature.name, [])
            for value in said:
                at, of_feature = str(feature.bin(value)), counts.setdefault(feature.name, {})
                of_feature[at] = of_feature.get(at, 0.0) + 1 / len(said)
    line = {"day": day, "model": bento.tag, "units": len(questions), "lost": 0, "counts": counts}
    folder.mkdir(exist_ok=True)
    with (folder / f"tiny.{day}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def look(log: Path, window: Window = ANY) -> Monitored:
    return monitor("tiny", load_run("tiny"), log, window)


def regions() -> list[str]:
    bento = bento_of(Releases("tiny"), "")
    config = json.loads((bento.artefact / "config.json").read_text(encoding="utf-8"))
    return [row["region"] for row in config["regions"]]


def test_the_server_counts_and_tells_nothing_that_was_sent(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Paths are seen from where the command is given.
    (here / "token").write_text("a-token-of-one-client\n", encoding="utf-8")
    monkeypatch.setenv("TALENTFLOW_TOKEN_FILE", "token")
    monkeypatch.setenv("TALENTFLOW_FEATURE_LOG", "log")
    first, *_, last = regions()
    with (
        serving(here, "tiny", free_port()) as url,
        httpx.Client(base_url=url, headers=authorisation(), timeout=30) as client,
    ):
        answers = [
            client.post("/forecast", json={"origin": first, "destination": last, "horizon": 1})
            for _ in range(7)
        ]
        client.post("/forecast", json={"origin": "Greta Halloran"})
    (path,) = (here / "log").iterdir()
    text = path.read_text(encoding="utf-8")
    line = json.loads(text)
    assert (line["units"], line["counts"]["origin"], line["counts"]["destination"]) == (
        7,
        {"0": 7.0},
        {str(len(regions()) - 1): 7.0},
    )
    count = answers[0].json()["forecasts"][0]["count"]
    assert not [raw for raw in (first, last, "Greta", f"{count:.0f}", "127.0.0.1") if raw in text]
    done = call("talentflow", "monitor", "tiny", "--log", "log", cwd=here)
    assert "tiny: too few to say anything: 7 logged of tiny:v1-" in done.stdout


def test_what_is_asked_as_ever_is_no_alarm_and_what_is_not_is_named(here: Path) -> None:
    draw, places = random.Random(0), regions()  # noqa: S311
    usual = [(draw.choice(places), draw.choice(places)) for _ in range(200)]
    write(here / "usual", *usual)
    found = look(here / "usual")
    assert (found.alarm, found.shifted) == (False, [])
    assert "nothing has shifted (4 looked at, 200 logged" in found.said

    write(here / "odd", *((places[0], destination) for _, destination in usual))
    done = call("talentflow", "monitor", "tiny", "--log", "odd", cwd=here, check=False)
    assert done.returncode == 3
    assert "tiny: shifted: origin (4 looked at, 200 logged of tiny:v1-" in done.stdout
    page = (here / "runs/tiny/monitor.html").read_text(encoding="utf-8")
    assert "1 of 4 features shifted" in " ".join(page.split())

    # The same, where it was the same in the days before.
    write(here / "habit", *((places[0], place) for _, place in usual), day="2026-11-01")
    write(here / "habit", *((places[0], place) for _, place in usual[::-1]), day="2026-11-02")
    day = datetime(2026, 11, 2, tzinfo=UTC).date()
    assert look(here / "habit", Window(day, None, False, 0.01, 100)).shifted == ["origin"]
    assert look(here / "habit", Window(day, None, True, 0.01, 100)).shifted == []


def test_a_page_opens_without_a_network(here: Path, browser: Browser) -> None:
    places = regions()
    write(here / "log", *((places[0], places[1]) for _ in range(150)))
    page = look(here / "log").page.resolve()
    context = browser.new_context(offline=True)
    asked: list[str] = []
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("pageerror", lambda error: asked.append(str(error)))
    shown.goto(page.as_uri())
    assert shown.get_by_role("heading", name="2 of 4 features shifted").is_visible()
    assert shown.get_by_role("region", name="origin").get_by_text("100.0").first.is_visible()
    context.close()
    assert asked == [page.as_uri()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tiny"], "tiny: there is nothing to look at: no --log"),
        (["tiny", "--log", "nowhere"], "nowhere: no such folder"),
        (["tiny", "--log", ".", "--since", "2026-11-02", "--until", "2026-11-01"], "is later than --until"),
        (["tiny", "--log", ".", "--against", "before"], "--against before: takes --log and --since"),
        (["cities", "--log", "."], "cities: was never released"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line(built: Path, arguments: list[str], said: str) -> None:
    done = call("talentflow", "monitor", *arguments, cwd=built, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr


def test_a_look_that_fails_leaves_the_last_page(here: Path) -> None:
    write(here / "log", (regions()[0], regions()[1]))
    page = look(here / "log").page
    before = page.read_bytes()
    (here / "log" / f"tiny.{TODAY}.jsonl").write_text("{")
    with pytest.raises(UserError, match="is no line of a feature log"):
        look(here / "log")
    assert page.read_bytes() == before
