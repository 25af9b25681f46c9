"""Rows become articles, or are told why not."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.transfer.importing.ingest import Imported, sift
from pipelines.transfer.importing.published import published
from tests.pipelines.transfer.importing.stories import FRENCH, reworded, row, settings, story

RANGE = date(1990, 1, 1), date(2030, 12, 31)
SOUND = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["a", "b", "c", 7, "7"]),
        "url": st.sampled_from(["https://a.example.org/1", "http://b.co.uk:80/2?x=1"]),
        "date": st.sampled_from(["2018-07-24", "2018-07-25T10:00:00Z", "2/27", "", "0001-01-01"]),
        "title": st.sampled_from(["One", "Two", None]),
        "text": st.sampled_from([story(1), story(1).upper(), reworded(story(1), 1), story(2), FRENCH]),
    }
)
SPOILT = st.builds(
    lambda row, column, cell: row | {column: cell},
    SOUND,
    st.sampled_from(["id", "url", "date", "title", "text"]),
    st.sampled_from([None, "", " ", "...", "http://[x", True, 1.5, ["x"], {"x": 1}, "\ud800"]),
)
ROWS = st.lists(SOUND | SOUND | SPOILT | st.just({}), max_size=12)


def only(found: Imported) -> dict[str, Any]:
    (article,) = found.articles.to_pylist()
    result: dict[str, Any] = article
    return result


@given(ROWS, st.randoms())
@effort(max_examples=40, deadline=None)
def test_every_row_is_accounted_for_in_any_order(rows: list[dict[str, Any]], chance: Any) -> None:
    found = sift(rows, settings())
    account = found.record["rows"]
    gone = sum(account["dropped"].values()) + sum(account["quarantined"].values())
    assert account["read"] == len(rows) == account["kept"] + gone
    assert found.articles.num_rows == account["kept"]
    assert found.quarantine.num_rows == sum(account["quarantined"].values())
    ids = found.articles.column("article_id").to_pylist()
    assert ids == sorted(set(ids))

    shuffled = list(rows)
    chance.shuffle(shuffled)
    again = sift(shuffled, settings())
    assert again.articles.equals(found.articles)
    assert again.quarantine.equals(found.quarantine)
    assert again.record == found.record


def test_an_article_says_whose_it_is_and_when_it_came_out() -> None:
    article = only(sift([row(url="HTTPS://WWW.Example.CO.UK:443/news/1", title=None)], settings()))
    assert article["host"] == "www.example.co.uk"
    assert article["registered_domain"] == "example.co.uk"
    assert article["published"] == date(2018, 7, 24)
    assert (article["published_reason"], article["lang"], article["title"]) == (None, "en", None)
    assert article["syndication_count"] == 1


@pytest.mark.parametrize(
    ("cells", "reason", "field"),
    [
        ({"id": " "}, "no_id", "id"),
        ({"url": ""}, "no_url", "url"),
        ({"url": "www.example.org/1"}, "bad_url", "url"),
        ({"url": "http://localhost/1"}, "bad_url", "url"),
        ({"url": "http://192.168.0.1/1"}, "bad_url", "url"),
        ({"text": None}, "no_text", "text"),
        ({"text": "— …"}, "no_text", "text"),
        ({"text": ["secret"]}, "not_text", "text"),
        ({"title": "secret \ud800"}, "not_text", "title"),
    ],
)
def test_an_unsound_row_is_set_aside_without_what_it_says(
    cells: dict[str, Any], reason: str, field: str
) -> None:
    found = sift([row(**cells)], settings())
    (aside,) = found.quarantine.to_pylist()
    assert (aside["reason"], aside["field"]) == (reason, field)
    assert set(aside) == {"article_id", "reason", "field"}
    assert found.record["rows"]["quarantined"] == {reason: 1}


def test_other_languages_are_dropped_and_counted_unless_asked_for() -> None:
    rows = [row(), row(id="b", text=FRENCH)]
    found = sift(rows, settings())
    assert found.articles.column("article_id").to_pylist() == ["a"]
    assert found.record["rows"]["dropped"]["other_language"] == 1
    assert found.record["languages"] == {"en": 1, "fr": 1}
    assert sift(rows, settings(languages=["en", "fr"])).articles.num_rows == 2
    with pytest.raises(UserError, match="languages: xq cannot be told"):
        sift(rows, settings(languages=["xq"]))


def test_of_one_story_the_earliest_is_kept_and_its_sites_are_counted() -> None:
    told = story(1)
    rows = [
        row(id="undated", date="", url="https://one.com/1"),
        row(id="late", date="2018-07-25", url="https://two.com/1", text=told.upper() + "\n"),
        row(id="z", url="https://three.com/1", text=reworded(told, 1)),
        row(id="b", url="https://news.three.com/2"),
        row(id="other", url="https://one.com/2", text=story(2)),
    ]
    found = sift(rows, settings())
    kept = {article["article_id"]: article["syndication_count"] for article in found.articles.to_pylist()}
    assert kept == {"b": 3, "other": 1}
    assert found.record["rows"]["dropped"]["same_text"] == 2
    assert found.record["rows"]["dropped"]["near_duplicate"] == 1
    assert found.record["syndicated"] == 1


def test_two_texts_of_one_id_are_not_mixed_up() -> None:
    found = sift([row(date="2018-07-25"), row(text=story(2))], settings())
    assert only(found)["text"] == story(2)
    assert found.quarantine.to_pylist() == [{"article_id": "a", "reason": "same_id", "field": "id"}]
    twice = sift([row(), row()], settings())
    assert twice.record["rows"]["dropped"]["same_text"] == 1


def test_of_rows_that_differ_in_a_day_nobody_can_read_the_order_tells_nothing() -> None:
    rows = [row(date=""), row(date="2/27"), row(date="0001-01-01")]
    kept = {only(sift(rows[turn:] + rows[:turn], settings()))["published_reason"] for turn in range(3)}
    assert len(kept) == 1


def test_without_an_id_column_the_content_is_the_id() -> None:
    columns = {"path": "x.jsonl", "url": "url", "text": "text"}
    found = sift([row(), row(id="b"), row(text=story(2))], settings(articles=columns))
    assert found.record["rows"]["kept"] == 2
    assert found.record["published"]["empty"] == 2


@given(st.dates(*RANGE), st.times())
def test_a_day_is_read_as_written(day: date, time: Any) -> None:
    for cell in (day, day.isoformat(), f" {day} {time}", f"{day}T{time}Z", f"{day}T{time}-11:00"):
        assert published(cell, *RANGE) == (day, None)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (None, "empty"),
        (" ", "empty"),
        ("2/27", "broken"),
        ("8/11/18", "broken"),
        ("12/30/17", "broken"),
        ("2018", "broken"),
        ("2018-07", "broken"),
        ("20180724", "broken"),
        ("2018-02-30", "broken"),
        ("2018-07-24 at noon", "broken"),
        ("2018-07-24-25", "broken"),
        (20180724, "broken"),
        ("0001-01-01", "out_of_range"),
        ("2050-01-01", "out_of_range"),
        ("1989-12-31T23:00:00", "out_of_range"),
    ],
)
def test_no_day_is_guessed(cell: object, reason: str) -> None:
    assert published(cell, *RANGE) == (None, reason)


@given(st.text("0123456789-/:TZ ", max_size=20))
def test_what_is_no_iso_day_is_no_day(cell: str) -> None:
    day, _ = published(cell, *RANGE)
    assert day is None or cell.strip().startswith(day.isoformat())


def test_tables_have_their_columns_when_nothing_is_left() -> None:
    found = sift([], settings())
    assert found.articles.schema.field("published").type == pa.date32()
    assert found.quarantine.column_names == ["article_id", "reason", "field"]
