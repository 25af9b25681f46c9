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


FAULTS: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"transfer_id": "t000070"}, {"transfer_id"}),
    ({"destination": None, "flow": False, "domestic": False}, {"destination"}),
    ({"destination": "XKX", "flow": False, "domestic": False}, {"destination"}),
    ({"origin": "ESH", "flow": False, "domestic": False}, {"origin"}),
    ({"article_id": "a99999"}, {"stray"}),
    ({"registered_domain": "elsewhere.org"}, {"stray"}),
    ({"period": "2001-03-01"}, {"period", "imprecise"}),
    ({"period": "1899", "precision": "year"}, {"year"}),
    ({"published": date(2010, 1, 31), "period": "2010-03", "precision": "month"}, {"months_after"}),
    ({"published": date(2010, 11, 30), "period": "2011", "precision": "year"}, {"months_after"}),
    ({"precision": "day"}, {"precision", "imprecise"}),
    ({"origin": "HUN", "destination": "HUN", "domestic": True, "flow": True}, {"no_flow"}),
    ({"origin": "HUN", "destination": "HUN", "domestic": False, "flow": False}, {"not_domestic"}),
    ({"level": "loose"}, {"level"}),
    ({"votes": 5}, {"too_many"}),
    ({"votes": 0}, {"votes"}),
    # What is believed: a move of the month after its article.
    ({"published": date(2010, 1, 31), "period": "2010-02", "precision": "month"}, set()),
    ({"published": date(2010, 12, 1), "period": "2011", "precision": "year"}, set()),
)
"""What is changed in a row, and the columns that it is then told by."""


def test_what_is_wrong_with_a_transfer_is_told(transfers: pd.DataFrame, articles: pd.DataFrame) -> None:
    broken = transfers.copy()
    for row, (change, _) in enumerate(FAULTS):
        for column, value in change.items():
            broken.loc[row, column] = value
    validation = validate("r", [suites(broken, articles, 0.6)])
    found = [*validation.failed("critical"), *validation.failed("warning")]
    for row, (_, columns) in enumerate(FAULTS):
        name = broken["transfer_id"].iloc[row]
        assert {check.column for _, check in found if any(name in each for each in check.samples)} == columns


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
