"""A month's rows as the text columns of an export."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.migration.simulating.months import Month

_DAY = 24 * 3600
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode("ascii"), np.uint16)
_HASH = 16
_CLOCK = pa.array(
    [
        f"T{hour:02d}:{minute:02d}:{second:02d}Z"
        for hour in range(24)
        for minute in range(60)
        for second in range(60)
    ]
)
_NUMBER = 1_000_000_000


def hexadecimal(numbers: NDArray[np.uint64]) -> pa.Array:
    """Numbers [n] of 64 bits as 16 hexadecimal digits."""
    letters = _HEX[numbers.astype(">u8").view(np.uint8)]
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * _HASH
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(letters.tobytes()))


def iso(month: Month, seconds: NDArray[np.int32]) -> pa.Array:
    """Seconds [n] from a month's start as ISO 8601 UTC."""
    days = pa.array([f"{month.label}-{day:02d}" for day in range(1, 32)])
    day, clock = np.divmod(seconds, _DAY)
    return pc.binary_join_element_wise(days.take(pa.array(day)), _CLOCK.take(pa.array(clock)), "")


def running(month: Month, number: int) -> pa.Array:
    """Unique numbers of a month's rows, as text."""
    first = (month.year * 100 + month.month) * _NUMBER
    return pc.cast(pa.array(np.arange(first, first + number)), pa.string())


def coded(codes: pa.Array, number: NDArray[np.int32]) -> pa.Array:
    """The code of every number [n]; null where it is -1."""
    return codes.take(pa.array(number, mask=number < 0))
