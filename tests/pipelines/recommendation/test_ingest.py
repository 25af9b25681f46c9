import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.config.recommendation import Recommendation, TablesSource
from pipelines.recommendation.importing.described import described, files
from pipelines.recommendation.importing.ingest import TABLES, Imported, read, run
from tests.pipelines.recommendation.entries import entry, run_of

STUDENTS = """student_id,year,intent,gender,college,grade_1,grade_2
1,2016,contract,f,law,70.5,
2,2016,abroad,m, physics ,80,81
3,2017,,f,,60,61
4,2018,contract,m,law,NA,90
5,2018,abroad,m,law,50,55
"""
EMPLOYERS = "employer_id,name,city\na,Alpha,Xi'an\nb,Beta,Beijing\nc,Gamma,\n"
PLACEMENTS = "student_id,employer_id\n1,a\n2,b\n4.0,c\n3,a\n5,b\n"


def brought(folder: Path, section: dict[str, Any] | None = None, **files: str) -> Imported:
    content = {"students": STUDENTS, "employers": EMPLOYERS, "placements": PLACEMENTS} | files
    folder.mkdir(exist_ok=True)
    for name, text in content.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return read(folder, TablesSource(kind="tables"), Recommendation.model_validate(section or entry()))


def accounts_close(imported: Imported) -> bool:
    return all(
        rows["read"] == rows["kept"] + sum(rows["quarantined"].values()) + sum(rows["dropped"].values())
        and rows["kept"] == imported.tables[table].num_rows
        and sum(rows["quarantined"].values()) == imported.quarantine[table].num_rows
        for table, rows in imported.record["rows"].items()
    )


def test_tables_become_the_contract(tmp_path):
    imported = brought(tmp_path)
    students = imported.tables["students"]
    assert students.schema == pa.schema(
        [(name, pa.string()) for name in ("id", "cohort", "intent", "gender", "college")]
        + [(name, pa.float64()) for name in ("grade_1", "grade_2")]
    )
    assert students.column("college").to_pylist() == ["law", "physics", None, "law", "law"]
    assert students.column("grade_1").to_pylist() == [70.5, 80, 60, None, 50]
    assert students.column("intent").to_pylist()[2] is None
    assert imported.tables["employers"].column("city").to_pylist() == ["Xi'an", "Beijing", None]
    pairs = imported.tables["placements"].to_pylist()
    assert [tuple(pair.values()) for pair in pairs] == [
        ("1", "a"),
        ("2", "b"),
        ("3", "a"),
        ("4", "c"),
        ("5", "b"),
    ]
    assert accounts_close(imported)
    assert imported.record["cohorts"] == {"2016": 2, "2017": 1, "2018": 2}
    assert imported.record["intents"] == {"abroad": 2, "contract": 2}
    assert imported.record["parts"] == {"test": 2, "train": 2, "validation": 1}


def test_every_unsound_row_is_quarantined_for_one_reason(tmp_path):
    students = STUDENTS + (
        ",2016,contract,f,law,1,2\n"  # row 7
        "6,2016,contract,f,law,eighty,2\n"
        "7,,contract,f,law,1,2\n"
        "8,2016,navy,f,law,1,2\n"
        "1,2016,contract,f,LAW,70.5,\n"
        "2,2016,abroad,m,physics,80,82.5\n"
        "2,2016,abroad,m,physics,80,81.0\n"
        "9,2016,contract,f,law,inf,2\n"
    )
    placements = PLACEMENTS + ",a\n1,\n77,a\n1,z\n1,a\n6,a\n"
    imported = brought(tmp_path, students=students, placements=placements)
    assert accounts_close(imported)
    assert [tuple(row.values()) for row in imported.quarantine["students"].to_pylist()] == [
        (7, "", "no_id", "student_id", ""),
        (8, "6", "no_number", "grade_1", "eighty"),
        (9, "7", "no_cohort", "year", ""),
        (10, "8", "unknown_intent", "intent", "navy"),
        (11, "1", "differs", "college", "LAW"),
        (12, "2", "differs", "grade_2", "82.5"),
        (14, "9", "no_number", "grade_1", "inf"),
    ]
    assert imported.record["rows"]["students"]["dropped"]["same_record"] == 1
    assert [tuple(row.values()) for row in imported.quarantine["placements"].to_pylist()] == [
        (7, "", "no_student", "student_id", ""),
        (8, "1", "no_employer", "employer_id", ""),
        (9, "77", "unknown_student", "student_id", "77"),
        (10, "1", "unknown_employer", "employer_id", "z"),
    ]
    # Student 6 is listed, but quarantined; the pair of 1 and a stands twice.
    dropped = imported.record["rows"]["placements"]["dropped"]
    assert (dropped["other_student"], dropped["same_pair"]) == (1, 1)


