import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray

from modules.errors import UserError
from pipelines.migration.importing.extracting.cast import read_times
from pipelines.migration.importing.extracting.extract import extract
from tests.pipelines.migration.importing.extracting.logs import (
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


OPEN = [
    "query_id,user_hash,ts,origin,text",
    "1,ann,2021-03-01,110000,上海 招聘",
    '2,bob,2021-03-01,110000,"上海 招聘',
    "3,cat,2021-03-01,110000,深圳 招聘",
    "4,dan,2021-03-01,110000,苏州 招聘",
    '5,eve,2021-03-01,110000,"深圳 招聘',
    "6,fay",
    '7,gil,2021-03-01,110000,"苏州\n招聘, 急聘"',
    '8,hal,"2021-03-01,110000,上海 招聘',
    '9,ivy,"2021-03-01,110000,上海 招聘',
    '10,joe,2021-03-01,110000,"深圳 招聘',
    "11,kim,2021-03-01,110000,深圳 招聘",
    "",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_that_an_open_quote_swallows_are_in_quarantine_one_by_one(folder: Path, end: str) -> None:
    write_log(folder / "log", [])
    (folder / "log" / "log.csv").write_text(end.join(OPEN), encoding="utf-8", newline="")
    tables = extracted(entry(source={"path": "log.csv"}))
    assert fates(tables) == {"read": 11, "kept": 2, "ragged_row": 1, "unclosed_quote": 8}
    assert flows(tables) == {(MARCH, BEIJING, SHANGHAI): 1.0, (MARCH, BEIJING, SUZHOU): 1.0}
    assert set(tables["quarantine"].rows()) == {
        ("log.csv:3", "unclosed_quote", None),
        *((f"log.csv:3, line {line}", "unclosed_quote", None) for line in (2, 3, 4)),
        ("log.csv:4", "ragged_row", None),
        *((f"log.csv:{at}", "unclosed_quote", None) for at in (6, 7)),
        *((f"log.csv:{at}, line 2", "unclosed_quote", None) for at in (6, 7)),
    }


def test_an_open_quote_swallows_nothing_unsaid_in_a_column_that_is_not_read(folder: Path) -> None:
    write_log(folder / "log", [])
    lines = [f"{line},{more}" for line, more in zip(OPEN[:5], ["page", "", "", '"x', "y"], strict=True)]
    (folder / "log" / "log.csv").write_text("\n".join(lines).replace(',"上', ",上"), encoding="utf-8")
    tables = extracted(entry(source={"path": "log.csv"}))
    assert fates(tables) == {"read": 4, "kept": 2, "unclosed_quote": 2}


def test_a_log_that_does_not_quote_loses_nothing(folder: Path) -> None:
    write_log(folder / "log", [])
    (folder / "log" / "log.csv").write_text("\n".join(OPEN[:6]), encoding="utf-8")
    tables = extracted(entry(source={"path": "log.csv", "quote": "none"}))
    assert fates(tables) == {"read": 5, "kept": 5}


def test_files_of_one_name_in_two_folders_are_two_files(folder: Path) -> None:
    write_log(folder / "log", [])
    content = "user_hash,ts,origin,text\nann,2021-03-01,110000,上海 招聘\nbob,2021-03-01\n"
    for part, who in (("a", "ann"), ("b", "bob")):
        (folder / "log" / part).mkdir()
        (folder / "log" / part / "log.csv").write_text(content.replace("ann", who), encoding="utf-8")
    tables = extracted(entry(source={"path": "*/log.csv", "columns": {"query_id": None}}))
    assert fates(tables) == {"read": 4, "kept": 2, "ragged_row": 2}
    assert set(tables["quarantine"]["query_id"]) == {"a/log.csv:3", "b/log.csv:3"}
    record = json.loads(Path("runs/try/extracted/import.json").read_text(encoding="utf-8"))
    assert set(record["files"]) == {"a/log.csv", "b/log.csv"}


def test_users_that_are_decimal_numbers_are_not_rounded_to_one(folder: Path) -> None:
    log = rows(("1", BEIJING, "上海 招聘"), ("2", BEIJING, "上海 招聘"), ("3", BEIJING, "上海 招聘"))
    write_log(folder / "log", log)
    path = folder / "log" / "log.parquet"
    users = pl.Series("user_hash", [7.0, 7.25, None])
    pl.read_parquet(path).with_columns(users).write_parquet(path)
    tables = extracted(entry())
    assert fates(tables) == {"read": 3, "kept": 1, "bad_user": 1, "no_user": 1}


@pytest.mark.parametrize(
    "written",
    [
        *("2021-03-31T23:59:59Z", "2021-04-01T07:59:59+08:00", "2021-03-31 23:59:59.5", "2021-03-31"),
        *("2021-03-31T23:59Z", "2021-04-01T07:59+08:00", "2021/03/31 23:59", "20210331"),
        *("20210331T235959Z", "20210401T075959+0800", "20210331 235959"),
    ],
)
def test_the_forms_of_a_time(written: str) -> None:
    assert read_times(pl.Series([written]))[0].isoformat()[:10] == "2021-03-31"


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
        ({"source": {"path": "torn.parquet"}}, r"torn\.parquet: cannot be read as parquet"),
        (
            {"source": {"path": "odd/header.csv"}},
            r"^log/odd/header\.csv: no rows; give the file that holds them",
        ),
        (
            {"source": {"path": "odd/none.parquet"}},
            r"^log/odd/none\.parquet: no rows; give the file that holds them",
        ),
        (
            {"source": {"path": "odd/ragged.csv"}},
            r"ragged\.csv: no rows that can be read, 2 lines have more or f",
        ),
        (
            {"source": {"path": "odd/bytes.parquet"}},
            r"bytes\.parquet: cannot be read as parquet .*UTF8.*as utf-8",
        ),
        ({"source": {"path": "odd/binary.parquet"}}, r"binary\.parquet: cannot be read as parquet .*UTF8"),
        ({"source": {"path": "odd/list.parquet"}}, r"list\.parquet: column text holds list<.*>; write texts"),
        ({"regions": {"id": "name"}}, r"regions\.csv: region '北京' is no 6-digit adcode"),
        (
            {"regions": {"population": None}, "extract": {"normalise": "population"}},
            r"no population for 110000",
        ),
        ({"regions": {"keep": "9 busiest"}}, r"regions\.keep: '9 busiest' of 4 regions"),
        (
            {"regions": {"merge": {"330100": SHANGHAI}}},
            r"regions\.merge: no row and no table names region '330100'",
        ),
        (
            {"regions": {"merge": {SUZHOU: "310001"}}},
            r"regions\.merge: no row and no table names region '310001'",
        ),
    ],
)
def test_a_wrong_log_is_one_line(folder: Path, sections: dict[str, Any], message: str) -> None:
    write_log(folder / "log", rows(("ann", BEIJING, "上海 招聘")))
    (folder / "log" / "log.txt").write_text("x")
    (folder / "log" / "torn").write_bytes(b"PAR1")
    if "torn" in message:
        (folder / "log" / "torn").rename(folder / "log" / "torn.parquet")
    odd = folder / "log" / "odd"
    odd.mkdir()
    (odd / "header.csv").write_text(f"{','.join(COLUMNS)}\n")
    (odd / "ragged.csv").write_text(f"{','.join(COLUMNS)}\n1,ann\n2,bob\n")
    sound = pq.read_table(folder / "log" / "log.parquet").cast(pa.schema([(n, pa.string()) for n in COLUMNS]))
    pq.write_table(sound.slice(1), odd / "none.parquet")
    latin = pa.array(["caf\u00e9".encode("latin-1")], pa.binary())
    for name, texts in {"bytes": latin.view(pa.string()), "binary": latin, "list": pa.array([["x"]])}.items():
        pq.write_table(sound.set_column(4, "text", texts), odd / f"{name}.parquet")
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
