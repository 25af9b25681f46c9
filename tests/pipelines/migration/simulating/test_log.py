import inspect

import numpy as np
import polars as pl
import pytest

from pipelines.migration.simulating.cities import largest_cities
from pipelines.migration.simulating.log import Log
from pipelines.migration.simulating.months import months_of
from pipelines.migration.simulating.planted import plant
from pipelines.migration.simulating.sample import sample
from pipelines.sphere import kilometres
from tests.pipelines.migration.simulating.conftest import DIRT, config, rows

HASH = r"^[0-9a-f]{16}$"
TIME = "%Y-%m-%dT%H:%M:%SZ"


def of(run, *kinds):
    return rows(run).filter(pl.col("kind").is_in(kinds))


@pytest.mark.parametrize("kind", sorted(DIRT))
def test_each_class_of_dirt_has_its_share(dirty, kind):
    found = rows(dirty)
    number = (found["kind"] == kind).sum()
    expected = DIRT[kind] * len(found)
    spread = 200 if kind == "bot" else 5 * np.sqrt(expected)  # a bot comes in bursts of 200
    assert number == pytest.approx(expected, abs=spread)


def test_a_clean_log_has_no_dirt(clean):
    found = rows(clean)
    assert set(found["kind"]) == {"job", "background"}
    assert found["user_hash"].str.contains(HASH).all()
    assert found["ts"].str.to_datetime(TIME, strict=False).is_not_null().all()
    assert (found["ts"].str.slice(0, 7) == found["month"]).all()
    regions = pl.read_csv(clean / "raw" / "regions.csv", schema_overrides={"region": pl.String})
    assert found["origin"].is_in(regions["region"].implode()).all()
    assert found["text"].str.len_chars().min() > 0
    assert not found["text"].str.contains("�").any()
    assert found["ts"].is_sorted()


def test_the_spoilt_rows_are_spoilt_and_no_others(dirty):
    regions = pl.read_csv(dirty / "raw" / "regions.csv", schema_overrides={"region": pl.String})
    known = pl.col("origin").is_in(regions["region"].implode()).fill_null(value=False)
    sound = (
        pl.col("user_hash").str.contains(HASH).fill_null(value=False)
        & pl.col("ts").str.to_datetime(TIME, strict=False).is_not_null()
        & (pl.col("text").str.strip_chars().str.len_chars() > 0).fill_null(value=False)
        & ~pl.col("text").str.contains(r"�|^[\d.e-]+$").fill_null(value=False)
    )
    timely = pl.col("ts").str.slice(0, 7) == pl.col("month")
    by_kind = rows(dirty).select("kind", "destination", sound=sound, known=known, timely=timely)
    spoilers = ["malformed", "wrong_type", "out_of_range", "unknown_origin"]
    whole = by_kind.filter(~pl.col("kind").is_in(spoilers))
    assert whole.select("sound", "known", "timely").to_numpy().all()
    unknown = by_kind.filter(kind="unknown_origin")
    assert not unknown["known"].any()
    assert unknown["sound"].all()
    assert unknown["destination"].is_not_null().all()
    late = by_kind.filter(kind="out_of_range")
    assert late["sound"].all()
    assert not late["timely"].any()
    for kind in ("malformed", "wrong_type"):
        spoilt = by_kind.filter(kind=kind)
        assert not (spoilt["sound"] & spoilt["known"]).any()
        assert spoilt["destination"].is_null().all()


def test_a_repeat_is_the_same_user_and_text_of_the_month_again(dirty):
    key = ["month", "user_hash", "text", "destination"]
    found = rows(dirty)
    again, first = found.filter(kind="repeat"), found.filter(kind="job")
    assert again.join(first, on=key, how="semi").height == again.height


def test_a_bot_searches_for_many_places_within_minutes(dirty):
    time = pl.col("ts").str.to_datetime(TIME)
    length = (time.max() - time.min()).dt.total_seconds()
    bots = of(dirty, "bot").group_by("user_hash")
    bursts = bots.agg(pl.len(), seconds=length, texts=pl.col("text").n_unique())
    assert (bursts["len"] == 200).all()
    assert bursts["seconds"].max() < 20 * 60
    assert bursts["texts"].min() > 100
    assert of(dirty, "bot").join(of(dirty, "job", "background"), on=["month", "user_hash"]).is_empty()


def test_an_unsure_place_is_labelled_by_what_is_written_or_by_where_the_searcher_is(dirty):
    found = of(dirty, "ambiguous").filter(~pl.col("held_back"))
    bare = found.filter(pl.col("text").str.contains("^和平"))
    assert set(bare.filter(origin="120000")["destination"]) == {"120000"}  # a district of Tianjin
    assert bare.filter(pl.col("origin") != "120000")["destination"].is_null().all()
    settled = found.filter(pl.col("text").str.starts_with("北京朝阳"))
    assert settled.height > 0
    assert set(settled["destination"]) == {"110000"}


