import gzip
import hashlib
import itertools
import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.migration.importing import ingest
from tests.pipelines.migration.brought import MONTHS, entry, flows_csv, rows, text


def _frame(imported: ingest.Imported) -> pd.DataFrame:
    return imported.flows.to_pandas()


def test_writes_sorted_flows_regions_and_an_account(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flows_csv(tmp_path, text(rows()[::-1]))
    ingest.run("mine", entry(tmp_path))
    folder = tmp_path / "runs/mine/extracted"
    assert sorted(path.name for path in folder.iterdir()) == [
        "flows.parquet",
        "import.json",
        "regions.parquet",
    ]
    flows = pd.read_parquet(folder / "flows.parquet")
    assert list(flows.columns) == ["period", "origin", "destination", "count"]
    assert flows.to_numpy().tolist() == [[*line[:3], float(line[3])] for line in rows()]
    regions = pd.read_parquet(folder / "regions.parquet")
    assert regions.region.tolist() == regions.name.tolist() == ["A", "B", "C"]
    assert regions[["lat", "lon"]].isna().all(axis=None)
    account = json.loads((folder / "import.json").read_text())
    assert account["rows"]["read"] == account["rows"]["kept"] == 72
    assert account["total"] == sum(range(1, 73))
    assert account["distances"] == "none"


def test_a_wrong_file_leaves_nothing_and_keeps_the_former_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flows_csv(tmp_path)
    ingest.run("mine", entry(tmp_path))
    before = {p.name: p.read_bytes() for p in (tmp_path / "runs/mine/extracted").iterdir()}
    flows_csv(tmp_path, text(rows()).replace(",7\n", ",-7\n"))
    with pytest.raises(UserError):
        ingest.run("mine", entry(tmp_path))
    with pytest.raises(UserError):
        ingest.run("other", entry(tmp_path))
    assert {p.name: p.read_bytes() for p in (tmp_path / "runs/mine/extracted").iterdir()} == before
    assert not (tmp_path / "runs/other").exists()


def test_same_input_same_bytes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flows_csv(tmp_path)
    hashes = []
    for name in ("one", "two"):
        ingest.run(name, entry(tmp_path))
        folder = tmp_path / "runs" / name / "extracted"
        hashes.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())])
    assert hashes[0] == hashes[1]


def test_every_format_gives_the_same_flows(tmp_path):
    lines = rows()
    frame = pd.DataFrame(lines, columns=["period", "origin", "destination", "count"]).astype({"count": int})
    expected = _frame(ingest.read(entry(flows_csv(tmp_path).parent)))
    (tmp_path / "semicolon.csv").write_text(text(lines).replace(",", ";"))
    (tmp_path / "wide.csv").write_bytes(text(lines).encode("utf-16"))
    (tmp_path / "bom.csv").write_bytes(text(lines).encode("utf-8-sig").replace(b"\n", b"\r\n"))
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text(lines).encode()))
    frame.to_parquet(tmp_path / "text.parquet")
    frame.assign(period=pd.to_datetime(frame["period"])).to_parquet(tmp_path / "dates.parquet")
    integers = (frame["period"].str.replace("-", "") + "01").astype(int)
    frame.assign(period=integers).to_parquet(tmp_path / "integers.parquet")
    for source in (
        {"path": "semicolon.csv", "sep": ";"},
        {"path": "wide.csv", "encoding": "utf-16"},
        {"path": "bom.csv"},
        {"path": "packed.csv.gz"},
        {"path": "text.parquet"},
        {"path": "dates.parquet"},
        {"path": "integers.parquet"},
    ):
        pd.testing.assert_frame_equal(_frame(ingest.read(entry(tmp_path, source=source))), expected)


