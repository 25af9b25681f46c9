"""What validation found: the record that validate writes and its page and the report read."""

from pathlib import Path
from typing import Literal

from modules.errors import UserError
from pipelines.config import Section

Severity = Literal["critical", "warning"]


class Check(Section):
    """One expectation and how the data met it."""

    type: str
    """Great Expectations' name of it, like expect_column_values_to_be_between."""
    column: str | None
    """The column or columns judged (none: the whole table)."""
    severity: Severity
    success: bool
    says: str
    """What is expected, in a sentence."""
    mend: str
    """What to do when it fails."""
    unexpected: int | None
    """How many values or rows broke it, where that can be counted."""
    samples: tuple[str, ...]
    """The first few of them, with the keys of their rows."""


class CheckedTable(Section):
    """The checks of one table, in the order they were declared."""

    name: str
    title: str
    rows: int
    checks: tuple[Check, ...]

    @property
    def rank(self) -> int:
        """Reading order: tables with a critical failure (0), with a warning (1), without either (2)."""
        failed = {check.severity for check in self.checks if not check.success}
        return 0 if "critical" in failed else 1 if failed else 2


class Validation(Section):
    """Everything that was checked before a model saw the data."""

    run: str
    tables: tuple[CheckedTable, ...]

    @property
    def checks(self) -> int:
        """How many checks were made."""
        return sum(len(table.checks) for table in self.tables)

    def failed(self, severity: Severity) -> list[tuple[CheckedTable, Check]]:
        """The checks of a severity that failed, with their tables."""
        return [
            (table, check)
            for table in self.tables
            for check in table.checks
            if not check.success and check.severity == severity
        ]


def read_validation(path: Path) -> Validation:
    """Read result.json.

    Raises:
        UserError: if it is absent.
    """
    try:
        return Validation.model_validate_json(path.read_bytes(), strict=False)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; build it first (dvc repro)") from error
