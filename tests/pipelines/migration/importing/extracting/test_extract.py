import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.migration.importing.extracting.accounts import FATES
from tests.pipelines.migration.importing.extracting.logs import (
    BEIJING,
    COLUMNS,
    MARCH,
    SHANGHAI,
    SHENZHEN,
    SUZHOU,
    TEXTS,
    Row,
    digests,
    entry,
    extracted,
    fates,
    flows,
    rows,
)


def test_people_are_counted_not_searches() -> None:
    log = rows(
        ("ann", BEIJING, "上海 招聘"),
        ("ann", BEIJING, "上海找工作"),
        ("bob", BEIJING, "上海 招聘"),
        ("ann", BEIJING, "深圳 招聘"),
    )
    tables = extracted(entry(), log)
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 2.0, (MARCH, BEIJING, SHENZHEN): 1.0}
    assert tables["flows"].select("n_users", "n_queries").rows() == [(2, 3), (1, 1)]
    assert fates(tables) == {"read": 4, "kept": 3, "repeat": 1}


def test_the_same_wish_in_another_month_counts_again() -> None:
    log = [*rows(("ann", BEIJING, "上海 招聘")), *rows(("ann", BEIJING, "上海 招聘"), month="2021-04")]
    assert flows(extracted(entry(), log)) == {
        (MARCH, BEIJING, SHANGHAI): 1.0,
        ("2021-04", BEIJING, SHANGHAI): 1.0,
    }


def test_several_destinations_share_one_person_and_a_plain_wish_wins() -> None:
    log = rows(
        ("ann", BEIJING, "上海 深圳 招聘"), ("bob", BEIJING, "上海 深圳 招聘"), ("bob", BEIJING, "上海 招聘")
    )
    tables = extracted(entry(), log)
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 1.5, (MARCH, BEIJING, SHENZHEN): 1.0}
    assert fates(tables) == {"read": 3, "kept": 3}
    queries = tables["queries"].filter(pl.col("period") == MARCH)
    assert queries["people"].item() == 2.5


def test_a_traveller_counts_where_most_searches_were_made() -> None:
    log = rows(*[("ann", SHANGHAI, "深圳 招聘")] * 2, ("ann", BEIJING, "深圳 招聘"))
    tables = extracted(entry(), log)
    assert flows(tables) == {(MARCH, SHANGHAI, SHENZHEN): 1.0}
    assert tables["flows"]["n_queries"].to_list() == [2]
    assert tables["search"].select("region", "named").rows() == [(BEIJING, 1), (SHANGHAI, 2)]


def test_a_travellers_searches_count_where_they_were_made() -> None:
    log = rows(("ann", BEIJING, "上海 招聘"), ("ann", SUZHOU, "上海 深圳 招聘"))
    tables = extracted(entry(), log)
    assert tables["flows"].select("origin", "destination", "n_users", "n_queries").rows() == [
        (BEIJING, SHANGHAI, 1, 1), (SUZHOU, SHENZHEN, 1, 1),
    ]  # fmt: skip
    assert tables["search"].select("region", "named").rows() == [(BEIJING, 1), (SUZHOU, 2)]
    assert tables["queries"]["cells"].sum() == 2


def test_an_origin_may_be_a_district() -> None:
    assert flows(extracted(entry(), rows(("ann", "320583", "上海 招聘")))) == {(MARCH, SUZHOU, SHANGHAI): 1.0}


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        (("ann", None, "上海 招聘"), "unknown_origin"),
        (("ann", "999999", "上海 招聘"), "unknown_origin"),
        (("ann", BEIJING, "招聘信息发布 上海"), "blocked"),
        (("ann", BEIJING, "智联招聘官网"), "navigational"),
        (("ann", BEIJING, "上海 天气"), "no_job_intent"),
        (("ann", BEIJING, "会计 招聘"), "no_place"),
        (("ann", BEIJING, "江苏 招聘"), "province_only"),
        (("ann", SHENZHEN, "朝阳 招聘"), "ambiguous_place"),
        (("ann", BEIJING, "杭州 招聘"), "not_kept_region"),
        (("ann", "330100", "上海 招聘"), "not_kept_region"),
    ],
)
def test_a_row_is_dropped_by_a_named_rule(query: tuple[str, str | None, str], rule: str) -> None:
    tables = extracted(entry(), rows(query, ("zoe", BEIJING, "上海 招聘")))
    assert fates(tables) == {"read": 2, "kept": 1, rule: 1}


