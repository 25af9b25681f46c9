import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modules.errors import UserError
from modules.migration.period import Calendar
from pipelines.config import RunConfig, parse_run
from pipelines.migration.importing import ingest
from pipelines.migration.importing.cities import largest_cities
from pipelines.migration.importing.simulate import plant, simulate
from pipelines.migration.importing.sphere import kilometres

SPANS = {
    "day": ("2020-01-01", "2020-03-01"),
    "week": ("2020-01-06", "2020-12-28"),
    "month": ("2019-01", "2022-12"),
    "quarter": ("1997Q1", "2006Q4"),
    "year": ("1980", "2019"),
}


def _config(unit: str = "month", seed: int = 7, cities: int = 8) -> RunConfig:
    first, last = SPANS[unit]
    entry = {
        "track": "migration",
        "data": "params/no-input",
        "seed": seed,
        "source": {"kind": "simulate", "cities": cities, "volume": 50_000.0},
        "period": {"unit": unit, "from": first, "to": last},
        "regions": {"path": "regions.csv", "id": "region", "name": "name", "lat": "lat", "lon": "lon"},
        "cells": {"absent": "zero"},
        "windows": {"length": 4, "horizon": 2, "validation": 4, "test": 4},
    }
    return parse_run(entry, "entry")


def _written(folder: Path, config: RunConfig) -> list[str]:
    simulate(config.source, config, folder)
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("flows.csv", "regions.csv")]


def test_the_seed_decides_the_bytes(tmp_path):
    first = _written(tmp_path, _config())
    assert _written(tmp_path, _config()) == first
    flows, regions = _written(tmp_path, _config(seed=8))
    assert flows != first[0]
    assert regions == first[1]


@pytest.mark.parametrize("unit", sorted(SPANS))
def test_every_unit_is_simulated_and_imported(unit):
    imported = ingest.read(_config(unit))
    record = imported.record
    assert record["regions"]["kept"] == 8
    assert record["distances"] == "coordinates"
    assert record["total"] / record["periods"]["observed"] == pytest.approx(50_000, rel=0.05)
    assert imported.flows.to_pandas()["count"].min() >= 1


def test_moves_peak_in_march_and_most_stay():
    flows = ingest.read(_config()).flows.to_pandas()
    by_month = flows.groupby(flows["period"].str[5:])["count"].sum()
    assert by_month.idxmax() == "03"
    assert by_month["03"] > 1.3 * by_month["09"]
    stay = flows[flows["origin"] == flows["destination"]]["count"].sum() / flows["count"].sum()
    assert 0.5 < stay < 0.7


def test_a_declared_gap_has_no_moves():
    entry = _config().model_dump(by_alias=True)
    entry["period"]["gaps"] = [{"from": "2020-05", "to": "2020-06"}]
    record = ingest.read(parse_run(entry, "entry")).record
    assert record["periods"]["in_gaps"] == 2


def test_the_planted_law_is_what_the_rates_follow():
    cities = largest_cities(10)
    calendar = Calendar("month")
    truth = plant(cities, np.arange(24), calendar, 1e5, np.random.default_rng(0))
    assert truth.rate.sum(axis=(1, 2)).mean() == pytest.approx(1e5)
    share = np.diagonal(truth.rate, axis1=1, axis2=2) / truth.rate.sum(axis=2)
    np.testing.assert_allclose(np.log(share / (1 - share)), truth.stay)
    km = kilometres(np.array([city.lat for city in cities]), np.array([city.lon for city in cities]))
    step = np.log(truth.rate[1] / truth.rate[0])  # constants and corridor effects cancel
    push, pull, reach = (np.diff(part[:2], axis=0)[0] for part in (truth.push, truth.pull, truth.reach))
    law = push[:, None] + pull[None, :] + reach[:, None] * np.log(np.maximum(km, 1) / 100)
    off = ~np.eye(10, dtype=bool)
    np.testing.assert_allclose(step[off], law[off], atol=1e-9)


def test_cities_are_municipalities_and_prefectures_by_population():
    cities = largest_cities(24)
    table = pd.DataFrame([vars(city) for city in cities])
    assert table["population"].is_monotonic_decreasing
    assert cities[0].name == "Shanghai"
    assert cities[0].adcode == "310000"
    assert {"Beijing", "Chongqing", "Tianjin", "Xi'an"} <= set(table["name"])
    assert not {"Pudong", "Bao'an", "Wuzhong"} & set(table["name"])
    assert table["adcode"].str.fullmatch(r"\d{4}00").all()
    assert table["name"].str.fullmatch(r"[A-Za-z' ]+").all()


def test_more_cities_than_there_are_is_refused():
    with pytest.raises(UserError, match=r"source\.cities: 999 asked for"):
        largest_cities(999)
