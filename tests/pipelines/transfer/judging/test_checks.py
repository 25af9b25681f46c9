from datetime import date
from typing import Any

import pandas as pd
import pytest

from pipelines.transfer.judging.checks import suites
from pipelines.validate import validate
from pipelines.validation import Severity
from tests.pipelines.transfer import evaluations


@pytest.fixture(scope="module")
def articles() -> pd.DataFrame:
    return evaluations.articles(120)


@pytest.fixture(scope="module")
def transfers(articles: pd.DataFrame) -> pd.DataFrame:
    return evaluations.transfers(articles, 80)


def failed(
    transfers: pd.DataFrame, articles: pd.DataFrame, severity: Severity = "critical"
) -> set[tuple[str, str | None]]:
    validation = validate("r", [suites(transfers, articles, 0.6)])
    return {(table.name, check.column) for table, check in validation.failed(severity)}


def test_a_sound_table_passes_and_so_does_one_without_rows(
    transfers: pd.DataFrame, articles: pd.DataFrame
) -> None:
    for table in (transfers, evaluations.frame([])):
        assert not failed(table, articles)
        assert not failed(table, articles, "warning")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"transfer_id": "t000002"}, {"transfer_id"}),
        ({"destination": None, "flow": False}, {"destination"}),
        ({"destination": "XKX", "flow": False}, {"destination"}),
        ({"origin": "ESH", "flow": False}, {"origin"}),
        ({"article_id": "a99999"}, {"stray"}),
        ({"registered_domain": "elsewhere.org"}, {"stray"}),
        ({"period": "2009-03-01"}, {"period", "imprecise"}),
        ({"period": "1899", "precision": "year"}, {"year"}),
        ({"published": date(2010, 1, 31), "period": "2010-03", "precision": "month"}, {"months_after"}),
        ({"published": date(2010, 11, 30), "period": "2011", "precision": "year"}, {"months_after"}),
        ({"precision": "day"}, {"precision", "imprecise"}),
        ({"origin": "HUN", "destination": "HUN", "domestic": True, "flow": True}, {"no_flow"}),
        ({"origin": "HUN", "destination": "HUN", "domestic": False, "flow": False}, {"not_domestic"}),
        ({"level": "loose"}, {"level"}),
        ({"votes": 5}, {"too_many"}),
        ({"votes": 0}, {"votes"}),
    ],
)
def test_what_is_wrong_with_a_transfer_is_told(
    transfers: pd.DataFrame, articles: pd.DataFrame, change: dict[str, Any], told: set[str]
) -> None:
    broken = transfers.copy()
    for column, value in change.items():
        broken.loc[1, column] = value
    assert failed(broken, articles) == {("transfers", column) for column in told}


@pytest.mark.parametrize(("published", "period"), [("2010-01-31", "2010-02"), ("2010-12-01", "2011")])
def test_a_move_of_the_next_month_is_believed(
    transfers: pd.DataFrame, articles: pd.DataFrame, published: str, period: str
) -> None:
    soon = transfers.copy()
    soon.loc[1, "published"] = date.fromisoformat(published)
    soon.loc[1, "period"] = period
    soon.loc[1, "precision"] = "month" if "-" in period else "year"
    assert not failed(soon, articles)


def test_one_move_told_twice_by_a_site_is_told_unless_nobody_knows_who_moved(
    transfers: pd.DataFrame, articles: pd.DataFrame
) -> None:
    twice = pd.concat([transfers, transfers.iloc[[1]].assign(transfer_id="again")], ignore_index=True)
    assert failed(twice, articles) == {("transfers", "repeated")}
    assert not failed(twice.assign(subject=None), articles)


def test_one_site_and_a_split_vote_are_warned_of(transfers: pd.DataFrame, articles: pd.DataFrame) -> None:
    one = transfers.assign(registered_domain="one.org")
    found = articles.assign(registered_domain="one.org")
    assert failed(one, found, "warning") == {("hosts", "share")}
    split = transfers.assign(level="strict", votes=3)
    assert failed(split, articles, "warning") == {("levels", "split")}
