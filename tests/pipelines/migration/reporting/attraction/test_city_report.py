"""The record and the page of a small run, read as the stage reads them."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluation import read_evaluation
from pipelines.migration.judging.evaluation import FlowEvaluation
from pipelines.migration.reporting.attraction.build import city_report
from pipelines.migration.reporting.attraction.page import city_page, csv_of, write_city_report
from pipelines.migration.reporting.attraction.record import CityReport
from pipelines.migration.reporting.attraction.tables import tables
from pipelines.paths import RunPaths
from pipelines.validation import read_validation
from tests.pipelines.city_runs import CITIES, FLOWS, PERIODS, RUN, counts, write_run
from tests.pipelines.migration.reporting.test_report import words


def record(**choices: object) -> CityReport:
    settings, paths = write_run(**choices), RunPaths(RUN)
    imported = json.loads((paths.extracted / "import.json").read_text(encoding="utf-8"))
    evaluation = read_evaluation(paths.evaluation / "evaluation.json", FlowEvaluation)
    return city_report(RUN, settings, evaluation, read_validation(paths.validation / "result.json"), imported)


def page(report: CityReport) -> str:
    return city_page(report, tuple(tables(report)))


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> CityReport:
    """Simulated queries, and a model with city variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("modelled"))
        return record()


