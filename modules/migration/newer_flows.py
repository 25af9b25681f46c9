"""Moving a history on by periods that the model has not seen."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from modules.errors import RequestError
from modules.migration.cells import CellRules
from modules.migration.censoring import below_the_cut
from modules.migration.request import Move, check_region
from modules.period import Calendar

MOST_PERIODS = 100
"""Most newer periods in a request."""
LARGEST_COUNT = 1e12
"""Largest count in a request: far above any table of people, far below where a forecast overflows."""


def moved_on(
    history: Tensor,
    as_of: int,
    flows: Sequence[Move],
    *,
    calendar: Calendar,
    position: Mapping[str, int],
    rules: CellRules,
) -> tuple[Tensor, int]:
    """The history and its last period once the newer periods of `flows` are appended and the oldest dropped.

    A cell without a row is its corridor's last known count where the run's absent rows are missing, half the
    least that its origin lists where they are censored, else 0; a censored zero is as one without a row.

    Args:
        history: L x N x N, moves.
        as_of: ordinal of its last period.
        flows: rows of the periods right after it, in any order, none left out.
        calendar: how periods are counted.
        position: place of each region in the history.
        rules: what an absent row and the diagonal mean.

    Raises:
        RequestError: at the first row that is wrong, by its path.
    """
    periods = _periods(flows, as_of, calendar)
    cells: dict[int, dict[tuple[int, int], float]] = {period: {} for period in sorted(set(periods))}
    for number, (move, period) in enumerate(zip(flows, periods, strict=True)):
        cell = _cell(move, number, position, rules)
        if cell in cells[period]:
            raise RequestError(
                f"flows.{number}", f"{move.period} {move.origin} to {move.destination} is given twice"
            )
        cells[period][cell] = move.count
    window = list(history)
    for counts in cells.values():
        before = window[-1].numpy()
        newest = before.copy() if rules.absent == "missing" else np.zeros_like(before)
        censored = np.full(before.shape, rules.absent == "censored")
        rows, columns = zip(*counts, strict=True)
        newest[rows, columns] = list(counts.values())
        censored[rows, columns] = (newest[rows, columns] == 0) & (rules.zero == "censored")
        np.fill_diagonal(censored, np.diagonal(censored) & rules.diagonal)
        window = [*window[1:], torch.from_numpy(below_the_cut(newest, censored, before))]
    return torch.stack(window), max(cells)


def _periods(flows: Sequence[Move], as_of: int, calendar: Calendar) -> list[int]:
    periods = [_ordinal(move, number, calendar) for number, move in enumerate(flows)]
    known, expected = set(periods), calendar.label(as_of + 1)
    for number, period in enumerate(periods):
        label = calendar.label(period)
        if period <= as_of:
            said = f"the model knows {label} already; newer flows begin with {expected}"
            raise RequestError(f"flows.{number}.period", said)
        if period > as_of + MOST_PERIODS:
            last = calendar.label(as_of + MOST_PERIODS)
            said = f"{label} is too far ahead; a request takes {MOST_PERIODS} periods, {expected} to {last}"
            raise RequestError(f"flows.{number}.period", said)
        if period > as_of + 1 and period - 1 not in known:
            missing = calendar.label(period - 1)
            said = f"{label} without a row for {missing}; newer flows begin with {expected}, without a gap"
            raise RequestError(f"flows.{number}.period", said)
    return periods


def _ordinal(move: Move, number: int, calendar: Calendar) -> int:
    try:
        return calendar.ordinal(move.period)
    except ValueError as error:
        raise RequestError(f"flows.{number}.period", str(error)) from error


def _cell(move: Move, number: int, position: Mapping[str, int], rules: CellRules) -> tuple[int, int]:
    for field, region in (("origin", move.origin), ("destination", move.destination)):
        check_region(f"flows.{number}.{field}", region, position)
    if move.origin == move.destination and not rules.diagonal:
        said = f"moves inside a region ({move.origin}) are not part of this model; leave such rows out"
        raise RequestError(f"flows.{number}", said)
    if not (math.isfinite(move.count) and 0 <= move.count <= LARGEST_COUNT):
        raise RequestError(f"flows.{number}.count", f"{move.count} is not in 0..{LARGEST_COUNT:.0e}")
    return position[move.origin], position[move.destination]