@pytest.mark.parametrize(
    ("column", "value", "reason", "shown"),
    [
        ("query_id", None, "no_query_id", None),
        ("ts", "soon", "bad_time", "soon"),
        ("ts", "2021-02-30T00:00:00Z", "bad_time", "2021-02-30T00:00:00Z"),
        ("ts", None, "bad_time", None),
        ("ts", "1970-01-01T00:00:00Z", "time_out_of_range", "1970-01-01T00:00:00Z"),
        ("user_hash", " ", "no_user", None),
        ("user_hash", "NULL", "no_user", None),
        ("user_hash", "406162.0", "bad_user", None),
        ("origin", "北京", "bad_origin", "北京"),
        ("origin", "110000.0", "bad_origin", "110000.0"),
        ("origin", "1234567", "bad_origin", "1234567"),
        ("origin", "999999999", "bad_origin", "999999999"),
        ("origin", "99999999999", "bad_origin", "99999999999"),
        ("origin", "+11000", "bad_origin", "+11000"),
        ("text", "", "no_text", None),
        ("text", "1e5", None, None),
        ("text", "1024", "no_text", None),
        ("text", "\ufffd\ufffd \u057f", "garbled_text", None),
    ],
)
def test_what_cannot_be_read_is_in_quarantine_with_its_reason(
    column: str, value: str | None, reason: str | None, shown: str | None
) -> None:
    bad = dict(zip(COLUMNS, rows(("ann", BEIJING, "上海 招聘"))[0], strict=True)) | {column: value}
    sound = rows(("zoe", BEIJING, "上海 招聘"), ("zoe", BEIJING, "深圳 招聘"))[1:]
    tables = extracted(entry(), [tuple(bad.values()), *sound])
    expected = [] if reason is None else [(bad["query_id"], reason, shown)]
    assert tables["quarantine"].rows() == expected
    assert fates(tables) == {"read": 2, "kept": 1, reason or "no_job_intent": 1}


def test_of_two_rows_with_one_id_the_same_one_stays_in_any_order() -> None:
    first, second = rows(("ann", BEIJING, "上海 招聘"), ("bob", BEIJING, "深圳 招聘"))
    twins = [first, (first[0], *second[1:])]
    for log in (twins, twins[::-1]):
        tables = extracted(entry(), log)
        assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 1.0}
        assert tables["quarantine"].rows() == [(first[0], "duplicate_id", first[0])]


def test_a_machine_is_left_out_with_all_its_rows_and_is_no_search_user() -> None:
    log = rows(*[("bot", BEIJING, f"上海 招聘 {at}") for at in range(6)], ("ann", BEIJING, "上海 招聘"))
    tables = extracted(entry(extract={"max_queries_a_user": 5}), log)
    assert fates(tables) == {"read": 7, "kept": 1, "bot": 6}
    assert tables["search"].select("region", "users", "rows", "job_queries").rows() == [(BEIJING, 1, 1, 1)]


def test_search_users_are_counted_whatever_they_search() -> None:
    log = rows(
        ("ann", BEIJING, "天气"),
        ("ann", BEIJING, "会计 招聘"),
        ("bob", BEIJING, "新闻"),
        ("cat", SHANGHAI, "x 招聘"),
    )
    search = extracted(entry(), log)["search"]
    assert search.rows() == [(MARCH, BEIJING, 2, 3, 1, 0), (MARCH, SHANGHAI, 1, 1, 1, 0)]


def test_rare_cells_are_suppressed_and_what_they_hold_is_counted() -> None:
    log = rows(
        *[(f"u{at}", BEIJING, "上海 招聘") for at in range(3)],
        ("ann", BEIJING, "深圳 招聘"),
        ("bob", BEIJING, "深圳 苏州 招聘"),
    )
    tables = extracted(entry(extract={"k_anonymity": 3}), log)
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 3.0}
    record = json.loads(Path("runs/try/extracted/import.json").read_text(encoding="utf-8"))
    assert record["privacy"] == {
        "k_anonymity": 3,
        "cells": 3,
        "suppressed_cells": 2,
        "people": 5.0,
        "suppressed_people": 2.0,
        "suppressed_share": 0.4,
    }


