import hashlib
import re
from pathlib import Path

import polars as pl
import pytest

from modules.errors import UserError
from pipelines.config.migration import MigrationRun
from pipelines.migration.simulating import stage
from pipelines.migration.simulating.cities import largest_cities
from tests.pipelines.migration.simulating.conftest import DIRT, QUERIES, config, rows, written

SMALL = {"cities": 4, "queries": 20_000}


def hashes(run: Path) -> dict[str, str]:
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name[0] != "."
    }


def test_the_seed_decides_the_bytes(tmp_path, monkeypatch):
    first = hashes(written(tmp_path / "a", config(**SMALL), monkeypatch))
    assert hashes(written(tmp_path / "b", config(**SMALL), monkeypatch)) == first
    other = hashes(written(tmp_path / "c", config(seed=8, **SMALL), monkeypatch))
    assert other.keys() == first.keys()
    same = {name for name in first if other[name] == first[name]}
    assert same == {"raw/regions.csv"}


def test_a_log_is_text_by_month_with_a_gold_label_for_every_row(dirty):
    months = [f"{year}-{month:02d}" for year in (2021, 2022) for month in range(1, 13)]
    for part in ("raw", "gold"):
        assert sorted(path.stem for path in (dirty / part / "queries").iterdir()) == months
    columns = ["query_id", "user_hash", "ts", "origin", "text", "clicked_host"]
    log = pl.scan_parquet(dirty / "raw" / "queries" / "*.parquet")
    assert log.collect_schema() == dict.fromkeys(columns, pl.String())
    found = rows(dirty)
    assert found["query_id"].n_unique() == len(found) == pytest.approx(QUERIES, rel=0.02)
    assert found.select("kind", "held_back", "month").null_count().sum_horizontal().item() == 0
    assert set(found["kind"]) == {*DIRT, "job", "background"}


def test_regions_variables_and_flows_speak_of_the_same_cities(dirty):
    regions = pl.read_csv(dirty / "raw" / "regions.csv", schema_overrides={"region": pl.String})
    assert regions.columns == ["region", "name", "name_en", "lat", "lon", "population", "tier", "province"]
    assert regions["name"].to_list()[:3] == ["上海", "北京", "深圳"]
    assert set(regions["tier"]) == {"super", "very large"}
    variables = pl.read_parquet(dirty / "gold" / "variables.parquet")
    assert variables.columns == ["period", "region", "pull", "push", "stay", "reach"]
    assert len(variables) == 24 * 8
    flows = pl.read_parquet(dirty / "gold" / "flows.parquet")
    assert flows.columns == ["period", "origin", "destination", "people"]
    assert len(flows) == 24 * 8 * 8
    for codes in (flows["origin"], flows["destination"], variables["region"]):
        assert set(codes) == set(regions["region"])
    seekers = flows.group_by("period", "origin").agg(pl.col("people").sum())
    seekers = seekers.join(regions, left_on="origin", right_on="region")
    assert (seekers["people"] / seekers["population"]).is_between(0, 1).all()


def test_a_run_with_its_own_data_gets_empty_folders(tmp_path, monkeypatch):
    entry = config().model_dump(by_alias=True) | {"source": {"kind": "flows", "path": "flows.csv"}}
    run = written(tmp_path / "own", MigrationRun.model_validate(entry), monkeypatch)
    assert set(hashes(run)) == {"raw/empty.json", "gold/empty.json"}


def test_weeks_and_gaps_leave_only_observed_days(tmp_path, monkeypatch):
    gap = {"from": "2021-02-01", "to": "2021-03-22"}
    period = {"unit": "week", "from": "2021-01-04", "to": "2021-06-28", "gaps": [gap]}
    run = written(tmp_path / "weeks", config(period=period, dirt={"scale": 0.0}, **SMALL), monkeypatch)
    days = rows(run)["ts"].str.slice(0, 10)
    assert days.min() == "2021-01-04"
    assert days.max() == "2021-07-04"
    assert not days.is_between(pl.lit("2021-02-01"), pl.lit("2021-03-28")).any()


def test_a_killed_stage_leaves_nothing_and_keeps_what_was_there(tmp_path, monkeypatch):
    run = written(tmp_path / "a", config(**SMALL), monkeypatch)
    before = hashes(run)

    def torn(_self):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(stage.Log, "__iter__", torn)
    with pytest.raises(KeyboardInterrupt):
        stage.run("made", config(seed=8, **SMALL))
    assert hashes(run) == before
    assert {path.name for path in run.iterdir() if not path.name.endswith(".lock")} == {"raw", "gold"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"cities": 359}, "source.cities"),
        ({"queries": 2e8}, "source.queries"),
        ({"held_back": 1.5}, "source.held_back"),
        ({"dirt": {"bots": 0.1}}, "source.dirt.bots: no such key"),
        ({"dirt": {"bot": 0.2}}, "source.dirt.bot"),
        ({"dirt": {"scale": 5.0}}, "source.dirt: the shares times scale add up to 0.585, at most 0.4"),
        ({"volume": 1e6}, "source.volume: no such key"),
    ],
)
def test_a_wrong_key_is_named(source, said):
    with pytest.raises(UserError, match=re.escape(said)):
        config(**source)


def test_more_queries_than_the_people_would_type_are_refused(tmp_path, monkeypatch):
    day = {"unit": "day", "from": "2021-01-01", "to": "2021-01-20"}
    with pytest.raises(UserError, match=r"source\.queries: the people of 3 cities type"):
        written(tmp_path / "a", config(period=day, cities=3, queries=1e8), monkeypatch)
    assert not (tmp_path / "a" / "runs" / "made" / "raw").exists()


def test_358_cities_have_a_place_people_and_two_names():
    cities = largest_cities(358)
    table = pl.DataFrame([vars(city) for city in cities])
    assert table["adcode"].n_unique() == table["name"].n_unique() == 358
    assert table["population"].is_sorted(descending=True)
    assert table["population"].is_between(15_000, 26_000_000).all()
    assert table["lat"].is_between(7, 54).all()
    assert table["lon"].is_between(73, 136).all()
    assert table["name_en"].str.contains("^[A-Z][A-Za-z' ]+$").all()
    assert table["name"].str.contains("^[一-龥]{2,4}$").all()
    largest = table.head(24)
    known = {"上海", "北京", "广州", "成都", "重庆", "天津", "武汉", "西安", "苏州"}
    assert known <= set(largest["name"])
    assert (largest["population"] > 4_000_000).all()
    by_name = dict(zip(table["name"], table["name_en"], strict=True))
    assert (by_name["延边"], by_name["西双版纳"], by_name["苏州"]) == ("Yanbian", "Xishuangbanna", "Suzhou")


def test_more_cities_than_there_are_is_refused():
    with pytest.raises(UserError, match=r"source\.cities: 999 asked for, 367 known"):
        largest_cities(999)
