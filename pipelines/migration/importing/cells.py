"""From rows of several files to one sorted table of cells; every row is kept or dropped by a named rule."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError
from modules.period import Calendar
from pipelines.config.migration import Period
from pipelines.migration.importing.rows import Rows
from pipelines.tables.table import Coded

Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Counts by period, origin and destination; `regions` are the sorted codes that the positions mean."""

    regions: list[str]
    period: Codes
    origin: Codes
    destination: Codes
    count: NDArray[np.float64]

    def where(self, mask: Mask) -> "Cells":
        """The cells that the mask names."""
        return replace(
            self,
            period=self.period[mask],
            origin=self.origin[mask],
            destination=self.destination[mask],
            count=self.count[mask],
        )

    def keys(self, period: Codes | None = None) -> NDArray[np.int64]:
        """One number per cell that sorts as period, origin, destination."""
        size = np.int64(len(self.regions))
        time = self.period if period is None else period
        return (time.astype(np.int64) * size + self.origin) * size + self.destination

    def renamed(self, names: dict[str, str]) -> "Cells":
        """The same cells with some regions counted in others."""
        wanted = [names.get(region, region) for region in self.regions]
        regions = sorted(set(wanted))
        at = {region: position for position, region in enumerate(regions)}
        new = np.array([at[region] for region in wanted], dtype=np.int32)
        return replace(self, regions=regions, origin=new[self.origin], destination=new[self.destination])

    def only(self, regions: list[str]) -> "Cells":
        """The cells between the given sorted regions."""
        at = {region: position for position, region in enumerate(regions)}
        new = np.array([at.get(region, -1) for region in self.regions], dtype=np.int32)
        moved = replace(self, regions=regions, origin=new[self.origin], destination=new[self.destination])
        return moved.where((moved.origin >= 0) & (moved.destination >= 0))

    def summed(self) -> "Cells":
        """Sorted, with equal cells added in an order that the rows' order does not change."""
        keys = self.keys()
        if (np.diff(keys) > 0).all():
            return self
        order = np.lexsort((self.count, keys))
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        first = order[starts]
        return replace(
            self,
            period=self.period[first],
            origin=self.origin[first],
            destination=self.destination[first],
            count=np.add.reduceat(self.count[order], starts),
        )


def stack(blocks: list[Rows], calendar: Calendar) -> tuple[Cells, Callable[[int], str]]:
    """All files' rows as cells, and where each stands; no cell may be written twice.

    Raises:
        UserError: naming both rows of a duplicate, or of two kinds of period.
    """
    starts = np.cumsum([0, *(len(block.count) for block in blocks)])

    def place(row: int) -> str:
        block = int(np.searchsorted(starts, row, side="right")) - 1
        return blocks[block].place(row - int(starts[block]))

    ends = [end for block in blocks for end in (block.origin, block.destination)]
    regions = sorted({end.texts[code] for end in ends for code in np.unique(end.codes)})
    at = {region: position for position, region in enumerate(regions)}
    cells = Cells(
        regions,
        np.concatenate([block.periods.ordinal for block in blocks]),
        np.concatenate([_recoded(block.origin, at) for block in blocks]),
        np.concatenate([_recoded(block.destination, at) for block in blocks]),
        np.concatenate([block.count for block in blocks]),
    )
    written = np.concatenate([block.periods.key for block in blocks])
    _refuse_mixed(written < 0, place, calendar)
    _refuse_duplicates(cells, written, place, calendar)
    return cells, place


def inside(cells: Cells, period: Period, place: Callable[[int], str]) -> Mask:
    """Which cells lie in the run's span; every period of it has a row, and a declared gap has none.

    Raises:
        UserError: naming the period, and how to declare a gap.
    """
    calendar, span = period.calendar, period.ordinals
    mask: Mask = (cells.period >= span[0]) & (cells.period <= span[-1])
    if not mask.any():
        low, high = calendar.label(int(cells.period.min())), calendar.label(int(cells.period.max()))
        raise UserError(
            f"period: no row lies in {period.first} to {period.last}; the rows go from {low} to {high}"
        )
    gaps = np.isin(cells.period, list(period.gap_ordinals)) & mask
    if gaps.any():
        row = int(gaps.argmax())
        label = calendar.label(int(cells.period[row]))
        raise UserError(
            f"{place(row)}: period {label} lies in a declared gap; shorten period.gaps or take the rows out"
        )
    seen = set(np.unique(cells.period[mask]).tolist())
    silent = [p for p in span if p not in seen and p not in period.gap_ordinals]
    if silent:
        run = next((at for at, p in enumerate(silent) if p != silent[0] + at), len(silent))
        first, last = calendar.label(silent[0]), calendar.label(silent[run - 1])
        raise UserError(
            f"period: no row for {first}{f' to {last}' if run > 1 else ''}; if nothing was recorded then, "
            f"declare it: period.gaps: [{{from: {first}, to: {last}}}]"
        )
    return mask


def _recoded(end: Coded, at: dict[str, int]) -> Codes:
    return np.array([at.get(text, -1) for text in end.texts], dtype=np.int32)[end.codes]


def _refuse_mixed(labelled: Mask, place: Callable[[int], str], calendar: Calendar) -> None:
    if labelled.any() and not labelled.all():
        label, date = place(int(labelled.argmax())), place(int((~labelled).argmax()))
        raise UserError(f"{label}: the period is a {calendar.unit}, at {date} a date; write all alike")


def _refuse_duplicates(cells: Cells, written: Codes, place: Callable[[int], str], calendar: Calendar) -> None:
    keys = cells.keys(written)
    if (np.diff(keys) > 0).all():
        return
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if not len(again):
        return
    at = again[np.argmin(order[again + 1])]
    first, second = int(order[at]), int(order[at + 1])
    what = (
        f"{calendar.label(int(cells.period[first]))}, {cells.regions[cells.origin[first]]} to "
        f"{cells.regions[cells.destination[first]]}"
    )
    raise UserError(f"{place(second)}: {what} was already given at {place(first)}; keep one of the two")
