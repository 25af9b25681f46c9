"""From filled sheets to Tables 9 and 10 of Zhu et al. (2021)."""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest, ttest_rel

from modules.errors import UserError
from pipelines.files import write_text
from pipelines.recommendation.survey.agreement import interval, krippendorff_alpha, nominal
from pipelines.recommendation.survey.questions import (
    CHOICE,
    HIGHEST,
    ITEMS,
    KEY,
    LOWEST,
    RATER,
    SHEET,
    columns,
    csv_of,
    header,
)

_LEAST = 2
Table = tuple[list[str], list[list[str]]]


@dataclass(frozen=True)
class Answer:
    """A filled sheet, with the blinding undone."""

    case: int
    model: dict[str, int]
    """Item -> score of the model's explanation."""
    random: dict[str, int]
    prefers_model: bool


def analyse(folder: Path) -> str:
    """Write table-9.csv, table-10.csv and analysis.txt beside the sheets; the text is given back.

    Raises:
        UserError: naming the file, the line and the column of an answer that is none.
    """
    key = _key(folder)
    answers = [
        answer
        for group in sorted({sheet.split("-")[0] for sheet in key["sheets"]})
        for answer in _answers(folder / csv_of(int(group)), key)
    ]
    if len(answers) < _LEAST:
        raise UserError(f"{folder}: {len(answers)} filled sheets; fill group-1.csv and group-2.csv first")
    tables = {"table-9": preferences(answers), "table-10": scores(answers, key["items"])}
    titles = {
        "table-9": "Table 9. Which explanation is more reasonable",
        "table-10": f"Table 10. Mean scores, {LOWEST} to {HIGHEST}, and paired t-tests",
    }
    parts = [f"{len(answers)} of {len(key['sheets'])} sheets are filled."]
    for name, table in tables.items():
        write_text(folder / f"{name}.csv", "".join(",".join(row) + "\n" for row in [table[0], *table[1]]))
        parts.append(f"{titles[name]}\n{_aligned(table)}")
    text = "\n\n".join([*parts, agreement(answers, key["items"])]) + "\n"
    write_text(folder / "analysis.txt", text)
    return text


def preferences(answers: Sequence[Answer]) -> Table:
    """How often either explanation was called the more reasonable, and the chance of that by a coin."""
    ours = sum(answer.prefers_model for answer in answers)
    p = binomtest(ours, len(answers)).pvalue
    rows = [["model", str(ours), _p(p)], ["random", str(len(answers) - ours), ""]]
    return ["explanation", "more reasonable", "binomial test p"], rows


def scores(answers: Sequence[Answer], items: Sequence[str]) -> Table:
    """Mean score of either explanation by item; the t-test pairs the two scores of a sheet."""
    rows = []
    for item in items:
        ours, random = (
            np.array([getattr(answer, kind)[item] for answer in answers], dtype=float)
            for kind in ("model", "random")
        )
        varies = bool(np.ptp(ours - random) > 0)
        p = float(ttest_rel(ours, random).pvalue) if varies else math.nan
        rows.append([ITEMS[item], f"{ours.mean():.2f}", f"{random.mean():.2f}", _p(p)])
    return ["item", "model", "random", "paired t-test p"], rows


def agreement(answers: Sequence[Answer], items: Sequence[str]) -> str:
    """Krippendorff's alpha over the students whom both groups rated: of scores and of choices."""
    scored: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    chosen: dict[int, list[float]] = defaultdict(list)
    for answer in answers:
        chosen[answer.case].append(float(answer.prefers_model))
        for kind in ("model", "random"):
            for item in items:
                scored[answer.case, kind, item].append(getattr(answer, kind)[item])
    of_scores = krippendorff_alpha(list(scored.values()), interval)
    of_choices = krippendorff_alpha(list(chosen.values()), nominal)
    both = sum(len(values) > 1 for values in chosen.values())
    return (
        f"Agreement of the two groups over the {both} students whom both rated, Krippendorff's alpha "
        f"(1: the same, 0: chance): scores {_alpha(of_scores)}, choices {_alpha(of_choices)}.\n"
        "The tests take sheets for independent, though a rater fills several and a student is rated twice."
    )


def _alpha(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _p(value: float) -> str:
    return "not defined" if math.isnan(value) else f"{value:.3g}"


def _aligned(table: Table) -> str:
    rows = [table[0], *table[1]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _key(folder: Path) -> dict[str, Any]:
    try:
        key: dict[str, Any] = json.loads((folder / KEY).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{folder / KEY}: no such file; name a folder that `survey make` wrote") from error
    return key


def _answers(path: Path, key: dict[str, Any]) -> Iterator[Answer]:
    """The filled sheets of a group; one that is left empty was not returned."""
    wanted, seen = header(key["items"]), set()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; it was made beside {KEY}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is no UTF-8 text; save it as CSV UTF-8") from error
    separator = ";" if lines and ";" in lines[0] else ","
    rows = csv.DictReader(lines, delimiter=separator)
    absent = [name for name in wanted if name not in (rows.fieldnames or ())]
    if absent:
        raise UserError(f"{path}: line 1: no column {absent[0]}; the first line has to be {','.join(wanted)}")
    for line, row in enumerate(rows, start=2):
        where = f"{path}: line {line}"
        given = {name: (row[name] or "").strip() for name in wanted}
        sheet = given[SHEET]
        if sheet not in key["sheets"]:
            raise UserError(
                f"{where}: sheet {sheet!r} is not in {KEY}; leave the second column as it was made"
            )
        if sheet in seen:
            raise UserError(f"{where}: sheet {sheet} stands here twice; keep one")
        seen.add(sheet)
        if any(given[name] for name in wanted if name not in (RATER, SHEET)):
            yield _answer(given, key["sheets"][sheet], key["items"], f"{where}: sheet {sheet}")


def _answer(given: dict[str, str], sheet: dict[str, Any], items: Sequence[str], where: str) -> Answer:
    def whole(column: str, highest: int) -> int:
        if given[column] not in {str(value) for value in range(1, highest + 1)}:
            raise UserError(
                f"{where}: {column} is {given[column]!r}; give a whole number from 1 to {highest}"
            )
        return int(given[column])

    pairs = {item: [whole(column, HIGHEST) for column in columns(item)] for item in items}
    ours = sheet["model"] - 1
    return Answer(
        case=sheet["case"],
        model={item: pair[ours] for item, pair in pairs.items()},
        random={item: pair[1 - ours] for item, pair in pairs.items()},
        prefers_model=whole(CHOICE, 2) == sheet["model"],
    )
