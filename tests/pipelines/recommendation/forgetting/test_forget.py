"""`talentflow forget` in a real project, whose rows of students lie in all the places where there are any."""

import csv
import gzip
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import call, copy_project, once

pytestmark = pytest.mark.slow
STUDENT, OTHER, GONE = "stu-0007", "stu-0019", "stu-9999"
ENTRY = """
grads:
  track: recommendation
  source: {kind: tables}
  recommendation:
    students: {path: students.csv.gz, id: sid, cohort: year, intent: intent, categorical: [gender, college],
               numeric: [grade], protected: [gender]}
    employers: {path: employers.csv, id: eid, categorical: [name, city]}
    placements: {path: placements.csv, student: sid, employer: eid}
    split: {validation: [2017], test: [2018]}
  checks: {max_quarantined: 0.2, max_separation: 1.0}
"""


def write(folder: Path) -> None:
    """Tables in which both students also stand among the rows that import sets aside."""
    draw = random.Random(5)  # noqa: S311
    folder.mkdir()
    students, placements = [["sid", "year", "intent", "gender", "college", "grade", "note"]], [["sid", "eid"]]
    for at in range(240):
        sid, college = f"stu-{at:04d}", draw.choice(["law", "civil", "arts"])
        row = [sid, f"{2014 + at % 5}", draw.choice(["work", "abroad"]), draw.choice("fm"), college]
        students.append([*row, f"{draw.gauss(75, 8):.1f}", 'says "hi",\nand more'])
        placements.append([sid, f"e{draw.randrange(10)}"])
    for sid in (STUDENT, OTHER):
        students.append([sid, "2015", "work", "f", "another", "60", ""])
        placements.append([sid, "nowhere"])
    text = "".join(
        ",".join(f'"{cell}"'.replace('"hi"', '""hi""') for cell in row) + "\r\n" for row in students
    )
    (folder / "students.csv.gz").write_bytes(gzip.compress(text.encode()))
    for name, rows in (
        ("placements", placements),
        (
            "employers",
            [["eid", "name", "city"], *([f"e{at}", f"firm {at}", "AB"[at % 2]] for at in range(10))],
        ),
    ):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def build(folder: Path) -> None:
    """A run up to its split, imported from other tables before: an older entry of DVC's cache."""
    project, placements = copy_project(folder / "talentflow"), folder / "data" / "placements.csv"
    write(folder / "data")
    (project / "grads.yaml").write_text(ENTRY)
    call("talentflow", "runs", "add", "grads.yaml", "--data", "../data", cwd=project)
    text = placements.read_bytes()
    placements.write_bytes(text + b"stu-0003,e1\r\n")
    call("dvc", "repro", "import@grads", cwd=project)
    placements.write_bytes(text)
    call("dvc", "repro", "split@grads", cwd=project)
    (project / ".scratch" / "grads" / "train-0").mkdir(parents=True)


@pytest.fixture
def top(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Path]:
    """A copy of the folder with the project and its data."""
    copy = tmp_path / "top"
    shutil.copytree(once(tmp_path_factory, "grads", build), copy, symlinks=True)
    yield copy
    shutil.rmtree(copy)


def holders(top: Path, student: str) -> set[str]:
    """Every file that has a student's id, whatever it is and however it is packed."""
    found = set()
    for path in sorted(top.rglob("*")):
        if path.is_file() and path.suffix != ".py":
            content = path.read_bytes()
            if content[:4] == b"PAR1":
                content = str(pq.ParquetFile(path).read().to_pydict()).encode()
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            if student.encode() in content:
                found.add(path.relative_to(top).as_posix())
    return found


def test_a_student_is_in_no_file_any_more_and_everybody_else_stays(top: Path) -> None:
    project, data = top / "talentflow", top / "data"
    before = holders(top, STUDENT)
    outputs = {
        f"talentflow/runs/grads/{path}"
        for path in (
            "extracted/students.parquet",
            "extracted/placements.parquet",
            "extracted/quarantine/students.parquet",
            "extracted/quarantine/placements.parquet",
            "split/parts.parquet",
        )
    }
    cache = {path for path in before if path.startswith("talentflow/.dvc/cache/files/")}
    assert before == outputs | cache | {"data/students.csv.gz", "data/placements.csv"}
    assert len(cache) == 6  # placements.parquet of both imports
    texts = {
        "students.csv.gz": gzip.decompress((data / "students.csv.gz").read_bytes()).decode(),
        "placements.csv": (data / "placements.csv").read_bytes().decode(),
    }

    plan = call("talentflow", "forget", "grads", STUDENT, cwd=project)
    assert "would remove 2 rows of ../data/students.csv.gz; 2 rows of ../data/placements.csv" in plan.stdout
    assert "Nothing was changed. Give --yes to do it." in plan.stdout
    assert holders(top, STUDENT) == before

    done = call("talentflow", "forget", "grads", STUDENT, "--yes", cwd=project)
    assert holders(top, STUDENT) == set()
    assert not (project / ".scratch" / "grads").exists()
    assert "dvc repro --glob '*@grads'" in done.stdout
    assert "models that are fitted already remember" in done.stdout
    assert STUDENT not in done.stdout + done.stderr
    for name, text in texts.items():
        path = data / name
        now = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
        records = [record for record in text.split("\r\n") if STUDENT not in record]
        assert now.decode() == "\r\n".join(records)

    again = call("talentflow", "forget", "grads", STUDENT, "--yes", cwd=project, check=False)
    assert again.returncode == 2
    call("dvc", "repro", "split@grads", cwd=project)
    ids = pq.read_table(project / "runs/grads/extracted/students.parquet").column("id").to_pylist()
    assert len(ids) == 239
    assert OTHER in ids
    assert holders(top, STUDENT) == set()