def test_an_npz_cube_leaves_out_nan_and_keeps_zero(tmp_path):
    cube = np.arange(8 * 3 * 3, dtype=np.float32).reshape(8, 3, 3)
    cube[2, 1, 0] = np.nan
    for part, (start, stop) in enumerate([(0, 5), (5, 8)]):
        np.savez(tmp_path / f"part{part}.npz", month=np.array(MONTHS[start:stop]), flow=cube[start:stop])
    config = entry(tmp_path, source={"path": "part*.npz"}, columns={"period": "month", "count": "flow"})
    flows = _frame(ingest.read(config))
    assert len(flows) == 71
    assert flows.iloc[0].tolist() == ["2020-01", "0", "0", 0.0]
    assert flows.set_index(["period", "origin", "destination"])["count"]["2020-08", "2", "1"] == cube[7, 2, 1]
    assert ("2020-03", "1", "0") not in set(zip(flows.period, flows.origin, flows.destination, strict=True))


def test_codes_stay_as_written(tmp_path):
    named = text(rows()).replace(",A", ",NA").replace(",B", ",011")
    flows_csv(tmp_path, named)
    assert ingest.read(entry(tmp_path)).regions.column("region").to_pylist() == ["011", "C", "NA"]
    frame = pd.DataFrame(rows(), columns=["period", "origin", "destination", "count"])
    numbered = frame.replace({"A": 11, "B": 12, "C": 10_000_000_000}).astype(
        {"origin": int, "destination": float, "count": int}
    )
    numbered.to_parquet(tmp_path / "numbers.parquet")
    imported = ingest.read(entry(tmp_path, source={"path": "numbers.parquet"}))
    assert imported.regions.column("region").to_pylist() == ["10000000000", "11", "12"]


def test_blank_lines_are_counted_and_rows_keep_their_numbers(tmp_path):
    flows_csv(tmp_path, text(rows()).replace("\n2020-02,A,A", "\n\n\n2020-02,A,A", 1) + "\n")
    account = ingest.read(entry(tmp_path)).record["rows"]
    assert account["dropped"]["blank"] == 3
    assert account["read"] == 75
    flows_csv(tmp_path, text(rows()).replace("\n2020-01,B,B,5", "\n\n2020-01,B,B,x", 1))
    with pytest.raises(UserError, match="row 7, column count: 'x'"):
        ingest.read(entry(tmp_path))


def test_quoted_fields_may_hold_separators_and_quotes(tmp_path):
    flows_csv(tmp_path, text(rows()).replace(",A", ',"Seoul, ""capital"""'))
    assert ingest.read(entry(tmp_path)).regions.column("region").to_pylist()[2] == 'Seoul, "capital"'


def test_scale_multiplies(tmp_path):
    flows_csv(tmp_path)
    assert ingest.read(entry(tmp_path, source={"scale": 1000.0})).record["total"] == 1000.0 * sum(
        range(1, 73)
    )


def test_merged_regions_add_up_and_the_account_closes(tmp_path):
    flows_csv(tmp_path)
    imported = ingest.read(entry(tmp_path, regions={"merge": {"C": "A"}}, cells={"diagonal": False}))
    flows = _frame(imported)
    assert flows[flows.period == "2020-01"].to_numpy().tolist() == [
        ["2020-01", "A", "B", 2.0 + 8.0],
        ["2020-01", "B", "A", 4.0 + 6.0],
    ]
    account = imported.record["rows"]
    assert account["dropped"]["diagonal"] == 8 * 5
    assert account["dropped"]["merged_away"] == 8 * 2
    kept = ingest.read(entry(tmp_path, regions={"merge": {"C": "A"}}))
    assert _frame(kept).iloc[0].tolist() == ["2020-01", "A", "A", 1.0 + 3.0 + 7.0 + 9.0]


def test_the_busiest_are_chosen_before_the_test_span(tmp_path):
    lines = [[m, i, j, "1"] for m in MONTHS for i, j in ("AB", "BA", "AC", "CA", "AD", "DA")]
    for line in lines:
        if line[1] == "B" or line[2] == "B":
            line[3] = "9"
        if line[1] == "D" and line[0] in MONTHS[-2:]:
            line[3] = "100000"  # a boom that only the test sees
        if line[1] == "C" and line[0] not in MONTHS[-2:]:
            line[3] = "2"
    flows_csv(tmp_path, text([*lines, *([m, "D", "D", "99"] for m in MONTHS)]))
    imported = ingest.read(entry(tmp_path, regions={"keep": "3 busiest"}))
    assert imported.regions.column("region").to_pylist() == ["A", "B", "C"]
    assert imported.record["regions"] == {"kept": 3, "merged": 0, "not_kept": 1, "listed_without_flows": 0}
    assert imported.record["rows"]["dropped"]["not_kept_region"] == 8 * 3