MEETINGS = """iid,gender,wave,age,pid,dec,dec_o
1,0,1,21,11.0,1,0
1,0,1,21,12.0,1,1
2,0,2,24,11.0,0,0
2,0,2,24,,0,0
3,0,3,25,12.0,0,1
11,1,1,30,1.0,0,1
12,1,1,31,1.0,1,1
11,1,1,30,2.0,0,0
12,1,1,31,3.0,1,0
"""


def test_one_file_may_be_all_three_tables_and_both_sides_may_decide(tmp_path):
    (tmp_path / "meetings.csv.gz").write_bytes(gzip.compress(MEETINGS.encode()))
    side = {"path": "meetings.csv.gz", "id": "iid", "numeric": ["age"]}
    section = {
        "students": {**side, "cohort": "wave", "where": {"gender": 0}},
        "employers": {**side, "where": {"gender": 1}},
        "placements": {
            "path": "meetings.csv.gz",
            "student": "iid",
            "employer": "pid",
            "decisions": {"student": "dec", "employer": "dec_o"},
            "where": {"gender": 0},
        },
        "split": {"validation": [2], "test": [3]},
    }
    imported = read(tmp_path, TablesSource(kind="tables"), Recommendation.model_validate(section))
    assert imported.tables["students"].column("id").to_pylist() == ["1", "2", "3"]
    assert imported.tables["employers"].column("age").to_pylist() == [30, 31]
    assert [tuple(row.values()) for row in imported.tables["placements"].to_pylist()] == [
        ("1", "11", 1, 0),
        ("1", "12", 1, 1),
        ("2", "11", 0, 0),
        ("3", "12", 0, 1),
    ]
    assert accounts_close(imported)
    assert imported.record["rows"]["placements"]["quarantined"]["no_employer"] == 1
    assert list(imported.record["files"]) == ["meetings.csv.gz"]


def test_a_pair_that_decides_twice_otherwise_is_quarantined_and_so_is_no_decision(tmp_path):
    placements = "student_id,employer_id,s,e\n1,a,1,1\n1,a,1,0\n1,a,1.0,1.0\n4,b,yes,1\n2,b,0,0\n5,c,0,1\n"
    section = entry(placements__decisions={"student": "s", "employer": "e"})
    imported = brought(tmp_path, section, placements=placements)
    rows = imported.record["rows"]["placements"]
    assert (rows["quarantined"]["differs"], rows["quarantined"]["no_decision"]) == (1, 1)
    assert rows["dropped"]["same_pair"] == 1
    assert imported.tables["placements"].column("employer_yes").to_pylist() == [1, 0, 1]


def test_parquet_and_csv_of_the_same_content_are_imported_alike(tmp_path):
    from_csv = brought(tmp_path / "csv")
    other = tmp_path / "parquet"
    other.mkdir()
    for name in TABLES:
        table = from_csv.tables[name]
        written = {"id": f"{name[:-1]}_id", "cohort": "year"}
        written |= {end: f"{end}_id" for end in ("student", "employer")}
        table = table.rename_columns([written.get(column, column) for column in table.column_names])
        pq.write_table(table, other / f"{name}.parquet")
    paths = {f"{name}__path": f"{name}.parquet" for name in TABLES}
    settings_ = Recommendation.model_validate(entry(**paths))
    from_parquet = read(other, TablesSource(kind="tables"), settings_)
    assert from_parquet.tables == from_csv.tables


