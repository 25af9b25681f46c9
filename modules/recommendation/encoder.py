"""From a table's values to codes and standardised numbers, the same in training and in serving."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from modules.errors import UserError
from modules.recommendation.features import Features
from modules.schema import Side


class _Column(Protocol):
    def to_pylist(self) -> list[Any]: ...


class ColumnTable(Protocol):
    """What is asked of a pyarrow table; serving encodes rows, and does not load pyarrow."""

    def column(self, name: str) -> _Column:
        """One column by its name."""


Rows = ColumnTable | Sequence[Mapping[str, Any]]
"""A pyarrow table, or a list of records."""
FARTHEST = 100
"""Standard deviations from the mean beyond which a number is taken for a mistake."""


@dataclass(frozen=True)
class SideEncoder:
    """Vocabularies and scales of one side, learnt from its training rows; their order plays no part."""

    side: Side
    vocabularies: tuple[tuple[str, ...], ...]
    """For each categorical field its values, sorted; a value's code is its position + 1, 0 is any other."""
    mean: tuple[float, ...]
    """For each number (`Side.numbers`) its mean over the rows that have it."""
    sd: tuple[float, ...]
    """Its standard deviation over the same rows; 1 where it does not vary."""

    @classmethod
    def fit(cls, rows: Rows, side: Side) -> Self:
        """Learn from training rows."""
        vocabularies = tuple(
            tuple(sorted({text for value in _column(rows, name) if (text := _text(value)) is not None}))
            for name in side.categorical
        )
        scales = [_mean_and_sd(name, _column(rows, name)) for name in side.numbers]
        return cls(side, vocabularies, tuple(mean for mean, _ in scales), tuple(sd for _, sd in scales))

    @cached_property
    def codes(self) -> tuple[dict[str, int], ...]:
        """For each categorical field the code of each value."""
        return tuple({word: at for at, word in enumerate(words, 1)} for words in self.vocabularies)

    @cached_property
    def bounds(self) -> dict[str, tuple[float, float]]:
        """For each number the least and the largest that are no mistake."""
        scales = zip(self.side.numbers, self.mean, self.sd, strict=True)
        return {name: (mean - FARTHEST * sd, mean + FARTHEST * sd) for name, mean, sd in scales}

    def encode(self, rows: Rows) -> Features:
        """Codes n x C and standardised values n x V of n rows; a field that a record lacks is missing.

        Raises:
            UserError: if a number is none.
        """
        names = [*self.side.categorical, *self.side.numbers]
        columns = [_column(rows, name) for name in names]
        cut = len(self.side.categorical)
        count = len(columns[0]) if columns else _length(rows)
        codes = [_codes(column, code) for column, code in zip(columns[:cut], self.codes, strict=True)]
        values = [
            _standardised(name, column, mean, sd)
            for name, column, mean, sd in zip(names[cut:], columns[cut:], self.mean, self.sd, strict=True)
        ]
        return Features(_stack(codes, count, torch.int64), _stack(values, count, torch.float32))

    def unknown(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
        """For each record the categorical fields whose value no training row had."""
        return [
            tuple(
                name
                for name, code in zip(self.side.categorical, self.codes, strict=True)
                if (text := _text(row.get(name))) is not None and text not in code
            )
            for row in rows
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The encoder of `to_json`, after a trip through JSON."""
        vocabularies = tuple(tuple(words) for words in content["vocabularies"])
        side = Side.from_json(content["side"])
        return cls(side, vocabularies, tuple(content["mean"]), tuple(content["sd"]))


def _column(rows: Rows, name: str) -> list[Any]:
    if isinstance(rows, Sequence):
        return [row.get(name) for row in rows]
    return rows.column(name).to_pylist()


def _length(rows: Any) -> int:
    return len(rows)


def _text(value: Any) -> str | None:
    # A record from JSON may hold 2017 where the table held the text 2017.
    return None if value is None or value == "" else str(value)


def _number(name: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise UserError(f"{name}: {value!r} is no number; give a number, or leave the field out")
    return number


def _mean_and_sd(name: str, column: list[Any]) -> tuple[float, float]:
    known = [number for value in column if (number := _number(name, value)) is not None]
    if not known:
        return 0.0, 1.0
    # fsum is exact, so the order of the rows changes no bit.
    mean = math.fsum(known) / len(known)
    sd = math.sqrt(math.fsum((number - mean) ** 2 for number in known) / len(known))
    return mean, sd if sd > 1e-12 * max(1.0, abs(mean)) else 1.0


def _codes(column: list[Any], code: Mapping[str, int]) -> list[int]:
    return [code.get(_text(value) or "", 0) for value in column]


def _standardised(name: str, column: list[Any], mean: float, sd: float) -> list[float]:
    numbers = [_number(name, value) for value in column]
    return [0.0 if number is None else (number - mean) / sd for number in numbers]


def _stack(columns: Sequence[Sequence[float]], count: int, dtype: torch.dtype) -> Tensor:
    if not columns:
        return torch.zeros(count, 0, dtype=dtype)
    return torch.tensor(columns, dtype=dtype).t().contiguous()
