"""Which regions a run keeps."""

from collections.abc import Iterable

import numpy as np

from modules.errors import UserError, did_you_mean
from pipelines.config.migration import Period
from pipelines.migration.importing.cells import Cells


def kept_regions(cells: Cells, keep: str, period: Period, test: int) -> list[str]:
    """The sorted codes of all regions with a row, or of the busiest before the test span.

    Busy is in- plus out-flow off the diagonal; the test periods are left out so that they choose nothing.

    Raises:
        UserError: if there are fewer regions than asked for, or fewer than two.
    """
    ends = np.union1d(cells.origin, cells.destination)
    if len(ends) <= 1:
        raise UserError(f"regions: the rows that are left name {len(ends)} region; flows need two or more")
    if keep == "all":
        return [cells.regions[end] for end in ends]
    number = int(keep.removesuffix(" busiest"))
    if not 1 < number <= len(ends):
        raise UserError(f"regions.keep: {keep!r}, but the flows name {len(ends)} regions; ask for 2 to all")
    counted = cells.where((cells.period < period.observed[-test]) & (cells.origin != cells.destination))
    size = len(cells.regions)
    outflow = np.bincount(counted.origin, counted.count, size)
    busy = outflow + np.bincount(counted.destination, counted.count, size)
    order = sorted(ends, key=lambda end: (-busy[end], end))
    return sorted(cells.regions[end] for end in order[:number])


def refuse_unknown_merge(merge: dict[str, str], known: Iterable[str]) -> None:
    """Both sides of a merge must occur in the flows or the table of regions.

    Raises:
        UserError: naming the region that does not.
    """
    names = sorted(set(known))
    for region in [*merge, *merge.values()]:
        if region not in names:
            raise UserError(
                f"regions.merge: no row and no table names region {region!r}{did_you_mean(region, names)}"
            )
