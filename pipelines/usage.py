"""What a piece of work cost: CPU-seconds and peak memory."""

import os
from contextlib import suppress
from pathlib import Path
from typing import ClassVar
from weakref import WeakSet

import psutil

_CLEAR_PEAK = "5"


class Usage:
    """Counts from its creation on, for this process and the children it has waited for; may be nested."""

    _counting: ClassVar[WeakSet["Usage"]] = WeakSet()

    def __init__(self) -> None:
        self._start = os.times()[:4]
        self.highest = 0.0
        for outer in self._counting:  # their peak is lost with the mark
            outer.highest = max(outer.highest, _peak_mb())
        with suppress(OSError):  # Linux: start the peak anew
            Path("/proc/self/clear_refs").write_text(_CLEAR_PEAK, encoding="ascii")
        self._counting.add(self)

    def metrics(self) -> dict[str, float]:
        """`cpu_seconds`, and `peak_memory_mb`: the largest resident set (outside Linux, the present one)."""
        spent = sum(now - then for now, then in zip(os.times()[:4], self._start, strict=True))
        return {"cpu_seconds": spent, "peak_memory_mb": max(self.highest, _peak_mb())}


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return float(psutil.Process().memory_info().rss) / 2**20
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
