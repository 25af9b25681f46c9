"""What raters are asked, Table 8 of Zhu et al. (2021), and where the answers stand."""

ITEMS = {
    "intents": "chances of what the student does next",
    "student": "student's fields",
    "employer": "employer's fields",
}
"""What an explanation consists of; a run without intents has the last two."""
KEY = "key.json"
RATER, SHEET, CHOICE = "rater", "sheet", "q7"
LOWEST, HIGHEST = 1, 5
"""Of the Likert scale."""


def columns(item: str) -> tuple[str, str]:
    """Of an item's two scores: of explanation 1 and of explanation 2."""
    at = 2 * list(ITEMS).index(item)
    return f"q{at + 1}", f"q{at + 2}"


def header(items: list[str]) -> list[str]:
    """Columns of a sheet to fill."""
    return [RATER, SHEET, *(column for item in items for column in columns(item)), CHOICE]


def csv_of(group: int) -> str:
    """The answers of a group of raters."""
    return f"group-{group}.csv"