def test_what_a_killed_command_left_is_found_again(top: Path) -> None:
    project = top / "talentflow"
    run = project / "runs/grads"
    (run / "extracted").rename(run / ".extracted.tmp-ab12")  # the first half of it gone, and a killed import
    call("talentflow", "forget", "grads", STUDENT, "--yes", cwd=project)
    assert holders(top, STUDENT) == set()
    assert [path.name for path in run.iterdir() if path.name.startswith(".extracted.tmp")] == []


def test_rows_that_the_user_took_out_by_hand_are_found_in_what_was_made_of_them(top: Path) -> None:
    project, data = top / "talentflow", top / "data"
    for path in (data / "students.csv.gz", data / "placements.csv"):
        packed = path.suffix == ".gz"
        text = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).decode()
        left = "\r\n".join(record for record in text.split("\r\n") if STUDENT not in record).encode()
        path.write_bytes(gzip.compress(left) if packed else left)
    done = call("talentflow", "forget", "grads", STUDENT, "--yes", cwd=project)
    assert "removed runs/grads/extracted; runs/grads/split" in done.stdout
    assert holders(top, STUDENT) == set()


def test_what_cannot_be_done_is_one_line_and_exit_2_and_changes_nothing(top: Path) -> None:
    project = top / "talentflow"
    call("talentflow", "runs", "add", "params/tiny_placements.yaml", cwd=project)
    before = holders(top, STUDENT)
    for run, student, said in (
        ("grads", GONE, "talentflow: grads: no row of its data, its outputs or DVC's cache has this student"),
        ("grads", " ", "talentflow: STUDENT: is blank"),
        ("tiny_placements", STUDENT, "talentflow: tiny_placements: is simulated"),
        ("cities", STUDENT, "talentflow: the run is of track migration"),
    ):
        done = call("talentflow", "forget", run, student, "--yes", cwd=project, check=False)
        assert done.returncode == 2
        assert done.stderr.startswith(said)
        assert len(done.stderr.strip().splitlines()) == 1
    reads = {"read": {str(project / "runs/grads/split"): [{"pid": os.getpid(), "cmd": "tune"}]}}
    (project / ".dvc/tmp/rwlock").write_text(json.dumps(reads))
    done = call("talentflow", "forget", "grads", STUDENT, "--yes", cwd=project, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "talentflow: grads: DVC is at work here; wait for it to end, or stop it\n",
    )
    assert holders(top, STUDENT) == before


def test_where_both_ends_are_people_rows_of_those_met_go_too_and_what_is_out_of_reach_is_named(
    top: Path,
) -> None:
    project, table = top / "talentflow", top / "talentflow" / "dates.csv"
    rows = ["who,met,gender,wave,age,yes,met_yes"]
    pairs = [(woman, man) for woman in range(1, 7) for man in range(11, 16)]
    for woman, man in pairs:
        rows += [
            f"{woman},{man},f,{woman % 3},3{woman},1,{man % 2}",
            f"{man},{woman},m,{woman % 3},4{man},0,1",
        ]
    table.write_text("\n".join(rows) + "\n")
    side = "path: dates.csv, id: who, numeric: [age]"
    entry = f"""
  track: recommendation
  source: {{kind: tables}}
  recommendation:
    students: {{{side}, cohort: wave, where: {{gender: f}}}}
    employers: {{{side}, where: {{gender: m}}}}
    placements: {{path: dates.csv, student: who, employer: met, where: {{gender: f}},
                 decisions: {{student: "yes", employer: met_yes}}}}
    split: {{validation: [1], test: [2]}}
"""
    (project / "dates.yaml").write_text(f"dates: {entry}\nagain: {entry}")
    call("talentflow", "runs", "add", "dates.yaml", "--data", ".", cwd=project)
    call("git", "add", "dates.csv", cwd=project)
    man = call("talentflow", "forget", "dates", "12", "--yes", cwd=project, check=False)
    assert man.returncode == 2
    assert "this id is an employer's" in man.stderr
    done = call("talentflow", "forget", "dates", "4", "--yes", cwd=project)
    assert "git's history still holds the rows of dates.csv" in done.stdout
    assert "the same files are read by again: forget the student there too" in done.stdout
    assert table.read_text().splitlines() == [row for row in rows if "4" not in row.split(",")[:2]]
