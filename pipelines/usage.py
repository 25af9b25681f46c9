"""What a piece of work cost: CPU-seconds and peak memory."""

import os
from pathlib import Path

import psutil

_CLEAR_PEAK = "5"


class Usage:
    """Counts from its creation on, for this process and the children it has waited for."""

    def __init__(self) -> None:
        self._start = os.times()[:4]
        clear = Path("/proc/self/clear_refs")  # Linux: start the peak anew
        if clear.exists():
            clear.write_text(_CLEAR_PEAK, encoding="ascii")

    def metrics(self) -> dict[str, float]:
        """`cpu_seconds`, and `peak_memory_mb`: the largest resident set (outside Linux, the present one)."""
        spent = sum(now - then for now, then in zip(os.times()[:4], self._start, strict=True))
        return {"cpu_seconds": spent, "peak_memory_mb": _peak_mb()}


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return float(psutil.Process().memory_info().rss) / 2**20
    lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
