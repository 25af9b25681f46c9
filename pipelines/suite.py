"""A table and what is expected of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd

from modules.errors import UserError
from pipelines.validation import Severity


@dataclass(frozen=True)
class Suite:
    """A table and what is expected of it, in the order of judgement."""

    name: str
    title: str
    frame: pd.DataFrame
    key: tuple[str, ...]
    """Columns that name a row in a sample."""
    expectations: tuple[gxe.Expectation, ...]


def says(what: str, mend: str, severity: Severity = "critical") -> dict[str, Any]:
    """The words and weight of an expectation: what it says, and how to mend what breaks it."""
    return {"description": what, "meta": {"mend": mend}, "severity": severity}


def read_frame(path: Path) -> pd.DataFrame:
    """A table that import wrote.

    Raises:
        UserError: if it is absent.
    """
    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