@pytest.fixture(scope="module")
def plain_flows(tmp_path_factory: pytest.TempPathFactory) -> CityReport:
    """A table of flows with nothing known of the regions, and a model that has no city variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("plain"))
        cells = {"absent": "zero", "zero": True, "diagonal": False}
        return record(model="last_value", users=False, known=("region", "name"), cells=cells, **FLOWS)


def test_the_picker_holds_the_last_24_periods_and_those_to_come(modelled: CityReport) -> None:
    assert [shown.period for shown in modelled.shown] == [*PERIODS[-24:], "2024-07", "2024-08"]
    assert [shown.ahead for shown in modelled.shown][-3:] == [0, 1, 2]
    assert modelled.latest.period == PERIODS[-1]


def test_the_numbers_are_those_of_the_flows(modelled: CityReport) -> None:
    latest, moves = modelled.latest, counts()[-1] * (1 - np.eye(len(CITIES)))
    assert latest.inflow == tuple(moves.sum(0))
    assert latest.outflow == tuple(moves.sum(1))
    assert latest.total == moves.sum()
    source, arrived, then, _ = latest.sources[2][0]
    assert (source, arrived) == (int(moves[:, 2].argmax()), moves[:, 2].max())
    assert then == counts()[-2][source, 2]
    left = latest.destinations[2][0]
    assert left[:2] == (int(moves[2].argmax()), moves[2].max())
    assert latest.corridors[0] == (*np.unravel_index(moves.argmax(), moves.shape), moves.max())
    assert max(filter(None, latest.index.value)) == 100
    assert latest.since is not None
    assert latest.since.inflow == tuple((counts()[-2] * (1 - np.eye(len(CITIES)))).sum(0))
    assert latest.cycle_ago is not None
    assert latest.cycle_ago.period == PERIODS[-13]


def test_what_is_expected_next_is_the_forecast(modelled: CityReport) -> None:
    latest, ahead = modelled.latest, modelled.shown[-2]
    assert latest.next_period == ahead.period == "2024-07"
    expected = {partner: moves for partner, moves, _, _ in ahead.sources[0]}
    assert {partner: following for partner, _, _, following in latest.sources[0]} == expected
    assert modelled.shown[-1].next_period is None
    inflow = [shown.inflow[0] for shown in modelled.shown[-2:]]
    assert modelled.series.inflow[0][-2:] == pytest.approx(inflow, rel=1e-4)
    for low, made, high in zip(
        modelled.series.inflow_low[0],
        modelled.series.inflow[0][-2:],
        modelled.series.inflow_high[0],
        strict=True,
    ):
        assert low < made < high


def test_dials_are_observed_then_of_the_model(modelled: CityReport, plain_flows: CityReport) -> None:
    assert [shown.basis for shown in modelled.shown][-3:] == ["observed", "forecast", "forecast"]
    assert set(modelled.latest.dials) == {"pull", "push", "stay", "reach"}
    pulls = sorted(range(len(CITIES)), key=lambda place: -(modelled.latest.inflow[place] or 0))
    assert [modelled.latest.dials["pull"].rank[place] for place in pulls] == [1, 2, 3, 4, 5, 6]
    assert [shown.basis for shown in plain_flows.shown][-2:] == ["last observed", "last observed"]
    assert plain_flows.shown[-1].dials == plain_flows.latest.dials
    assert plain_flows.latest.dials["reach"].rank == (None,) * len(CITIES)
    assert (modelled.peers.by, plain_flows.peers.by) == ("representation", "profile")
    assert (modelled.resampled, plain_flows.resampled) == ("users", "changes")
    assert modelled.reasons.lags == 6
    assert plain_flows.reasons.addends == ()


def test_groups_are_made_of_what_is_known(modelled: CityReport, plain_flows: CityReport) -> None:
    tier, area = modelled.groupings
    assert (tier.groups, tier.members) == (("super", "very large", "large"), (3, 2, 1))
    assert area.groups == ("East", "Central", "West", "Northeast")
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in (*tier.inflow, *area.inflow))
    assert all(sum(row) == pytest.approx(0, abs=1e-3) for row in tier.net)
    assert plain_flows.groupings == ()
    text = words(page(plain_flows))
    assert "No trend by size class" in text
    assert "No trend by province" in text
    assert "The data have no coordinates, so there is no map" in text


def test_the_page_says_what_its_moves_are(modelled: CityReport, plain_flows: CityReport) -> None:
    text = words(page(modelled))
    assert "Intention, not registered moves." in text
    assert "The searches are simulated" in text
    assert "Intention is not a registered move." in text
    text = words(page(plain_flows))
    assert "Moves as recorded in the file" in text
    assert "Intention" not in text
    assert "this model has no city variables" in text


def test_the_page_without_javascript_has_the_latest_ranking_and_the_quality(modelled: CityReport) -> None:
    text, latest = words(page(modelled)), modelled.latest
    order = sorted(range(len(CITIES)), key=lambda place: latest.index.rank[place] or 0)
    names = [f"{CITIES[place][2]} {CITIES[place][1]}" for place in order]
    table = text.split("6 cities, 2024-06, observed")[1]
    assert re.findall("|".join(names), table)[: len(names)] == names
    for fact in (
        "weights 3f9a1c77e02b", "Quarantined: bad time 12", "Read 41,900", "4.3 % of the people",
        "fewer than 5 people", "No period's total is over 4 times", "Rank range", "Attraction index",
        f"In 2024-06 {CITIES[order[0]][2]} takes",
    ):  # fmt: skip
        assert fact in text


def test_how_well_queries_were_read_is_said_where_it_is_known(modelled: CityReport) -> None:
    assert "Reading of the queries" not in words(page(modelled))
    quality = modelled.quality.model_copy(update={"read_right": (0.991, 0.874)})
    text = words(page(modelled.model_copy(update={"quality": quality})))
    assert "99.1 % of the destinations read are the ones meant, and 87.4 % of those meant are read" in text


def test_the_headline_says_when_the_lead_is_a_tie(modelled: CityReport) -> None:
    def with_tie(tied: bool, low: float | None = 1.0) -> str:
        index, latest = modelled.latest.index, modelled.latest
        flags = tuple(tied and rank == 2 for rank in index.rank)
        update = {"tied": flags, "low": (low, *index.low[1:])}
        changed = latest.model_copy(update={"index": index.model_copy(update=update)})
        shown = tuple(changed if each is latest else each for each in modelled.shown)
        return words(page(modelled.model_copy(update={"shown": shown})))

    assert "which of them leads cannot be told" in with_tie(True)
    assert "which of them leads cannot be told" not in with_tie(False)
    assert "is clear of the next" in with_tie(False)
    assert "is clear of the next" not in with_tie(False, low=None)


def test_the_page_asks_for_nothing_and_names_are_escaped(modelled: CityReport) -> None:
    bad = modelled.cities[0].model_copy(update={"name": '</script><b>"x"', "name_en": None})
    html = page(modelled.model_copy(update={"cities": (bad, *modelled.cities[1:])}))
    assert html.count("</script>") == 2
    assert '<b>"x"' not in html
    assert "default-src 'none'" in html
    assert not re.findall(
        r'(?:src|href)="(?!#|data:,|\.\./validation/index\.html|index\.html|tables/)[^"]*"', html
    )
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|import\(", html)
    assert "http://www.w3.org/2000/svg" in html
    assert html.count("http") - html.count("http-equiv") == 1


def test_same_run_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modelled: CityReport) -> None:
    monkeypatch.chdir(tmp_path)
    again = record()
    assert again == modelled
    for name, report in (("one", again), ("two", modelled)):
        (tmp_path / name).mkdir()
        write_city_report(tmp_path / name, report)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert {str(path) for path in files} >= {"cities.html", "tables/ranking.csv", "tables/reasons.csv"}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_every_table_is_a_csv_that_the_page_links(modelled: CityReport) -> None:
    html, made = page(modelled), tables(modelled)
    linked = set(re.findall(r'href="tables/(\w+)\.csv"', html))
    assert linked == set(made)
    rows = list(csv.DictReader(io.StringIO(csv_of(made["ranking"]))))
    latest = [row for row in rows if row["period"] == PERIODS[-1]]
    assert [int(row["rank"]) for row in latest] == [1, 2, 3, 4, 5, 6]
    assert sum(float(row["inflow_share"]) for row in latest) == pytest.approx(1, abs=1e-5)
    assert {row["kind"] for row in rows} == {"observed", "forecast"}
    partners = list(csv.DictReader(io.StringIO(csv_of(made["partners"]))))
    assert all(0 < float(row["share_of_city"]) <= 1 for row in partners)
    reasons = list(csv.DictReader(io.StringIO(csv_of(made["reasons"]))))
    assert reasons[0]["addend"] == "own past, 1 month ago"
