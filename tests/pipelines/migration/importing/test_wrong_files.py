"""Every kind of wrong file gives one line: what, where (file, row, column, value), how to mend."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modules.errors import UserError
from pipelines.migration.importing import ingest
from tests.pipelines.migration.brought import MONTHS, entry, flows_csv, rows, text


def _fault(folder: Path, **sections: object) -> str:
    with pytest.raises(UserError) as caught:
        ingest.read(entry(folder, **sections))
    message = str(caught.value)
    assert "\n" not in message
    return message


GOOD = text(rows())


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ("", ["flows.csv: is empty"]),
        ("\n \n", ["flows.csv: is empty"]),
        ("period,origin,destination,count\n", ["flows.csv: has a header (row 1) but no rows"]),
        ("period,origin,destination,count", ["flows.csv: has a header (row 1) but no rows"]),
        ("period,origin,destination,count\n,,,\n", ["flows.csv", "only blank rows"]),
        (
            GOOD.replace("count", "counts"),
            ["no column count (did you mean counts?)", "period, origin, destination"],
        ),
        (GOOD.replace(",", ";"), ["row 1", 'set source.sep: ";"']),
        (GOOD.replace(",", "\t"), ["row 1", 'set source.sep: "\\t"']),
        (GOOD.replace("origin,destination", "origin,origin"), ["row 1", "column origin stands 2 times"]),
        (GOOD.replace(",5\n", ",five\n"), ["row 6, column count: 'five' is not a finite number"]),
        (GOOD.replace(",5\n", ',"1,000"\n'), ["row 6, column count: '1,000' is not a finite number"]),
        (GOOD.replace(",5\n", ",-5\n"), ["row 6, column count: -5 is negative"]),
        (GOOD.replace(",5\n", ",nan\n"), ["row 6, column count: 'nan' is not a finite number"]),
        (GOOD.replace(",5\n", ",inf\n"), ["row 6, column count: 'inf' is not a finite number"]),
        (GOOD.replace(",5\n", ",1e999\n"), ["row 6, column count: '1e999' is not a finite number"]),
        (GOOD.replace(",5\n", ",\n"), ["row 6, column count: is blank"]),
        (GOOD.replace("B,B,5\n", ",B,5\n", 1), ["row 6, column origin: is blank"]),
        (
            GOOD.replace("2020-01,B,B", "2020-01, B,B"),
            ["row 6, column origin: ' B' begins or ends with a blank"],
        ),
        (GOOD.replace("2020-01,B,B", " ,B,B"), ["row 6, column period: is blank"]),
        (GOOD.replace("2020-01,B,B", "2020-13,B,B"), ["row 6, column period: '2020-13'"]),
        (
            GOOD.replace("2020-01,B,B", "1/2/2020,B,B"),
            ["row 6, column period: '1/2/2020'", "write it like 2020-01"],
        ),
        (
            GOOD.replace("2020-01,B,B", "20200230,B,B"),
            ["row 6, column period: '20200230'", "day is out of range"],
        ),
        (GOOD.replace("2020-01,B,B", "2020-01-03,B,B"), ["row 2", "row 6", "write all alike"]),
        (GOOD.replace("A,C,3\n", "A,B,3\n", 1), ["row 4: 2020-01, A to B was already given at", "row 3;"]),
        (GOOD.replace(",5\n", ",5,6\n"), ["row 6: has 5 fields, the header has 4", "2020-01,B,B,5,6"]),
        (GOOD.replace("2020-01,B,B,5", "2020-01,B"), ["row 6: has 2 fields, the header has 4"]),
        (GOOD.replace("2020-01,B,B,5", '2020-01,"B,B,5'), ["row 6: has 2 fields", "close every quote"]),
        (
            GOOD.replace("2020-03", "2020-02").replace("2020-04", "2020-02"),
            ["row 20: 2020-02, A to A was already given at", "row 11;"],
        ),
        (GOOD.replace("2020", "2010"), ["no row lies in 2020-01 to 2020-08", "2010-01 to 2010-08"]),
        (
            text([line for line in rows() if line[0] not in {"2020-03", "2020-04"}]),
            ["no row for 2020-03 to 2020-04"],
        ),
        (
            text([[*line[:2], line[1], line[3]] for line in rows() if line[1:3] == ["A", "A"]]),
            ["name 1 region"],
        ),
    ],
)
def test_a_wrong_csv(tmp_path, content, facts):
    flows_csv(tmp_path, content)
    message = _fault(tmp_path)
    assert [fact for fact in facts if fact not in message] == []


def test_a_wrong_value_among_good_ones_is_found_wherever_it_stands(tmp_path):
    lines = rows()
    for at in (0, 35, 71):
        wrong = [list(line) for line in lines]
        wrong[at][3] = "?"
        flows_csv(tmp_path, text(wrong))
        assert f"flows.csv: row {at + 2}, column count: '?'" in _fault(tmp_path)


def test_bytes_of_another_encoding_are_found_by_row(tmp_path):
    flows_csv(tmp_path).write_bytes(GOOD.replace("2020-01,B,B", "2020-01,北京,B").encode("gb18030"))
    assert "row 6: bytes b1 b1 be a9 are not utf-8; name the file's source.encoding" in _fault(tmp_path)
    mixed = [line.encode("utf-8" if row % 2 else "gb18030") for row, line in enumerate(["北京,1", "北京,2"])]
    flows_csv(tmp_path).write_bytes(GOOD.encode() + b"\n".join(mixed))
    assert "row 74: bytes" in _fault(tmp_path)
    flows_csv(tmp_path).write_bytes(GOOD.encode("utf-16"))
    assert "row 1: bytes ff fe" in _fault(tmp_path)


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("none.csv", ["none.csv: no such file", "holds array.npz, folder.csv", "mend source.path or --data"]),
        ("none*.csv", ["none*.csv: no such file"]),
        ("folder.csv", ["folder.csv: is a folder, not a file"]),
        ("../flows.csv", ["source.path: '../flows.csv' leads out of"]),
        ("/etc/hosts", ["source.path: '/etc/hosts' leads out of"]),
        ("notes.txt", ["notes.txt: unknown kind of file", ".csv, .csv.gz or .parquet"]),
        ("torn.csv.gz", ["torn.csv.gz: is not a sound gzip file"]),
        ("plain.csv.gz", ["plain.csv.gz: is not a sound gzip file"]),
        ("plain.parquet", ["plain.parquet: is not a sound parquet file"]),
        ("torn.parquet", ["torn.parquet: is not a sound parquet file"]),
        ("plain.npz", ["plain.npz: is not a sound npz file"]),
        ("torn.npz", ["torn.npz: is not a sound npz file"]),
        ("objects.npz", ["objects.npz: is not a sound npz file of plain arrays"]),
        ("array.npz", ["array.npz: is not a sound npz file"]),
    ],
)
def test_a_wrong_path_or_broken_file(tmp_path, path, facts):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "notes.txt").write_text(GOOD)
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress(GOOD.encode())[:-20])
    frame = pd.DataFrame(rows(), columns=["period", "origin", "destination", "count"])
    (tmp_path / "torn.parquet").write_bytes(frame.to_parquet()[:-20])
    np.savez(tmp_path / "torn.npz", period=np.array(MONTHS), count=np.zeros((8, 3, 3)))
    (tmp_path / "torn.npz").write_bytes((tmp_path / "torn.npz").read_bytes()[:-20])
    np.savez(tmp_path / "objects.npz", period=np.array(MONTHS, dtype=object), count=np.zeros((8, 3, 3)))
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    for kind in ("csv.gz", "parquet", "npz"):
        (tmp_path / f"plain.{kind}").write_text(GOOD)
    message = _fault(tmp_path, source={"path": path})
    assert [fact for fact in facts if fact not in message] == []


def test_no_data_folder_and_a_file_that_is_not_the_source(tmp_path):
    assert "nowhere: no such file or folder; give the run's data with --data" in _fault(tmp_path / "nowhere")
    other = tmp_path / "other.csv"
    other.write_text(GOOD)
    assert "source.path: 'flows.csv' is not" in _fault(other)


def test_duplicates_across_files_name_both(tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv").write_text(text([["2020-02", "B", "C", "7"]]))
    message = _fault(tmp_path, source={"path": "?.csv"})
    assert "b.csv: row 2: 2020-02, B to C was already given at" in message
    assert "a.csv: row 16;" in message


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"count": None}, ["row 5, column count: is blank"]),
        ({"count": np.inf}, ["row 5, column count: inf is not a finite number"]),
        ({"count": -2.0}, ["row 5, column count: -2 is negative"]),
        ({"origin": None}, ["row 5, column origin: is blank"]),
        ({"period": None}, ["row 5, column period: is blank"]),
        ({"period": pd.Timestamp("1970-01-01")}, None),
    ],
)
def test_a_wrong_parquet_cell_counts_rows_from_one(tmp_path, change, facts):
    frame = pd.DataFrame(rows(), columns=["period", "origin", "destination", "count"]).astype(
        {"count": float}
    )
    frame["period"] = pd.to_datetime(frame["period"])
    for column, value in change.items():
        frame.loc[4, column] = value
    frame.to_parquet(tmp_path / "flows.parquet")
    config = {"path": "flows.parquet"}
    if facts is None:
        assert ingest.read(entry(tmp_path, source=config)).record["rows"]["dropped"]["outside_period"] == 1
    else:
        message = _fault(tmp_path, source=config)
        assert [fact for fact in facts if fact not in message] == []


def test_a_parquet_file_without_rows_or_with_the_wrong_types(tmp_path):
    frame = pd.DataFrame(rows(), columns=["period", "origin", "destination", "count"])
    source = {"path": "flows.parquet"}
    frame[:0].to_parquet(tmp_path / "flows.parquet")
    assert "has columns but no rows" in _fault(tmp_path, source=source)
    frame.assign(origin=[["A"]] * 72).to_parquet(tmp_path / "flows.parquet")
    assert "column origin: holds list" in _fault(tmp_path, source=source)
    frame.rename(columns={"count": "n"}).to_parquet(tmp_path / "flows.parquet")
    assert "no column count; it has period, origin, destination, n" in _fault(tmp_path, source=source)


@pytest.mark.parametrize(
    ("arrays", "facts"),
    [
        ({"period": MONTHS}, ["no array count", "it has period"]),
        ({"period": MONTHS, "counts": np.zeros((8, 3, 3))}, ["no array count (did you mean counts?)"]),
        ({"period": MONTHS, "count": np.zeros((8, 3))}, ["array count: is float64[8, 3]"]),
        ({"period": MONTHS, "count": np.zeros((8, 3, 4))}, ["array count: is float64[8, 3, 4]"]),
        ({"period": MONTHS, "count": np.full((8, 3, 3), "1")}, ["array count: is <U1[8, 3, 3]"]),
        ({"period": MONTHS[:7], "count": np.zeros((8, 3, 3))}, ["array period: has shape [7]"]),
        ({"period": [*MONTHS[:7], "x"], "count": np.zeros((8, 3, 3))}, ["array period[7]: 'x'"]),
        (
            {"period": [*MONTHS[:7], MONTHS[0]], "count": np.zeros((8, 3, 3))},
            ["count[7, 0, 0]: 2020-01", "count[0, 0, 0]"],
        ),
        (
            {"period": MONTHS, "count": np.full((8, 3, 3), -1)},
            ["array count[0, 0, 0], column count: -1 is negative"],
        ),
        ({"period": MONTHS, "count": np.full((8, 3, 3), np.inf)}, ["array count[0, 0, 0]: inf"]),
        ({"period": MONTHS, "count": np.full((8, 3, 3), np.nan)}, ["holds no count, every cell is NaN"]),
    ],
)
def test_a_wrong_npz(tmp_path, arrays, facts):
    np.savez(tmp_path / "flows.npz", **{name: np.asarray(array) for name, array in arrays.items()})
    message = _fault(tmp_path, source={"path": "flows.npz"})
    assert [fact for fact in facts if fact not in message] == []


PLACES = "id,name,lat,lon\nA,Ay,1,1\nB,Bee,2,2\nC,Cee,3,3\n"


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (
            PLACES.replace("B,", "Bb,"),
            ["flows.csv: row 3: region 'B' (did you mean Bb?) is not in", "regions.merge"],
        ),
        (PLACES.replace("B,Bee", "A,Bee"), ["row 3, column id: 'A' was already given in row 2"]),
        (PLACES.replace("B,Bee", ",Bee"), ["row 3, column id: is blank"]),
        (PLACES.replace("2,2", "x,2"), ["row 3, column lat: 'x' is not a finite number"]),
        (PLACES.replace("2,2", "120,2"), ["row 3, column lat: 120 is beyond 90 degrees", "swapped?"]),
        (PLACES.replace("2,2", "2,"), ["row 3, column lon: is blank for region 'B'", "drop regions.lat"]),
        (PLACES.replace("lon", "long"), ["no column lon (did you mean long?)"]),
    ],
)
def test_a_wrong_table_of_regions(tmp_path, content, facts):
    flows_csv(tmp_path)
    (tmp_path / "places.csv").write_text(content)
    table = {"path": "places.csv", "id": "id", "name": "name", "lat": "lat", "lon": "lon"}
    message = _fault(tmp_path, regions=table)
    assert [fact for fact in facts if fact not in message] == []


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ("from,to,km\nA,B,1\nA,C,2\n", ["road.csv: no distance from B to C; add the row"]),
        ("from,to,km\nA,B,1\nA,C,2\nB,C,-3\n", ["row 4, column km: -3 is negative"]),
        ("from,to,km\nA,B,1\nA,C,2\nB,C,\n", ["row 4, column km: is blank"]),
        (
            "from,to,km\nA,B,1\nA,C,2\nB,C,3\nA,B,4\n",
            ["row 5, column km: A to B was already given in row 2;"],
        ),
    ],
)
def test_a_wrong_table_of_distances(tmp_path, content, facts):
    flows_csv(tmp_path)
    (tmp_path / "road.csv").write_text(content)
    road = {"path": "road.csv", "origin": "from", "destination": "to", "km": "km"}
    message = _fault(tmp_path, regions={"distances": road})
    assert [fact for fact in facts if fact not in message] == []


@pytest.mark.parametrize(
    ("sections", "facts"),
    [
        (
            {"regions": {"merge": {"Sejnog": "A"}}},
            ["regions.merge: no row and no table names region 'Sejnog'"],
        ),
        ({"regions": {"keep": "9 busiest"}}, ["regions.keep: '9 busiest', but the flows name 3 regions"]),
        ({"regions": {"keep": "1 busiest"}}, ["regions.keep: '1 busiest'"]),
        (
            {"period": {"gaps": [{"from": "2020-02", "to": "2020-02"}]}},
            ["flows.csv: row 11: period 2020-02 lies in a declared gap", "period.gaps"],
        ),
        (
            {"regions": {"merge": {"A": "B", "B": "C"}}},
            ["regions: merge: A goes into B, which is merged itself"],
        ),
        ({"source": {"encoding": "utf-9"}}, ["source.encoding: no such text encoding 'utf-9'"]),
        ({"source": {"encoding": "rot13"}}, ["source.encoding: no such text encoding 'rot13'"]),
        ({"source": {"path": "a**b.csv"}}, ["source.path: 'a**b.csv' is not a pattern"]),
        ({"source": {"path": ""}}, ["source.path"]),
        ({"source": {"sep": ";;"}}, ["source.sep"]),
    ],
)
def test_an_entry_that_does_not_fit_its_data(tmp_path, sections, facts):
    flows_csv(tmp_path)
    message = _fault(tmp_path, **sections)
    assert [fact for fact in facts if fact not in message] == []


@pytest.mark.parametrize(
    ("odd", "fact"),
    [
        ("São".encode(), "row 3: bytes c3 a3 look like utf-8"),
        ("São".encode("utf-16-le"), "row 3: bytes 00 look like"),
    ],
)
def test_another_encoding_in_a_file_of_single_bytes_is_found(tmp_path: Path, odd: bytes, fact: str) -> None:
    lines = GOOD.encode("latin-1").splitlines(keepends=True)
    lines[2] = lines[2].replace(b"A", odd)
    (tmp_path / "flows.csv").write_bytes(b"".join(lines))
    assert fact in _fault(tmp_path, source={"kind": "flows", "path": "flows.csv", "encoding": "latin-1"})