def test_words_of_the_held_back_inventory_are_in_its_rows_only(dirty):
    found = of(dirty, "job", "background", "no_place", "employer", "navigational", "ambiguous")
    assert found["held_back"].mean() == pytest.approx(0.2, abs=0.01)
    assert set(found.filter(pl.col("text").str.contains("流水线|诚聘"))["held_back"]) == {True}
    assert set(found.filter(pl.col("text").str.contains("普工|文员"))["held_back"]) == {False}


def test_the_log_reads_as_people_write(dirty):
    jobs = of(dirty, "job").filter(~pl.col("held_back"))
    shenzhen = jobs.filter(destination="440300")["text"].str.to_lowercase()
    for form in ("深圳", "深圳市", "广东深圳", "鹏城", "sz", "龙岗", "shenzhen", "深训", "jobs in shenzhen"):
        assert shenzhen.str.contains(form, literal=True).any(), form
    assert 0.03 < jobs["text"].n_unique() / jobs.height < 0.5


def test_job_users_reproduce_the_planted_flows_once_corrected_for_who_searches(dirty):
    regions = pl.read_csv(dirty / "raw" / "regions.csv", schema_overrides={"region": pl.String})
    sound = of(dirty, "job", "background", "employer", "navigational", "no_place", "ambiguous")
    people = pl.col("user_hash").n_unique()
    seekers = of(dirty, "job").group_by("month", "origin", "destination").agg(n=people)
    users = sound.group_by("month", "origin").agg(users=people)
    true = pl.read_parquet(dirty / "gold" / "flows.parquet").rename({"period": "month"})
    table = (
        true.join(seekers, on=["month", "origin", "destination"], how="left")
        .join(users, on=["month", "origin"])
        .join(regions, left_on="origin", right_on="region")
        .with_columns(corrected=pl.col("n").fill_null(0) * pl.col("population") / pl.col("users"))
    )

    def shared(name: str) -> float:
        share, truth = (table[column] / table[column].sum() for column in (name, "people"))
        return float(np.minimum(share, truth).sum())  # common part of commuters of two distributions

    assert shared("corrected") > 0.93
    assert shared("corrected") > shared("n") + 0.02, "penetration differs between cities"
    whole = table.group_by("origin", "destination").agg(pl.col("corrected", "people").sum())
    assert whole.select(pl.corr(pl.col("corrected").log1p(), pl.col("people").log1p())).item() > 0.99


def test_intentions_peak_in_march_and_most_stay(dirty):
    jobs = of(dirty, "job")
    by_month = dict(jobs.group_by(pl.col("month").str.slice(5)).len().iter_rows())
    assert max(by_month, key=by_month.__getitem__) == "03"
    assert 0.1 < by_month["03"] / jobs.height < 0.15
    assert 0.5 < (jobs["origin"] == jobs["destination"]).mean() < 0.7


def test_a_user_looks_for_work_in_one_city_a_month_and_comes_back_in_others(dirty):
    jobs = of(dirty, "job")
    cities = jobs.group_by("month", "user_hash").agg(
        pl.col("destination", "origin").n_unique(), rows=pl.len()
    )
    assert cities.select("destination", "origin").max().row(0) == (1, 1)
    assert cities["rows"].max() == 4
    assert jobs.group_by("user_hash").agg(pl.col("month").n_unique())["month"].max() > 2
    assert jobs.group_by("user_hash").agg(pl.col("origin").n_unique())["origin"].max() == 1


def test_the_planted_law_is_what_the_flows_follow():
    cities = largest_cities(10)
    truth = plant(cities, np.arange(24) % 12, np.random.default_rng(0))
    share = np.diagonal(truth.people, axis1=1, axis2=2) / truth.people.sum(axis=2)
    np.testing.assert_allclose(np.log(share / (1 - share)), truth.stay)
    step = np.diff(np.log(truth.people[:2]), axis=0)[0]  # constants, corridor and balance cancel
    push, pull, reach = (np.diff(part[:2], axis=0)[0] for part in (truth.push, truth.pull, truth.reach))
    rest = step - push[:, None] - pull[None, :]
    off = ~np.eye(10, dtype=bool)
    km = kilometres(np.array([city.lat for city in cities]), np.array([city.lon for city in cities]))
    np.testing.assert_allclose(rest[off], (reach[:, None] * np.log(np.maximum(km, 1) / 100))[off], atol=1e-9)
    assert truth.penetration.min() > 0
    assert truth.penetration.max() < 1


def test_months_are_drawn_one_at_a_time_and_each_by_itself():
    run = config(cities=3, queries=20_000)
    cities, months = largest_cities(3), months_of(run.migration.period)
    planted = plant(cities, np.array([month.month - 1 for month in months]), np.random.default_rng(0))
    log = Log(run.source, cities, months, sample(planted, cities, months, run.source), run.seed)
    drawing = iter(log)
    assert inspect.isgenerator(drawing)
    first = next(drawing)
    assert first.month.label == "2021-01"
    assert first.queries.num_rows == first.gold.num_rows == pytest.approx(20_000 / 24, rel=0.5)
    assert next(iter(log)).queries.equals(first.queries)