def test_a_region_that_only_receives_is_busy_too(tmp_path):
    pairs = {("A", "B"): "9", ("A", "C"): "2", ("C", "A"): "2", ("D", "A"): "1"}
    flows_csv(tmp_path, text([[month, *pair, count] for month in MONTHS for pair, count in pairs.items()]))
    imported = ingest.read(entry(tmp_path, regions={"keep": "2 busiest"}))
    assert imported.regions.column("region").to_pylist() == ["A", "B"]


def test_fractions_add_up_to_the_same_bits_in_any_order(tmp_path):
    days = [["2020-01-01", "A", "B", "0.1"], ["2020-01-02", "A", "B", "0.2"], ["2020-01-03", "A", "B", "0.3"]]
    rest = [[f"{month}-01", "A", "B", "1"] for month in MONTHS[1:]]
    sums = set()
    for first in itertools.permutations(days):
        flows_csv(tmp_path, text([*first, *rest]))
        sums.add(ingest.read(entry(tmp_path)).flows.column("count")[0].as_py())
    assert len(sums) == 1


def test_a_quoted_name_may_run_over_two_lines(tmp_path):
    flows_csv(tmp_path)
    (tmp_path / "places.csv").write_text('id,name\nA,"Ay\nof Ex"\nB,Bee\nC,Cee\n')
    imported = ingest.read(entry(tmp_path, regions={"path": "places.csv", "id": "id", "name": "name"}))
    assert imported.regions.column("name").to_pylist() == ["Ay\nof Ex", "Bee", "Cee"]


def test_days_are_summed_into_the_month(tmp_path):
    days = [["20200101", "A", "B", "1"], ["20200131", "A", "B", "2"]]
    flows_csv(tmp_path, text([*days, *([m.replace("-", "") + "15", "A", "B", "4"] for m in MONTHS[1:])]))
    imported = ingest.read(entry(tmp_path))
    assert _frame(imported).to_numpy().tolist()[:2] == [
        ["2020-01", "A", "B", 3.0],
        ["2020-02", "A", "B", 4.0],
    ]
    assert imported.record["rows"]["dropped"]["same_period"] == 1


def test_distances_from_coordinates_or_a_table(tmp_path):
    flows_csv(tmp_path)
    places = "id,title,lat,lon\nA,Seoul,37.5665,126.978\nB,Busan,35.1796,129.0756\nC,,0,0\nZ,Nowhere,,\n"
    (tmp_path / "places.csv").write_text(places)
    table = {"path": "places.csv", "id": "id", "name": "title", "lat": "lat", "lon": "lon"}
    imported = ingest.read(entry(tmp_path, regions=table))
    assert imported.regions.column("name").to_pylist() == ["Seoul", "Busan", "C"]
    assert imported.record["regions"]["listed_without_flows"] == 1
    km = imported.distances.to_pandas().set_index(["origin", "destination"])["km"]
    assert len(km) == 9
    assert km["A", "B"] == pytest.approx(325, abs=1)
    assert km["A", "A"] == 0
    (tmp_path / "road.csv").write_text("from,to,km\nA,B,400\nA,C,7\nC,A,8\nB,C,9\nQ,A,1\nA,Q,1\n")
    table["distances"] = {"path": "road.csv", "origin": "from", "destination": "to", "km": "km"}
    imported = ingest.read(entry(tmp_path, regions=table))
    km = imported.distances.to_pandas().set_index(["origin", "destination"])["km"]
    assert (km["A", "B"], km["B", "A"], km["A", "C"], km["C", "A"], km["B", "B"]) == (400, 400, 7, 8, 0)
    assert imported.record["distances"] == "table"
    (tmp_path / "places.csv").write_text(places.replace("C,,0,0", "C,,,"))  # distances are known all the same
    assert ingest.read(entry(tmp_path, regions=table)).regions.column("lat").to_pylist()[2] is None


