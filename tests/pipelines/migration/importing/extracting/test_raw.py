"""What lies in a month's file, however the file was written."""

import calendar
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.migration.importing.extracting.cast import read_times
from pipelines.migration.importing.extracting.raw import Raw, read_raw, together

ROWS = pl.DataFrame(
    {
        "query_id": ["a", None, "c", "d", "e"],
        "user_hash": ["u", "v", None, "u", "w"],
        "ts": ["2021-02-28T23:59:59Z", "2021-02-29T00:00:00Z", None, "2021-03-01T00:00:00Z", "2021-02-01"],
        "origin": ["110000", None, "310000", "110000", "北京"],
        "text": ["上海 招聘", None, "天气", "上海 招聘", ""],
    }
)
WAYS: dict[str, dict[str, Any]] = {
    "dictionaries": {},
    "plain": {"use_dictionary": False},
    "row groups": {"row_group_size": 2},
    "plain row groups": {"row_group_size": 2, "use_dictionary": False},
}


def as_written(raw: Raw) -> pl.DataFrame:
    return raw.rows.select(
        "query_id",
        user_hash="user",
        ts="time",
        origin=raw.origins.gather(raw.rows["origin"]),
        text=raw.texts.gather(raw.rows["text"]),
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_every_way_of_writing_is_read_alike(tmp_path: Path, way: str, kind: pa.DataType) -> None:
    path = tmp_path / "2021-02.parquet"
    table = ROWS.to_arrow().cast(pa.schema([(name, kind) for name in ROWS.columns]))
    pq.write_table(table, path, **WAYS[way])
    raw = read_raw(path, "2021-02")
    assert as_written(raw).equals(ROWS)
    assert raw.rows["timely"].to_list() == [True, False, False, False, False]
    assert as_written(together([raw, raw])).equals(pl.concat([ROWS, ROWS]))


@given(
    day=st.integers(0, 32),
    clock=st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)),
    month=st.integers(1, 12),
)
def test_a_timely_row_has_a_time_of_its_month(
    tmp_path_factory: pytest.TempPathFactory, day: int, clock: tuple[int, int, int], month: int
) -> None:
    hour, minute, second = clock
    written = f"2024-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"
    path = tmp_path_factory.getbasetemp() / "month.parquet"
    ROWS.head(1).with_columns(ts=pl.lit(written)).write_parquet(path)
    is_time = 1 <= day <= calendar.monthrange(2024, month)[1] and hour < 24 and max(minute, second) < 60
    assert read_raw(path, f"2024-{month:02d}").rows["timely"].item() == is_time
    assert not is_time or read_times(pl.Series([written])).dt.month().item() == month
    assert not read_raw(path, f"2024-{month % 12 + 1:02d}").rows["timely"].item()


@pytest.mark.parametrize("column", ROWS.columns)
def test_a_file_without_a_column_is_named(tmp_path: Path, column: str) -> None:
    ROWS.drop(column).write_parquet(tmp_path / "2021-02.parquet")
    with pytest.raises(UserError, match=f"2021-02.parquet: .*no column {column}"):
        read_raw(tmp_path / "2021-02.parquet", "2021-02")