def test_each_origin_stands_for_its_people_clipped_by_the_periods_before_the_test() -> None:
    # Inhabitants a search user before the test (2021-07, 2021-08): Beijing 20e6 / 2, Shanghai 24e6 / 1.
    early = rows(("ann", BEIJING, "深圳 招聘"), ("bob", BEIJING, "天气"), ("cat", SHANGHAI, "深圳 招聘"))
    late = rows(("dan", SHENZHEN, "上海 招聘"), ("eve", SHANGHAI, "深圳 招聘"), month="2021-07")
    config = entry(extract={"normalise": "population", "min_search_users": 1})
    low, high = 10e6 + 0.05 * 14e6, 10e6 + 0.95 * 14e6
    assert flows(extracted(config, [*early, *late])) == {
        (MARCH, BEIJING, SHENZHEN): pytest.approx(low),
        (MARCH, SHANGHAI, SHENZHEN): pytest.approx(high),
        ("2021-07", SHANGHAI, SHENZHEN): pytest.approx(high),
        ("2021-07", SHENZHEN, SHANGHAI): pytest.approx(12e6),
    }
    few = entry(extract={"normalise": "population", "min_search_users": 4})
    floored = flows(extracted(few))
    assert floored[MARCH, BEIJING, SHENZHEN] == pytest.approx(5e6 + 0.05 * 1e6)


def test_without_a_place_one_stays_only_if_configured() -> None:
    log = rows(("ann", BEIJING, "会计 招聘"), ("bob", None, "会计 招聘"))
    assert not flows(extracted(entry(), [*log, *rows(("cat", BEIJING, "上海 招聘"), month="2021-04")])).get(
        (MARCH, BEIJING, BEIJING)
    )
    stay = extracted(entry(extract={"stay_without_place": True}))
    assert flows(stay)[MARCH, BEIJING, BEIJING] == 1.0
    assert fates(stay)["unknown_origin"] == 1


def test_gaps_spans_merging_and_the_diagonal() -> None:
    log = [
        *rows(("ann", BEIJING, "上海 招聘"), ("ann", BEIJING, "北京 招聘"), ("ann", BEIJING, "苏州 招聘")),
        *rows(("ann", BEIJING, "上海 招聘"), month="2021-05"),
        *rows(("ann", BEIJING, "上海 招聘"), month="2019-12"),
    ]
    config = entry(
        period={"gaps": [{"from": "2021-05", "to": "2021-05"}]},
        regions={"merge": {SUZHOU: SHANGHAI}},
        cells={"diagonal": False},
    )
    tables = extracted(config, log)
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 1.0}
    assert fates(tables) == {
        "read": 5,
        "kept": 1,
        "repeat": 1,
        "diagonal": 1,
        "in_gap": 1,
        "outside_period": 1,
    }


def test_a_merged_regions_people_are_the_targets_and_it_is_no_region() -> None:
    log = rows(("ann", SHANGHAI, "深圳 招聘"), ("bob", SUZHOU, "深圳 招聘"), ("cat", BEIJING, "苏州 招聘"))
    config = entry(
        extract={"normalise": "population", "min_search_users": 1}, regions={"merge": {SUZHOU: SHANGHAI}}
    )
    tables = extracted(config, log)
    # Of the 24 + 10 million inhabitants two searched, of Beijing's 20 million one: 17 to 20 a user.
    assert flows(tables) == {
        (MARCH, SHANGHAI, SHENZHEN): pytest.approx(2 * (17e6 + 0.05 * 3e6)),
        (MARCH, BEIJING, SHANGHAI): pytest.approx(17e6 + 0.95 * 3e6),
    }
    assert tables["regions"].select("region", "population").rows() == [
        (BEIJING, 20e6), (SHANGHAI, 34e6), (SHENZHEN, 12e6),
    ]  # fmt: skip
    record = json.loads(Path("runs/try/extracted/import.json").read_text(encoding="utf-8"))
    assert record["regions"] == {"kept": 3, "merged": 1, "not_kept": 0, "listed_without_flows": 0}


def test_the_busiest_regions_before_the_test_are_kept() -> None:
    log = [
        *rows(*[(f"u{at}", BEIJING, "上海 招聘") for at in range(3)], ("ann", BEIJING, "深圳 招聘")),
        *rows(*[(f"u{at}", BEIJING, "苏州 招聘") for at in range(9)], month="2021-08"),
    ]
    tables = extracted(entry(regions={"keep": "2 busiest"}), log)
    assert tables["regions"]["region"].to_list() == [BEIJING, SHANGHAI]
    assert fates(tables) == {"read": 13, "kept": 3, "not_kept_region": 10}


