import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from modules.errors import UserError
from pipelines.paths import RunPaths
from pipelines.recommendation.survey.commands import survey
from pipelines.recommendation.survey.make import make
from tests.pipelines.migration.reporting.test_report import LOADS, words
from tests.pipelines.recommendation import evaluations, judged_run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        judged_run.write()
        judged_run.saved(judged_run.judgement(seeds=1))
        record = evaluations.evaluation().model_dump_json()
        RunPaths(judged_run.NAME).evaluation.mkdir()
        (RunPaths(judged_run.NAME).evaluation / "evaluation.json").write_text(record, encoding="utf-8")
        make(judged_run.NAME, judged_run.CONFIG, 12, 6, folder / "survey")
    return folder


@pytest.fixture
def made(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.chdir(run_folder)
    key: dict[str, Any] = json.loads((run_folder / "survey" / "key.json").read_text(encoding="utf-8"))
    return SimpleNamespace(folder=run_folder / "survey", key=key)


def test_two_groups_rate_all_students_and_share_them_out(made: SimpleNamespace) -> None:
    sheets = made.key["sheets"]
    assert len(sheets) == 24
    for group in "12":
        mine = {sheet: each for sheet, each in sheets.items() if sheet.startswith(group)}
        assert sorted(each["case"] for each in mine.values()) == list(range(1, 13))
        raters = [each["rater"] for each in mine.values()]
        assert sorted(raters.count(rater) for rater in set(raters)) == [4, 4, 4]
    by_group = [{each["rater"] for s, each in sheets.items() if s.startswith(group)} for group in "12"]
    assert not by_group[0] & by_group[1]
    assert {each["model"] for each in sheets.values()} == {1, 2}


def test_a_questionnaire_says_nowhere_which_is_the_models(made: SimpleNamespace) -> None:
    for group in "12":
        html = (made.folder / f"group-{group}.html").read_text(encoding="utf-8")
        said = words(html)
        assert not LOADS.search(html)
        assert said.count("Explanation 1") == 12
        assert "rcjr" not in html
        assert "RCJR" not in html
        assert not any(f"s{at:04d}" in html for at in range(judged_run.STUDENTS))  # nobody's id
        assert "gender" not in said
        assert "q7 Which of the two is more reasonable, 1 or 2?" in said


def test_both_explanations_have_the_same_weights(made: SimpleNamespace) -> None:
    # So no shape tells the model's from the random one.
    html = (made.folder / "group-1.html").read_text(encoding="utf-8")
    for sheet in html.split('<h2 id="sheet-')[1:]:
        first, second = (
            sorted(part.split("</td>")[0] for part in half.split('<td class="n">')[1:])
            for half in sheet.split("<h3>Explanation ")[1:]
        )
        assert first == second
        assert len(first) == 2 + 3 + 3


def test_the_sheet_to_fill_has_a_line_for_every_student(made: SimpleNamespace) -> None:
    rows = list(csv.DictReader((made.folder / "group-2.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["rater", "sheet", "q1", "q2", "q3", "q4", "q5", "q6", "q7"]
    assert {row["sheet"] for row in rows} == {sheet for sheet in made.key["sheets"] if sheet[0] == "2"}
    assert all(row[name] == "" for row in rows for name in row if name.startswith("q"))
    assert all(made.key["sheets"][row["sheet"]]["rater"] == row["rater"] for row in rows)


def test_the_same_run_gives_the_same_bytes(made: SimpleNamespace, tmp_path: Path) -> None:
    make(judged_run.NAME, judged_run.CONFIG, 12, 6, tmp_path / "again")
    for path in made.folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("students", "raters", "said"),
    [
        (12, 5, "--raters 5: two groups"),
        (2, 6, "--students 2: fewer than the raters of a group; give 3 or more"),
        (5000, 6, "test students have their employer among the first 10, not 5000; give --students "),
    ],
)
@pytest.mark.usefixtures("made")
def test_what_cannot_be_drawn_is_said_in_a_line(
    tmp_path: Path, students: int, raters: int, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        make(judged_run.NAME, judged_run.CONFIG, students, raters, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_answers_are_never_written_over(made: SimpleNamespace) -> None:
    with pytest.raises(UserError, match="exists already"):
        make(judged_run.NAME, judged_run.CONFIG, 12, 6, made.folder)


def test_the_commands_answer(made: SimpleNamespace) -> None:
    rows = list(csv.reader((made.folder / "group-1.csv").read_text(encoding="utf-8").splitlines()))
    try:
        filled = [[*row[:2], *(str(1 + at % 5) for at in range(6)), "1"] for row in rows[1:]]
        text = "".join(",".join(row) + "\n" for row in [rows[0], *filled])
        (made.folder / "group-1.csv").write_text(text, encoding="utf-8")
        found = CliRunner().invoke(survey, ["analyse", str(made.folder)])
        assert found.exit_code == 0
        assert "12 of 24 sheets are filled." in found.output
    finally:
        text = "".join(",".join(row) + "\n" for row in rows)
        (made.folder / "group-1.csv").write_text(text, encoding="utf-8")
        for name in ("table-9.csv", "table-10.csv", "analysis.txt"):
            (made.folder / name).unlink(missing_ok=True)
