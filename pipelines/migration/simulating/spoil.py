"""Fields gone wrong: what an export has in the rows that are unknown, malformed, mistyped or out of time."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.migration.simulating.months import Month

_UNKNOWN = [None, None, None, "000000", "999999", "810000"]  # the last is Hong Kong
_BAD_TIMES = [None, "", "n/a", "0000-00-00T00:00:00Z", "2021-13-45T99:99:99Z", "2021-02-30T12:00"]
_BAD_USERS = [None, "", "NULL"]
_NUMBERS = ["3.0", "1024", "0", "-1", "1e5", "20210301"]
_LONG_AGO_AND_FAR_OFF = ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", "1900-01-01T08:00:00Z"]

Columns = dict[str, pa.Array]
Text = str | None


class Spoiler:
    """Spoils a month's columns in place.

    Args:
        names: the cities' Chinese names by code, which some exports put where the code should be.
    """

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def spoil(self, columns: Columns, kind: NDArray[np.str_], month: Month, rng: np.random.Generator) -> None:
        """Spoil one field of every row of the four classes.

        Args:
            columns: user_hash, ts, origin and text, [n] each.
            kind: [n] the rows' classes; others than the four are left alone.
            month: whose log this is.
            rng: decides which field and how.
        """
        ways: dict[str, list[tuple[str, Callable[[Text], Text]]]] = {
            "unknown_origin": [("origin", lambda _: _UNKNOWN[rng.integers(len(_UNKNOWN))])],
            "malformed": [
                ("text", lambda _: None),
                ("text", lambda _: ""),
                ("text", _garbled),
                ("text", _garbled),
                ("ts", lambda _: _BAD_TIMES[rng.integers(len(_BAD_TIMES))]),
                ("user_hash", lambda _: _BAD_USERS[rng.integers(len(_BAD_USERS))]),
            ],
            "wrong_type": [
                ("text", lambda _: _NUMBERS[rng.integers(len(_NUMBERS))]),
                ("ts", _epoch),
                ("origin", lambda code: f"{code}.0"),
                ("origin", lambda code: self._names[str(code)]),
                ("user_hash", lambda _: f"{rng.integers(10**6)}.0"),
            ],
            "out_of_range": [
                ("ts", lambda _: _LONG_AGO_AND_FAR_OFF[rng.integers(len(_LONG_AGO_AND_FAR_OFF))]),
                ("ts", lambda ts: _moved(str(ts), month, int(rng.integers(1, 12)))),
            ],
        }
        changes: dict[str, dict[int, Text]] = {column: {} for column in columns}
        for name, fields in ways.items():
            at = np.flatnonzero(kind == name)
            for row, which in zip(at.tolist(), rng.integers(len(fields), size=len(at)).tolist(), strict=True):
                column, change = fields[which]
                changes[column][row] = change(columns[column][row].as_py())
        for column, changed in changes.items():
            columns[column] = _replaced(columns[column], changed)


def _garbled(text: Text) -> str:
    """Bytes of one encoding read as another, and cut off within a character (FE begins none in UTF-8)."""
    return (str(text).encode("gb18030") + b"\xfe").decode("utf-8", "replace")


def _epoch(ts: Text) -> str:
    return str(np.datetime64(str(ts).removesuffix("Z"), "s").astype(np.int64))


def _moved(ts: str, month: Month, by: int) -> str:
    moved = np.datetime64(month.label, "M") + by * (1 if month.month % 2 else -1)
    return f"{moved}-{min(int(ts[8:10]), 28):02d}{ts[10:]}"


def _replaced(column: pa.Array, changed: dict[int, Text]) -> pa.Array:
    mask = np.zeros(len(column), bool)
    rows = sorted(changed)
    mask[rows] = True
    return pc.replace_with_mask(column, pa.array(mask), pa.array([changed[row] for row in rows], pa.string()))
