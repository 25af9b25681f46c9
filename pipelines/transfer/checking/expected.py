"""Expectations that several suites of the transfer track have."""

from collections.abc import Sequence

import great_expectations.expectations as gxe

from modules.transfer.places.policy import policy
from pipelines.suite import says
from pipelines.validation import Severity


def columns(names: Sequence[str], mend: str) -> gxe.Expectation:
    """The table has these columns and no other."""
    text = says(f"The columns are exactly {', '.join(names)}.", mend)
    return gxe.ExpectTableColumnsToMatchSet(column_set=list(names), exact_match=True, **text)


def unique(column: str, mend: str) -> tuple[gxe.Expectation, gxe.Expectation]:
    """Every row has its own value."""
    return (
        gxe.ExpectColumnValuesToNotBeNull(column=column, **says(f"Every row has a {column}.", mend)),
        gxe.ExpectColumnValuesToBeUnique(column=column, **says(f"No {column} stands twice.", mend)),
    )


def members(column: str, mend: str) -> gxe.Expectation:
    """What is known of a place is a member of the United Nations."""
    codes = sorted(policy().members)
    text = says(f"{column} is the alpha-3 code of one of the {len(codes)} members of the UN.", mend)
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=codes, **text)


def none(column: str, what: str, mend: str, severity: Severity = "critical") -> gxe.Expectation:
    """A column that counts what must not be has nothing but zeros."""
    return at_most(column, 0, what, mend, severity)


def at_most(
    column: str, limit: float, what: str, mend: str, severity: Severity = "warning"
) -> gxe.Expectation:
    """No value of a column is above a limit."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, max_value=limit, **says(what, mend, severity))


def at_least(
    column: str, limit: float, what: str, mend: str, severity: Severity = "critical"
) -> gxe.Expectation:
    """No value of a column is below a limit."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=limit, **says(what, mend, severity))


def one_of(column: str, values: Sequence[str], mend: str) -> gxe.Expectation:
    """What is said in a column is one of these."""
    text = says(f"{column} is one of {', '.join(values)}.", mend)
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values), **text)