def test_a_merged_region_needs_no_place_and_leaves_the_other_its_own(tmp_path):
    flows_csv(tmp_path)
    (tmp_path / "road.csv").write_text("from,to,km\nA,B,400\nC,B,9\n")
    road = {"path": "road.csv", "origin": "from", "destination": "to", "km": "km"}
    imported = ingest.read(entry(tmp_path, regions={"distances": road, "merge": {"C": "A"}}))
    assert imported.distances.column("km").to_pylist() == [0, 400, 400, 0]
    (tmp_path / "places.csv").write_text("id\nA\nB\n")
    imported = ingest.read(entry(tmp_path, regions={"path": "places.csv", "id": "id", "merge": {"C": "A"}}))
    assert imported.regions.column("region").to_pylist() == ["A", "B"]


@pytest.mark.parametrize(
    ("listed", "people"), [("C,40\n", [60.0, 5.0]), ("C,\n", [None, 5.0]), ("", [None, 5.0])]
)
def test_a_merged_regions_people_live_in_the_other_one(tmp_path, listed, people):
    flows_csv(tmp_path)
    (tmp_path / "places.csv").write_text("id,people\nA,20\nB,5\n" + listed)
    table = {"path": "places.csv", "id": "id", "population": "people"}
    imported = ingest.read(entry(tmp_path, regions={**table, "merge": {"C": "A"}}))
    assert imported.regions.column("population").to_pylist() == people


def test_only_kept_regions_must_be_listed(tmp_path):
    flows_csv(tmp_path, text([["2019-12", "D", "A", "1"], *rows(), *([m, "D", "A", "1"] for m in MONTHS)]))
    (tmp_path / "places.csv").write_text("id\nA\nB\nC\n")
    table = {"path": "places.csv", "id": "id"}
    assert ingest.read(entry(tmp_path, regions={**table, "keep": "3 busiest"})).record["regions"]["kept"] == 3
    with pytest.raises(UserError, match=r"flows.csv: row 75: region 'D' is not in .*places.csv"):
        ingest.read(entry(tmp_path, regions=table))


def test_data_may_be_the_file_itself(tmp_path):
    assert ingest.read(entry(flows_csv(tmp_path))).record["rows"]["read"] == 72


def test_a_declared_gap_is_left_out(tmp_path):
    flows_csv(tmp_path, text([line for line in rows() if line[0] != "2020-04"]))
    gap = [{"from": "2020-04", "to": "2020-04"}]
    imported = ingest.read(entry(tmp_path, period={"gaps": gap}))
    assert imported.record["periods"] == {"first": "2020-01", "last": "2020-08", "observed": 7, "in_gaps": 1}
    with pytest.raises(UserError, match=r"no row for 2020-04; .*gaps: \[\{from: 2020-04, to: 2020-04\}\]"):
        ingest.read(entry(tmp_path))


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_the_account_closes_and_the_order_of_rows_does_not_matter(data):
    cell = st.tuples(st.sampled_from(MONTHS), st.sampled_from("ABCD"), st.sampled_from("ABCD"))
    counts = st.floats(0, 1e6)
    listed = data.draw(st.dictionaries(cell, counts, min_size=1, max_size=60))
    anchor = {(month, "A", "B"): 1.5 for month in [*MONTHS, "2019-12"]}
    lines = [[*key, repr(count)] for key, count in {**listed, **anchor}.items()]
    shuffled = data.draw(st.permutations(lines))
    merge = {"D": "A"} if any("D" in line for line in lines) else {}
    with tempfile.TemporaryDirectory() as folder:
        config = entry(Path(folder), regions={"merge": merge}, cells={"diagonal": data.draw(st.booleans())})
        flows_csv(Path(folder), text(lines))
        one = ingest.read(config)
        flows_csv(Path(folder), text(shuffled))
        two = ingest.read(config)
    assert one.flows.equals(two.flows)
    assert one.record | {"files": {}} == two.record | {"files": {}}, "all but the source's own hash"
    account = one.record["rows"]
    assert account["read"] == len(lines) == account["kept"] + sum(account["dropped"].values())
    assert one.flows.num_rows == account["kept"]
