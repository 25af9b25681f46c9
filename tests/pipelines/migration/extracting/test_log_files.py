import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import ray

from modules.errors import UserError
from pipelines.migration.extracting.extract import extract
from tests.pipelines.migration.extracting.logs import (
    BEIJING,
    COLUMNS,
    MARCH,
    SHANGHAI,
    SHENZHEN,
    SUZHOU,
    TEXTS,
    digests,
    entry,
    extracted,
    fates,
    flows,
    rows,
    write_log,
)

SIMULATED = {"kind": "simulate", "cities": 4}


def messy() -> pl.DataFrame:
    log = rows(
        ("安", BEIJING, "上海 招聘"), ("bob", BEIJING, '上海,"苏州" 招聘'), ("cat", BEIJING, "招聘\n深圳")
    )
    return pl.DataFrame(log, dict.fromkeys(COLUMNS, pl.String), orient="row")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_a_users_csv_with_other_columns_and_letters(folder: Path, name: str, encoding: str) -> None:
    write_log(folder / "log", [])
    (folder / "log" / "log.parquet").unlink()
    names = {"query_id": "编号", "user_hash": "谁", "ts": "when", "origin": "ip_city", "text": "搜索词"}
    content = (
        messy()
        .rename(names)
        .with_columns(pl.col("when").str.replace("T", " ").str.strip_suffix("Z"))
        .write_csv(separator=";")
    )
    coded = content.encode(encoding)
    (folder / "log" / name).write_bytes(gzip.compress(coded) if name.endswith(".gz") else coded)
    columns = {"query_id": "编号", "user": "谁", "time": "when", "origin": "ip_city", "text": "搜索词"}
    source = {"path": name, "sep": ";", "encoding": encoding, "columns": columns}
    tables = extracted(
        entry(source=source, regions={"path": None, "id": None, "name": None, "population": None})
    )
    assert flows(tables) == {
        (MARCH, BEIJING, SHANGHAI): 1.5, (MARCH, BEIJING, SUZHOU): 0.5, (MARCH, BEIJING, SHENZHEN): 1.0,
    }  # fmt: skip
    assert tables["regions"].height > 300


def test_ragged_csv_rows_and_rows_without_ids(folder: Path) -> None:
    write_log(folder / "log", [])
    (folder / "log" / "log.csv").write_text(
        "user_hash,ts,origin,text\nann,2021-03-01,110000,上海 招聘\nbob,2021-03-01\n"
        ",2021-03-01,110000,上海 招聘\n",
        encoding="utf-8",
    )
    tables = extracted(entry(source={"path": "log.csv", "columns": {"query_id": None}}))
    assert fates(tables) == {"read": 3, "kept": 1, "ragged_row": 1, "no_user": 1}
    assert set(tables["quarantine"].select("query_id", "reason").rows()) == {
        ("log.csv:3", "ragged_row"), ("log.csv:2", "no_user"),
    }  # fmt: skip


def test_a_log_in_many_files_and_with_real_types_is_the_same_log(folder: Path) -> None:
    log = [
        *rows(("1", BEIJING, "上海 招聘"), ("2", BEIJING, "深圳 招聘")),
        *rows(("1", BEIJING, "上海 招聘"), month="2021-04"),
    ]
    expected = flows(extracted(entry(), log))
    frame = pl.DataFrame(log, dict.fromkeys(COLUMNS, pl.String), orient="row").with_columns(
        pl.col("user_hash").cast(pl.Int64),
        pl.col("origin").cast(pl.Float64),
        pl.col("ts").str.to_datetime(time_zone="UTC"),
    )
    (folder / "log" / "log.parquet").unlink()
    for at, row in enumerate(frame.iter_slices(1)):
        row.write_parquet(folder / "log" / f"part-{2 - at}.parquet")
    assert flows(extracted(entry(source={"path": "part-*.parquet"}))) == expected


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"source": {"path": "absent.parquet"}}, r"absent\.parquet: no such file; .*source\.path"),
        ({"source": {"columns": {"user": "who"}}}, r"log\.parquet: no column who"),
        ({"source": {"path": "regions.csv", "sep": ";"}}, r'regions\.csv: row 1: .*set source\.sep: ","'),
        ({"source": {"path": "log.txt"}}, r"log\.txt: unknown kind of file"),
        ({"source": {"path": "torn.parquet"}}, r"torn\.parquet: cannot be read"),
        ({"regions": {"id": "name"}}, r"regions\.csv: region '北京' is no 6-digit adcode"),
        (
            {"regions": {"population": None}, "extract": {"normalise": "population"}},
            r"no population for 110000",
        ),
        ({"regions": {"keep": "9 busiest"}}, r"regions\.keep: '9 busiest' of 4 regions"),
    ],
)
def test_a_wrong_log_is_one_line(folder: Path, sections: dict[str, Any], message: str) -> None:
    write_log(folder / "log", rows(("ann", BEIJING, "上海 招聘")))
    (folder / "log" / "log.txt").write_text("x")
    (folder / "log" / "torn").write_bytes(b"PAR1")
    if "torn" in message:
        (folder / "log" / "torn").rename(folder / "log" / "torn.parquet")
    with pytest.raises(UserError, match=message) as caught:
        extract("try", entry(**sections))
    assert "\n" not in str(caught.value)
    assert not Path("runs/try/extracted").exists()


def test_a_simulations_months_are_read_as_they_lie_and_times_of_other_months_are_out_of_range(
    folder: Path,
) -> None:
    log = [*rows(("ann", BEIJING, "上海 招聘")), ("x", "bob", "2021-04-01T00:00:00Z", BEIJING, "上海 招聘")]
    raw = folder / "runs" / "try" / "raw"
    write_log(raw, log)
    known = pl.read_csv(raw / "regions.csv").with_columns(
        lat=30.0, lon=110.0, name_en="name", tier="name", province="name"
    )
    known.write_csv(raw / "regions.csv")
    (raw / "queries").mkdir()
    with pytest.raises(
        UserError, match=r"raw/queries: holds no queries; draw them first \(talentflow simulate try\)"
    ):
        extract("try", entry(source=SIMULATED))
    (raw / "log.parquet").rename(raw / "queries" / "2021-03.parquet")
    april = [("2021-03-0000", "ann", "2021-04-01T00:00:00Z", BEIJING, "上海 招聘")]  # an id of March's
    write_log(raw, april, "queries/2021-04.parquet", regions=False)
    tables = extracted(entry(source=SIMULATED))
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 1.0, ("2021-04", BEIJING, SHANGHAI): 1.0}
    assert tables["quarantine"].rows() == [("x", "time_out_of_range", "2021-04-01T00:00:00Z")]
    assert (folder / "runs/try/extracted/distances.parquet").exists()


@pytest.mark.slow
def test_ray_makes_the_same_bytes_month_by_month(monkeypatch: pytest.MonkeyPatch) -> None:
    log = [
        row
        for month in range(1, 9)
        for row in rows(
            *[(f"u{at}", BEIJING, TEXTS[at % 9] or "") for at in range(50)],
            *[("", BEIJING, "上海 招聘")] * month,  # quarantined, in each month another number
            month=f"2021-{month:02d}",
        )
    ]
    extracted(entry(), log)
    before = digests()
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        monkeypatch.setenv("RAY_ADDRESS", "local")
        extracted(entry())
    finally:
        ray.shutdown()
    assert digests() == before