@pytest.mark.parametrize(
    ("unit", "first", "last", "labels"),
    [
        ("day", "2021-03-20", "2021-04-10", ["2021-03-31", "2021-04-01"]),
        ("week", "2021-01-04", "2021-04-26", ["2021-03-29"]),
        ("quarter", "2020Q1", "2021Q4", ["2021Q1", "2021Q2"]),
    ],
)
def test_a_period_may_be_shorter_or_longer_than_a_month(
    unit: str, first: str, last: str, labels: list[str]
) -> None:
    log: list[Row] = [
        ("1", "ann", "2021-03-31T23:59:59Z", BEIJING, "上海 招聘"),
        ("2", "ann", "2021-04-01T00:00:00Z", BEIJING, "上海 招聘"),
    ]
    tables = extracted(entry(period={"unit": unit, "from": first, "to": last}), log)
    assert sorted(period for period, _, _ in flows(tables)) == labels
    assert fates(tables)["read"] == 2


QUERY = st.tuples(
    st.one_of(st.none(), st.sampled_from([f"q{at}" for at in range(30)])),
    st.one_of(st.none(), st.sampled_from(["ann", "bob", "cat", " "])),
    st.sampled_from(
        [
            *("2021-03-01T00:00:00Z", "2021-03-31 23:59:59", "2021-04-01T00:00:00+08:00"),
            *("2020-01-01", "1970-01-01", "x", None),
        ]
    ),
    st.sampled_from([BEIJING, SHANGHAI, "330100", "320583", "000000", "beijing", None]),
    st.sampled_from(TEXTS),
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=st.lists(QUERY, min_size=1, max_size=40), shuffle=st.randoms(use_true_random=False))
def test_every_row_has_one_fate_and_the_order_of_rows_decides_nothing(
    log: list[Row], shuffle: random.Random
) -> None:
    config = entry(extract={"max_queries_a_user": 8, "k_anonymity": 2})
    tables = extracted(config, log)
    queries = tables["queries"]
    named = queries.select(FATES)
    assert queries["read"].sum() == len(log)
    assert named.sum_horizontal().to_list() == queries["read"].to_list()
    assert tables["quarantine"].height == sum(
        fates(tables).get(reason, 0) for reason in set(tables["quarantine"]["reason"])
    )
    counted = tables["flows"]
    assert (counted["n_users"] >= 2).all()
    assert (counted["n_users"] <= counted["n_queries"]).all()
    assert counted["count"].sum() == pytest.approx(
        queries["people"].sum() - queries["suppressed_people"].sum()
    )
    before = digests()
    extracted(config, shuffle.sample(log, len(log)))
    assert digests() == before


MEANT = {
    "上海 招聘": (SHANGHAI,),
    "深圳找工作": (SHENZHEN,),
    "上海 深圳 招聘": (SHANGHAI, SHENZHEN),
    "天气": (),
}
SEARCH = st.tuples(
    st.sampled_from(["2021-03", "2021-04"]),
    st.sampled_from(["ann", "bob", "cat", "dan"]),
    st.sampled_from([BEIJING, SUZHOU, SHANGHAI]),
    st.sampled_from(sorted(MEANT)),
)
Search = tuple[str, str, str, str]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(searches=st.lists(SEARCH, min_size=1, max_size=60))
def test_people_are_counted_as_by_hand(searches: list[Search]) -> None:
    log = [
        (str(at), who, f"{month}-01", origin, text) for at, (month, who, origin, text) in enumerate(searches)
    ]
    tables = extracted(entry(extract={"max_queries_a_user": 12}), log)
    assert flows(tables) == pytest.approx(by_hand(searches, most=12))
    sent = tables["flows"].group_by("period", region="origin").agg(sent=pl.col("n_queries").sum())
    assert (
        tables["search"]
        .join(sent, on=("period", "region"))
        .filter(pl.col("sent") > pl.col("named"))
        .is_empty()
    )


def by_hand(searches: list[Search], most: int) -> dict[tuple[str, str, str], float]:
    seen = Counter((month, who) for month, who, _, _ in searches)
    wishes: dict[tuple[str, str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    for month, who, origin, text in searches:
        if MEANT[text] and seen[month, who] <= most:
            wishes[month, who, MEANT[text]][origin] += 1
    shares: dict[tuple[str, str, str], list[tuple[float, int, str]]] = defaultdict(list)
    for (month, who, places), origins in wishes.items():
        origin = min(origins, key=lambda each: (-origins[each], each))
        for place in places:
            shares[month, who, place].append((-1 / len(places), -origins.total(), origin))
    counted: dict[tuple[str, str, str], float] = defaultdict(float)
    for (month, _, place), found in shares.items():
        share, _, origin = min(found)
        counted[month, origin, place] -= share
    return counted
