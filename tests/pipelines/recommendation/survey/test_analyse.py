import csv
import json
from pathlib import Path

import pytest

from modules.errors import UserError
from pipelines.recommendation.survey.analyse import analyse
from pipelines.recommendation.survey.questions import header

ITEMS = ["intents", "student", "employer"]
# Of sheet k the place of the model's explanation, and the scores (model's, random's) of the three items.
SHEETS = {
    "1-01": (1, ((4, 2), (5, 3), (3, 3)), "model"),
    "1-02": (2, ((3, 3), (4, 2), (3, 3)), "model"),
    "2-01": (2, ((4, 1), (4, 3), (2, 2)), "model"),
    "2-02": (1, ((2, 3), (3, 3), (4, 4)), "random"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sheets = {
        sheet: {"case": int(sheet[-1]), "rater": f"rater {sheet[0]}", "model": place}
        for sheet, (place, _, _) in SHEETS.items()
    }
    (tmp_path / "key.json").write_text(json.dumps({"items": ITEMS, "sheets": sheets}), encoding="utf-8")
    for group in "12":
        lines = [header(ITEMS)]
        for sheet, (place, scores, prefers) in SHEETS.items():
            if sheet[0] == group:
                row = [f"rater {group}", sheet]
                for ours, random in scores:
                    row += [str(ours), str(random)] if place == 1 else [str(random), str(ours)]
                lines.append([*row, str(place if prefers == "model" else 3 - place)])
        write(tmp_path / f"group-{group}.csv", lines)
    return tmp_path


def write(path: Path, lines: list[list[str]], separator: str = ",") -> None:
    path.write_text("".join(separator.join(line) + "\n" for line in lines), encoding="utf-8")


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_the_blinding_is_undone_and_the_tables_are_those_of_the_sheets(folder: Path) -> None:
    text = analyse(folder)
    assert read(folder / "table-9.csv")[1:] == [["model", "3", "0.625"], ["random", "1", ""]]
    rows = read(folder / "table-10.csv")[1:]
    assert [row[1:3] for row in rows] == [["3.25", "2.25"], ["4.00", "2.75"], ["3.00", "3.00"]]
    # Differences 2, 0, 3, -1: t = 1 / (1.8257 / 2) = 1.0954 with 3 degrees of freedom.
    assert float(rows[0][3]) == pytest.approx(0.3535, abs=1e-3)
    assert rows[2][3] == "not defined"  # every sheet scored both alike
    assert "4 of 4 sheets are filled." in text
    assert "the 2 students whom both rated" in text
    # Choices by student: both model; model and random. D_o = 2/4, D_e = 6/12.
    assert "choices 0.00" in text
    assert (folder / "analysis.txt").read_text(encoding="utf-8") == text


def test_a_sheet_that_was_not_returned_is_left_out(folder: Path) -> None:
    lines = read(folder / "group-2.csv")
    lines[2] = [*lines[2][:2], *[""] * 7]
    write(folder / "group-2.csv", lines)
    text = analyse(folder)
    assert "3 of 4 sheets are filled." in text
    assert read(folder / "table-9.csv")[1][1] == "3"
    assert "the 1 students" in text


def test_a_spreadsheets_semicolons_and_byte_order_mark_are_read(folder: Path) -> None:
    expected = analyse(folder)
    lines = read(folder / "group-1.csv")
    write(folder / "group-1.csv", lines, ";")
    path = folder / "group-1.csv"
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert analyse(folder) == expected


@pytest.mark.parametrize(
    ("line", "column", "value", "said"),
    [
        (1, 2, "6", "group-1.csv: line 2: sheet 1-01: q1 is '6'; give a whole number from 1 to 5"),
        (2, 5, "", "line 3: sheet 1-02: q4 is ''; give a whole number from 1 to 5"),
        (1, 8, "both", "line 2: sheet 1-01: q7 is 'both'; give a whole number from 1 to 2"),
        (1, 1, "9-99", "line 2: sheet '9-99' is not in key.json"),
        (2, 1, "1-01", "line 3: sheet 1-01 stands here twice"),
        (0, 3, "second", "line 1: no column q2"),
    ],
)
def test_a_bad_sheet_gets_one_clear_line(folder: Path, line: int, column: int, value: str, said: str) -> None:
    lines = read(folder / "group-1.csv")
    lines[line][column] = value
    write(folder / "group-1.csv", lines)
    with pytest.raises(UserError) as raised:
        analyse(folder)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "group-2.csv").unlink()
    with pytest.raises(UserError, match=r"group-2\.csv: no such file"):
        analyse(folder)
    with pytest.raises(UserError, match=r"key\.json: no such file"):
        analyse(tmp_path / "elsewhere")


def test_nothing_filled_is_no_result(folder: Path) -> None:
    for group in "12":
        lines = read(folder / f"group-{group}.csv")
        empty = [[*line[:2], *[""] * 7] for line in lines[1:]]
        write(folder / f"group-{group}.csv", [lines[0], *empty])
    with pytest.raises(UserError, match="0 filled sheets"):
        analyse(folder)
