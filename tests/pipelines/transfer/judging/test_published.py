import stat
from pathlib import Path
from typing import Any

import pytest

from pipelines.transfer.judging.extracting.published import (
    SALT_FILE,
    is_name,
    published,
    salt_of,
    subject_hash,
)
from pipelines.transfer.judging.flow_tables import flow_tables

ARTICLES = {
    name: {"registered_domain": f"{name}.org", "published": None, "syndication_count": 1} for name in "ab"
}


def read(article: str = "a", at: int = 0, **changed: Any) -> dict[str, Any]:
    return {
        "passage_id": f"{article}:{at}",
        "article_id": article,
        "start": at,
        "end": at + 9,
        "passage": "Anna went",
        "members": "[]",
        "level": "strict",
        "subject": "Anna Kovács",
        "origin": "HUN",
        "destination": "DEU",
        "period": "2015-03",
        "precision": "month",
        "inferred": False,
        "votes": 2,
        **changed,
    }


def test_a_site_that_tells_one_transfer_twice_counts_once_and_another_site_again() -> None:
    rows = [read(at=40, votes=3), read(at=0), read("b"), read(at=80, subject="Béla Kiss")]
    table, private = published(rows, ARTICLES, 3, b"salt")
    assert table.num_rows == private.num_rows == 3
    assert table.column("transfer_id").to_pylist() == sorted(table.column("transfer_id").to_pylist())
    kept = {row["transfer_id"]: row for row in private.to_pylist()}
    told = {
        row["article_id"]: kept[row["transfer_id"]]["start"] for row in table.to_pylist() if row["votes"] == 3
    }
    assert told == {"a": 40}
    assert "Kov" not in str(table.to_pydict())


def test_a_pronoun_says_nobody_and_two_of_them_are_not_one() -> None:
    table, private = published([read(at=0, subject="He"), read(at=9, subject="he")], ARTICLES, 2, b"salt")
    assert table.column("subject").to_pylist() == [None, None]
    assert private.num_rows == 2


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("Anna Kovács", True),
        ("Jan van der Berg", True),
        ("Ōe Kenzaburō", True),
        ("his mother", False),
        ("She", False),
        ("", False),
    ],
)
def test_a_description_names_nobody(said: str, names: bool) -> None:
    assert is_name(said) is names


def test_what_counts_as_a_flow() -> None:
    rows = [
        read(at=0),
        read(at=1, origin=None, subject="B"),
        read(at=2, origin="DEU", subject="C"),
    ]
    table, _ = published(rows, ARTICLES, 2, b"salt")
    kinds = {(row["origin"], row["flow"], row["domestic"]) for row in table.to_pylist()}
    assert kinds == {("HUN", True, False), (None, False, False), ("DEU", False, True)}


def test_a_name_is_hashed_as_it_is_compared_and_by_the_salt() -> None:
    assert subject_hash("Anna Kovács", b"one") == subject_hash("anna kovacs", b"one")
    assert subject_hash("Anna Kovács", b"one") != subject_hash("Anna Kovács", b"two")


def test_the_salt_of_real_people_is_a_secret_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TALENTFLOW_SALT", raising=False)
    assert salt_of(7) == salt_of(7) != salt_of(8)
    assert not SALT_FILE.exists()
    made = salt_of(None)
    assert made == salt_of(None)
    assert stat.S_IMODE(SALT_FILE.stat().st_mode) == 0o600
    monkeypatch.setenv("TALENTFLOW_SALT", "said")
    assert salt_of(None) == b"said"


def test_flows_are_counted_by_month_where_it_is_known_and_by_year() -> None:
    rows = [
        read(at=0),
        read(at=1, subject="B"),
        read(at=2, subject="C", period="2015", precision="year"),
        read(at=3, subject="D", period=None, precision="unknown"),
        read(at=4, subject="E", origin=None),
        read(at=5, subject="F", period="2015-05"),
    ]
    tables = flow_tables(published(rows, ARTICLES, 2, b"salt")[0].to_pylist())
    assert tables["flows_month.parquet"].to_pylist() == [
        {"period": f"2015-{month}", "origin": "HUN", "destination": "DEU", "count": count}
        for month, count in (("03", 2), ("04", 0), ("05", 1))
    ]
    assert tables["flows_year.parquet"].column("count").to_pylist() == [4]
    assert tables["countries.parquet"].column("iso3").to_pylist() == ["DEU", "HUN"]