def test_numbers_of_parquet_keep_their_kind_and_infinity_is_none(tmp_path):
    brought(tmp_path)
    students = pa.table(
        {
            "student_id": pa.array(
                [1.0, 2.0, None, 4.0, 5.0]
            ),  # as pandas writes whole numbers beside a blank
            "year": pa.array([2016, 2017, 2016, 2017, 2018]),
            "intent": pa.array(["abroad", None, "contract", "contract", "abroad"]),
            "gender": pa.array([True, False, None, True, True]),
            "college": pa.array(["a", "b", "a", "a", "b"]).dictionary_encode(),
            "grade_1": pa.array([0.1 + 0.2, None, 2.0, float("inf"), float("nan")]),
            "grade_2": pa.array([1, 2, 3, 4, 5]),
        }
    )
    pq.write_table(students, tmp_path / "students.parquet")
    section = Recommendation.model_validate(entry(students__path="students.parquet"))
    imported = read(tmp_path, TablesSource(kind="tables"), section)
    assert imported.tables["students"].column("id").to_pylist() == ["1", "2", "5"]
    assert imported.tables["students"].column("grade_1").to_pylist() == [0.1 + 0.2, None, None]
    aside = [(row["id"], row["reason"], row["value"]) for row in imported.quarantine["students"].to_pylist()]
    assert aside == [("", "no_id", ""), ("4", "no_number", "inf")]


@pytest.mark.parametrize(
    ("section", "files", "said"),
    [
        (entry(students__categorical=["gender", "colege"]), {}, "no column colege .did you mean college"),
        (entry(students__path="graduates.csv"), {}, "recommendation.students.path"),
        (entry(students__path="*.csv"), {}, "names 3 files; name one"),
        (
            entry(students__where={"gender": "x"}),
            {},
            "students.where: no row of .* has gender x; it holds f, m",
        ),
        (
            entry(split__test=["2019"]),
            {},
            "split.test: no student of cohort 2019; there are 2016, 2017, 2018",
        ),
        (entry(), {"placements": "student_id,employer_id\n9,a\n"}, "no sound row .*1 unknown_student"),
        (entry(), {"employers": "employer_id,name,city\n,x,y\n"}, "no sound row is left for the employers"),
    ],
)
def test_what_cannot_be_imported_is_one_line(tmp_path, section, files, said):
    with pytest.raises(UserError, match=said) as caught:
        brought(tmp_path, section, **files)
    assert "\n" not in str(caught.value)


def test_the_stage_writes_the_same_bytes_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    brought(tmp_path / "data")
    taken = []
    for _ in range(2):
        run("r", run_of(entry()))
        files = sorted(path for path in Path("runs/r/extracted").rglob("*") if path.is_file())
        taken.append({str(path): path.read_bytes() for path in files})
    assert taken[0] == taken[1]
    assert {Path(path).name for path in taken[0]} == {*(f"{name}.parquet" for name in TABLES), "import.json"}


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='",\r\n\0'), max_size=5)
ids, grades = st.sampled_from(["", "1", "2", "3"]), st.sampled_from(["", "1", "x", "2.5"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ids, cells, grades), max_size=12))
def test_every_row_read_is_kept_quarantined_or_dropped(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("rows")
    lines = [f'{student},2016,contract,f,"{text}",{grade},1\n' for student, text, grade in rows]
    imported = brought(folder, students=STUDENTS + "".join(lines))
    assert accounts_close(imported)
    assert imported.record["rows"]["students"]["read"] == 5 + len(rows)
    students = imported.tables["students"]
    kept = students.column("id").to_pylist()
    assert kept == sorted(set(kept))
    assert all(text == text.strip() for text in students.column("college").drop_null().to_pylist())


def test_a_run_is_described_by_what_would_be_read_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    brought(tmp_path / "data")
    config = run_of(entry())
    assert sorted(files(config)) == ["employers.csv", "placements.csv", "students.csv"]
    told = described("r", config)
    assert "students    5 read, 5 kept; left out: none" in told
    assert "2 test, 2 train, 1 validation students" in told
    assert "protected: gender, kept for audits" in told
    assert not Path("runs").exists()
    simulated = run_of(entry(), source={"kind": "simulate", "students": 400})
    assert files(simulated) == {}
    assert "400 students" in described("r", simulated)
