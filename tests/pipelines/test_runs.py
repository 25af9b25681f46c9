import shutil
from pathlib import Path

import pytest

from modules.errors import UserError
from pipelines import runs
from pipelines.config import load_run, read_yaml
from pipelines.config.migration import MigrationRun
from tests.pipelines.migration.brought import flows_csv, rows, text

ROOT = Path(__file__).parents[2]
PARAMS = """\
# top
runs:
  # the first
  first: &anchor
    track: migration   # kept
    source: {kind: simulate,
      cities: 3}

  # the second
  second: {track: other}
# after
other: 1
"""
ENTRY = """\
mine:
  track: migration
  source: {kind: flows, path: flows.csv}
  migration:
    period: {unit: month, from: 2020-01, to: 2020-08}
    cells: {absent: zero}
    windows: {length: 2, horizon: 1, validation: 1, test: 2}
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    Path("data").mkdir()
    flows_csv(Path("data"))
    Path("mine.yaml").write_text(ENTRY)
    return tmp_path


def _files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def test_check_says_what_would_happen_and_touches_nothing():
    before = _files()
    said = runs.check(Path("mine.yaml"), Path("data"))
    for fact in (
        "72 read, 72 kept",
        "8 (month), 2020-01 to 2020-08",
        "3 kept",
        "5 train, 1 validation, 2 test",
    ):
        assert fact in said
    assert _files() == before


def test_add_writes_every_section_and_leaves_the_rest_alone():
    assert "added mine" in runs.add(Path("mine.yaml"), Path("data"))
    written = Path("params.yaml").read_text()
    at = written.index("  mine:")
    assert written[:at] + written[written.index("# after") :] == PARAMS
    assert set(read_yaml(Path("params.yaml"))["runs"]["mine"]) == set(MigrationRun.model_fields)
    assert load_run("mine").data == "data"
    assert sorted(path.name for path in Path().iterdir()) == ["data", "mine.yaml", "params.yaml"]


def test_add_again_changes_nothing_and_another_entry_replaces():
    runs.add(Path("mine.yaml"), Path("data"))
    once = Path("params.yaml").read_bytes()
    assert "nothing to change" in runs.add(Path("mine.yaml"), Path("data"))
    assert Path("params.yaml").read_bytes() == once
    Path("mine.yaml").write_text(ENTRY.replace("length: 2", "length: 3"))
    assert "replaced mine" in runs.add(Path("mine.yaml"), Path("data"))
    assert load_run("mine").migration.windows.length == 3
    assert Path("params.yaml").read_text() == once.decode().replace("length: 2", "length: 3")


def test_add_then_remove_gives_the_same_file_and_leaves_outputs():
    runs.add(Path("mine.yaml"), Path("data"))
    output = Path("runs/mine/report/index.html")
    output.parent.mkdir(parents=True)
    output.write_text("x")
    assert "runs/mine" in runs.remove("mine")
    assert Path("params.yaml").read_text() == PARAMS
    assert output.exists()


def test_remove_leaves_the_comments_of_the_others():
    runs.remove("first")
    assert (
        Path("params.yaml").read_text()
        == PARAMS[: PARAMS.index("  first:")] + PARAMS[PARAMS.index("\n  # the second") :]
    )
    with pytest.raises(UserError, match="second is the only run"):
        runs.remove("second")
    with pytest.raises(UserError, match=r"no run 'secnd' \(did you mean second\?\)"):
        runs.remove("secnd")


def test_a_file_may_hold_several_entries_and_simulated_ones_need_no_data():
    simulated = ENTRY.replace("mine", "made").replace(
        "{kind: flows, path: flows.csv}", "{kind: simulate, cities: 3}"
    )
    Path("both.yaml").write_text(ENTRY + simulated)
    runs.add(Path("both.yaml"), Path("data"))
    assert load_run("mine").data == "data"
    assert load_run("made").data == "params/no-input"


def test_an_absolute_data_path_stays_absolute(tmp_path):
    runs.add(Path("mine.yaml"), tmp_path / "data")
    assert load_run("mine").data == str(tmp_path / "data")


@pytest.mark.parametrize(
    ("content", "data", "fact"),
    [
        (ENTRY, None, "mine.yaml: mine: reads the user's files; say where they are with --data DIR"),
        (ENTRY, "nowhere", "nowhere: no such file or folder"),
        (ENTRY.replace("mine", "Mine"), "data", "mine.yaml: 'Mine' is no name for a run"),
        (ENTRY.replace("mine", "12"), "data", "mine.yaml: 12 is no name for a run"),
        (ENTRY.replace("absent", "absnt"), "data", "mine.yaml: mine: migration.cells.absent: is required"),
        (ENTRY.replace("test: 2", "test: 9"), "data", "windows need at least 13 observed periods"),
        (ENTRY.replace("2020-08", "2020-09"), "data", "period: no row for 2020-09"),
        ("", "data", "mine.yaml: holds no run"),
        ("mine: 3\n", "data", "mine.yaml: mine: is not a mapping"),
        ("mine: {\n", "data", "mine.yaml: line 2: not valid YAML"),
    ],
)
def test_a_wrong_entry_changes_nothing(content, data, fact):
    Path("mine.yaml").write_text(content)
    before = _files()
    for verb in (runs.check, runs.add):
        with pytest.raises(UserError) as caught:
            verb(Path("mine.yaml"), data and Path(data))
        assert fact in str(caught.value)
        assert "\n" not in str(caught.value)
    assert _files() == before


def test_one_wrong_entry_of_several_adds_none():
    Path("mine.yaml").write_text(ENTRY + ENTRY.replace("mine", "late").replace("2020-08", "2020-09"))
    with pytest.raises(UserError, match="2020-09"):
        runs.add(Path("mine.yaml"), Path("data"))
    assert Path("params.yaml").read_text() == PARAMS


@pytest.mark.parametrize(
    ("params", "fact"),
    [
        ("", "has no `runs:` mapping"),
        ("runs: {a: {b: 1}}\n", "written in braces"),
        ("runs:\n", "has no `runs:`"),
    ],
)
def test_a_params_file_that_cannot_be_edited_is_left_alone(params, fact):
    Path("params.yaml").write_text(params)
    with pytest.raises(UserError, match=fact):
        runs.add(Path("mine.yaml"), Path("data"))
    assert Path("params.yaml").read_text() == params


def test_a_params_file_without_a_last_newline_grows_all_the_same():
    Path("params.yaml").write_text("runs:\n  a: {b: 1}")
    runs.add(Path("mine.yaml"), Path("data"))
    assert list(read_yaml(Path("params.yaml"))["runs"]) == ["a", "mine"]


def test_show_names_what_is_built():
    runs.add(Path("mine.yaml"), Path("data"))
    assert "make demo RUN=mine" in runs.show("mine")
    page = Path("runs/mine/report/index.html")
    page.parent.mkdir(parents=True)
    page.write_text("x")
    assert str(page) in runs.show("mine")
    with pytest.raises(UserError, match="no run 'none'"):
        runs.show("none")


def test_the_committed_runs_can_be_added_and_removed():
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    before = Path("params.yaml").read_text()
    runs.add(ROOT / "params/tiny.yaml", None)
    runs.remove("tiny")
    assert Path("params.yaml").read_text() == before


def test_a_wrong_row_is_named_before_anything_is_added():
    flows_csv(Path("data"), text(rows()).replace(",9\n", ",-9\n"))
    with pytest.raises(UserError, match=r"data/flows.csv: row 10, column count: -9 is negative"):
        runs.add(Path("mine.yaml"), Path("data"))
    assert Path("params.yaml").read_text() == PARAMS
