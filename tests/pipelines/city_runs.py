"""A small built run, as the report stage finds it: flows, cities, packaged model and the records."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from modules.artefact import seal
from modules.migration.forecasting import forecast, truth
from modules.migration.intervals import ConformalIntervals
from modules.migration.predictor import MigrationPredictor
from modules.migration.track import MODELS
from modules.period import Calendar
from pipelines.config.migration import MigrationRun
from pipelines.files import write_json, write_parquet
from pipelines.migration.fitting.data import open_data
from pipelines.paths import RunPaths
from pipelines.sphere import kilometres
from tests.pipelines import evaluations
from tests.pipelines.entries import migration_run

RUN = "cities"
CITIES = [
    ("110000", "北京", "Beijing", 39.9, 116.4, 21.9e6, "super", "北京市"),
    ("310000", "上海", "Shanghai", 31.2, 121.5, 24.9e6, "super", "上海市"),
    ("420100", "武汉", "Wuhan", 30.6, 114.3, 12.3e6, "super", "湖北省"),
    ("320500", "苏州", "Suzhou", 31.3, 120.6, 12.7e6, "very large", "江苏省"),
    ("210200", "大连", "Dalian", 38.9, 121.6, 7.4e6, "very large", "辽宁省"),
    ("620100", "兰州", "Lanzhou", 36.1, 103.8, 4.4e6, "large", "甘肃省"),
]
COLUMNS = ("region", "name", "name_en", "lat", "lon", "population", "tier", "province")
PERIODS = [Calendar("month").label(step) for step in range(2022 * 12, 2022 * 12 + 30)]
CHOSEN = {
    "alpha": 1e-2, "anchor": "last", "size_weight": 0.5, "beta": 0.1, "half_life": 0.0,
    "sides": "opposite", "shrinkage": 8.0, "season_shrinkage": 0.0, "lag_shrinkage": 0.0, "loss_weight": 0.5,
    "hidden": 4, "dropout": 0.0,
}  # fmt: skip


def config(**sections: Any) -> MigrationRun:
    entry = {
        "track": "migration",
        "data": "data",
        "source": {"kind": "simulate", "cities": 6, "queries": 1e5},
        "period": {"unit": "month", "from": PERIODS[0], "to": PERIODS[-1]},
        "cells": {"absent": "zero", "zero": True, "diagonal": True},
        "windows": {"length": 6, "horizon": 2, "validation": 3, "test": 6},
    }
    return migration_run(entry | sections)


FLOWS = {"source": {"kind": "flows", "path": "flows.csv"}}


def counts() -> np.ndarray:
    """Moves, T x N x N: a size, a season and chance; Beijing gains, Lanzhou loses."""
    draw = np.random.default_rng(3)
    pull, push = np.array([5.0, 4.9, 4.0, 3.6, 3.0, 2.0]), np.array([1.6, 1.9, 1.6, 1.8, 1.5, 1.6])
    season = 0.3 * np.cos(2 * np.pi * (np.arange(len(PERIODS)) - 2) / 12)
    rate = np.exp(push[:, None] + pull - 1.5 + season[:, None, None])
    return draw.poisson(rate).astype(np.float64)


def write_run(
    *, model: str = "dhg_sil", users: bool = True, known: tuple[str, ...] = COLUMNS, **sections: Any
) -> MigrationRun:
    """Write `runs/cities` under the working directory; `known` are the columns of the table of regions."""
    settings, paths = config(**sections), RunPaths(RUN)
    for folder in (paths.extracted, paths.artefact, paths.evaluation, paths.validation):
        folder.mkdir(parents=True)
    _write_extracted(paths.extracted, users=users, known=known)
    data = open_data(RUN, settings)
    torch.manual_seed(0)
    network = next(spec for spec in MODELS if spec.name == model).build(data.final, CHOSEN).eval()
    intervals = ConformalIntervals(len(CITIES), settings.migration.windows.horizon)
    actual, scored = truth(data.final.judging)
    intervals.fit(forecast(network, data.final.judging), actual, scored, data.final.size, 0.9)
    predictor = MigrationPredictor(
        network=network,
        intervals=intervals,
        history=torch.from_numpy(data.flows.inputs()[-settings.migration.windows.length :].copy()),
        as_of=data.flows.first + len(PERIODS) - 1,
        calendar=data.flows.calendar,
        regions=data.flows.regions,
        names=data.flows.names,
        rules=data.flows.rules,
        variable_error={"pull": 0.3, "push": 0.3, "stay": 0.5}
        | ({"reach": 0.4} if data.flows.log_km is not None else {}),
    )
    predictor.save(paths.artefact)
    for name in ("card", "golden", "lineage"):
        write_json(paths.artefact / f"{name}.json", {})
    seal(paths.artefact)
    names = {region: name for region, name, *_ in CITIES}
    evaluation = evaluations.evaluation(regions=names)
    corridors = tuple(
        series.model_copy(update={"origin": "110000", "destination": "310000"})
        for series in evaluation.corridors[:2]
    )
    inflow = tuple(
        place.model_copy(update={"region": region})
        for place, region in zip(evaluation.inflow, names, strict=False)
    )
    evaluation = evaluation.model_copy(update={"corridors": corridors, "inflow": inflow})
    (paths.evaluation / "evaluation.json").write_text(evaluation.model_dump_json(), encoding="utf-8")
    (paths.validation / "result.json").write_text(
        evaluations.validation().model_dump_json(), encoding="utf-8"
    )
    return settings


def _write_extracted(folder: Path, *, users: bool, known: tuple[str, ...]) -> None:
    moves = counts()
    codes = [city[0] for city in CITIES]
    step, origin, destination = np.nonzero(moves)
    flows = {
        "period": [PERIODS[t] for t in step],
        "origin": [codes[i] for i in origin],
        "destination": [codes[j] for j in destination],
        "count": moves[step, origin, destination],
    }
    if users:
        flows["n_users"] = np.maximum(moves[step, origin, destination] // 4, 1).astype(np.int64)
    write_parquet(folder / "flows.parquet", pa.table(flows))
    columns = dict(zip(COLUMNS, map(list, zip(*CITIES, strict=True)), strict=True))
    if "lat" in known:
        km = kilometres(np.array(columns["lat"]), np.array(columns["lon"]))
        pairs = {
            "origin": np.repeat(codes, len(codes)),
            "destination": np.tile(codes, len(codes)),
            "km": km.ravel(),
        }
        write_parquet(folder / "distances.parquet", pa.table(pairs))
    write_parquet(
        folder / "regions.parquet", pa.table({name: columns[name] for name in COLUMNS if name in known})
    )
    record = json.loads(json.dumps(evaluations.IMPORT))
    record["rows"]["quarantined"] = {"bad_time": 12}
    record["privacy"] = {"k_anonymity": 5, "suppressed_share": 0.043}
    write_json(folder / "import.json", record)
