"""The extracted tables of a run, and what they sum to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from modules.errors import UserError
from pipelines.config.parts import TEST, TRAIN, VALIDATION, in_order, parts_of
from pipelines.config.recommendation import Recommendation


@dataclass(frozen=True)
class Tables:
    """What the import stage wrote."""

    students: pd.DataFrame
    employers: pd.DataFrame
    placements: pd.DataFrame
    record: dict[str, Any]

    def __getitem__(self, name: str) -> pd.DataFrame:
        frame: pd.DataFrame = getattr(self, name)
        return frame


def read_tables(folder: Path) -> Tables:
    """Read extracted/ of a run.

    Raises:
        UserError: if it is not built.
    """
    try:
        frames = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("students", "employers")}
        placements = pd.read_parquet(folder / "placements.parquet")
        record = json.loads((folder / "import.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{error.filename}: no such file; build it first (dvc repro)") from error
    return Tables(**frames, placements=placements, record=record)


def accounts(tables: Tables) -> pd.DataFrame:
    """A row for each table: rows read, kept, unaccounted for, keys repeated, strangers, shares by reason."""
    known = {name: set(tables[name]["id"]) for name in ("students", "employers")}
    placements = tables.placements
    strangers = ~(
        placements["student"].isin(known["students"]) & placements["employer"].isin(known["employers"])
    )
    lines = []
    for name, rows in tables.record["rows"].items():
        frame = tables[name]
        key = ["student", "employer"] if name == "placements" else ["id"]
        gone = sum(rows["quarantined"].values()) + sum(rows["dropped"].values())
        line = {
            "table": name,
            "read": rows["read"],
            "kept": rows["kept"],
            "unaccounted": abs(rows["read"] - rows["kept"] - gone) + abs(rows["kept"] - len(frame)),
            "repeated": int(frame.duplicated(key).sum()),
            "strangers": int(strangers.sum()) if name == "placements" else 0,
        }
        shares = {f"{why}_share": count / rows["read"] for why, count in rows["quarantined"].items()}
        lines.append(line | shares)
    return pd.DataFrame(lines)


def students_parts(tables: Tables, settings: Recommendation) -> pd.Series:
    """For every student the part."""
    students = tables.students
    cohorts = [None if pd.isna(cohort) else cohort for cohort in students["cohort"]]
    return pd.Series(parts_of(students["id"].tolist(), cohorts, settings.split), index=students["id"])


def parts(tables: Tables, settings: Recommendation) -> pd.DataFrame:
    """A row for each part: students, rows, positives, and the share whose employer has none in training.

    `not_after` counts the training cohorts that are not before every cohort of the part.
    """
    part = students_parts(tables, settings)
    rows = tables.placements.assign(part=part[tables.placements["student"]].to_numpy())
    if settings.placements.decisions is None:
        rows["positive"] = 1
    else:
        rows["positive"] = rows["student_yes"] * rows["employer_yes"]
    hired = rows[rows["positive"] == 1]
    seen = set(hired.loc[hired["part"] == TRAIN, "employer"])
    cohorts = tables.students["cohort"].to_numpy()
    order = in_order([cohort for cohort in cohorts if not pd.isna(cohort)])
    rank = np.array([-1 if pd.isna(cohort) else order.index(cohort) for cohort in cohorts])
    trained = np.unique(rank[(part == TRAIN).to_numpy()])
    lines = []
    for name in (TRAIN, VALIDATION, TEST):
        inside, positive = rows[rows["part"] == name], hired[hired["part"] == name]
        first = rank[(part == name).to_numpy()].min()
        by_cohort = settings.split.fractions is None and name != TRAIN
        lines.append(
            {
                "part": name,
                "students": int((part == name).sum()),
                "placements": len(inside),
                "positives": len(positive),
                "negatives": len(inside) - len(positive),
                "unseen": 1 - float(positive["employer"].isin(seen).mean()) if len(positive) else 0.0,
                "not_after": int((trained >= first).sum()) if by_cohort else 0,
            }
        )
    return pd.DataFrame(lines)


def fields(tables: Tables, settings: Recommendation) -> pd.DataFrame:
    """A row for each input field: share missing, distinct values, and whether it leaks.

    `unique`: distinct over known values, where they may be identifiers: texts and whole numbers of students.
    `separation`: of a text the share of test students whose value no training student has; of a number
    2 |AUC - 1/2| of test against training students.
    """
    part = students_parts(tables, settings)
    test, train = (part == TEST).to_numpy(), (part == TRAIN).to_numpy()
    lines = []
    for name, side in zip(("students", "employers"), settings.data_schema.inputs, strict=True):
        for field in side.fields:
            column = tables[name][field]
            known = column.dropna()
            line = {
                "side": name,
                "field": field,
                "missing": float(column.isna().mean()),
                "distinct": known.nunique(),
                "unique": 0.0,
                "separation": 0.0,
            }
            if name == "students" and len(known):
                text = field in side.categorical
                if text or (known == known.round()).all():
                    line["unique"] = known.nunique() / len(known)
                tell = _unseen if text else _told_apart
                line["separation"] = tell(column[train].dropna(), column[test].dropna())
            lines.append(line)
    return pd.DataFrame(lines)


def intents(tables: Tables, settings: Recommendation) -> pd.DataFrame:
    """A row for each class of the intent: students of each part."""
    part = students_parts(tables, settings).to_numpy()
    intent = tables.students["intent"]
    counts = pd.DataFrame({name: intent[part == name].value_counts() for name in (TRAIN, VALIDATION, TEST)})
    return counts.fillna(0).astype(int).sort_index().rename_axis("intent").reset_index()


def _unseen(train: "pd.Series[str]", test: "pd.Series[str]") -> float:
    return 1 - float(test.isin(set(train)).mean()) if len(test) else 0.0


def _told_apart(train: "pd.Series[float]", test: "pd.Series[float]") -> float:
    if not len(train) or not len(test):
        return 0.0
    ranks = pd.concat([train, test]).rank().to_numpy()
    above = ranks[len(train) :].sum() - len(test) * (len(test) + 1) / 2
    return float(abs(2 * above / (len(train) * len(test)) - 1))
