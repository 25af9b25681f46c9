"""What becomes of every row of a table: kept, quarantined for one reason, or dropped by one rule."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.tables.table import Coded, Table

Mask = NDArray[np.bool_]


class Sieve:
    """Takes rows out, the first time that a reason or rule applies; every row read is accounted for."""

    def __init__(self, table: Table, ids: Coded) -> None:
        self.left: Mask = np.ones(len(table.rows), dtype=np.bool_)
        self._table, self._ids = table, ids
        self._dropped = {"blank": table.blank}
        self._quarantined: dict[str, int] = {}
        self._aside: list[pa.Table] = []

    @property
    def kept(self) -> NDArray[np.int64]:
        """The rows that are left, in the order of the file."""
        return np.flatnonzero(self.left)

    def drop(self, rule: str, mask: Mask) -> None:
        """Leave rows out that are sound but not asked for, or say nothing new."""
        out = mask & self.left
        self._dropped[rule] = self._dropped.get(rule, 0) + int(out.sum())
        self.left &= ~out

    def quarantine(self, reason: str, mask: Mask, field: str, cells: Coded) -> None:
        """Set rows aside whose `field` is unsound; only its value is kept of them, and the id."""
        out = np.flatnonzero(mask & self.left)
        self._quarantined[reason] = self._quarantined.get(reason, 0) + len(out)
        self.left[out] = False
        self._aside.append(
            pa.table(
                {
                    "row": self._table.rows[out],
                    "id": _text(self._ids, out),
                    "reason": pa.repeat(pa.scalar(reason), len(out)),
                    "field": pa.repeat(pa.scalar(field), len(out)),
                    "value": _text(cells, out),
                }
            )
        )

    def aside(self) -> pa.Table:
        """The quarantined rows: where each stands in its file, its id, the reason, the field and value."""
        return pa.concat_tables(self._aside).sort_by("row")

    def account(self) -> dict[str, Any]:
        """Rows read = kept + quarantined by reason + dropped by rule."""
        return {
            "read": len(self.left) + self._table.blank,
            "kept": int(self.left.sum()),
            "quarantined": self._quarantined,
            "dropped": self._dropped,
        }

    def reasons(self) -> str:
        """What took rows out, for a message."""
        counts = self._quarantined | self._dropped
        return ", ".join(f"{count} {why}" for why, count in counts.items() if count)


def _text(cells: Coded, rows: NDArray[np.int64]) -> pa.Array:
    return pa.array(cells.texts, pa.string()).take(pa.array(cells.codes[rows]))
