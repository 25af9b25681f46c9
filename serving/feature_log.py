"""What requests ask for and are told, as counts of bins, in a file a day: no request, no value, no id."""

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import orjson

from modules.errors import UserError
from modules.monitoring.feature import FEWEST
from modules.monitoring.reference import Observer, Reference
from serving.release import Release
from serving.request_log import where, write_line

LINE_SECONDS = 60
"""A line holds what came within so long, at least."""
ROOM = 100
"""Answers that may wait to be counted; what comes then is not counted."""
MOST_BYTES = 8_388_608
"""Of a day's file."""
KEPT_DAYS = 92

_OPEN: "list[FeatureLog]" = []
"""Of this process."""

Watch = Callable[[Any, Mapping[str, Any]], None]
"""Told of each request as the predictor takes it, and of its answer."""


def unwatched(_request: Any, _answer: Mapping[str, Any]) -> None:
    """Nothing is counted: the log is off."""


def watch(folder: Path | None, artefact: Path, release: Release, observe: Observer) -> Watch:
    """Counts into a folder what an observer sees, against the reference of the artefact's card.

    Raises:
        UserError: if the folder cannot be written, or the card has no reference.
    """
    if folder is None:
        return unwatched
    card = json.loads((artefact / "card.json").read_text(encoding="utf-8"))
    if "reference" not in card:
        raise UserError(f"{artefact / 'card.json'}: has no reference; build and release the run anew")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"TALENTFLOW_FEATURE_LOG: {folder}: {error.strerror}; name another folder") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"TALENTFLOW_FEATURE_LOG: {folder}: cannot be written; name another folder")
    log = FeatureLog(folder, release, Reference.from_json(card["reference"]), observe)
    _OPEN.append(log)
    return log.seen


def close_logs() -> None:
    """Count what waits and write the last lines; uvicorn ends the process by a signal, without `atexit`."""
    while _OPEN:
        _OPEN.pop().close()


class FeatureLog:
    """Counts in a thread of its own, and writes a line of sums over FEWEST units or more.

    A line tells how often each bin of each feature was met, feature by feature: which bins one student or
    text has together is never written, nor are fewer units than FEWEST.
    """

    def __init__(self, folder: Path, release: Release, reference: Reference, observe: Observer) -> None:
        self.folder, self.release, self.reference, self.observe = folder, release, reference, observe
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="features")
        self._lock, self._waiting, self._lost = Lock(), 0, 0
        self._counts: dict[str, list[float]] = {}
        self._units, self._since = 0, monotonic()

    def seen(self, request: Any, answer: Mapping[str, Any]) -> None:
        """Have an answer counted, unless too many wait."""
        with self._lock:
            if self._waiting >= ROOM:
                self._lost += 1
                return
            self._waiting += 1
        self._thread.submit(self._count, request, answer).add_done_callback(self._counted)

    def close(self) -> None:
        """Count what waits, and write the last line."""
        self._thread.shutdown()
        self._write()

    def _count(self, request: Any, answer: Mapping[str, Any]) -> None:
        units = self.observe(request, answer)
        for name, weights in self.reference.count(units).items():
            held = self._counts.setdefault(name, [0.0] * len(weights))
            self._counts[name] = [a + b for a, b in zip(held, weights, strict=True)]
        self._units += len(units)
        if monotonic() - self._since >= LINE_SECONDS:
            self._write()

    def _counted(self, job: "Future[None]") -> None:
        with self._lock:
            self._waiting -= 1
        error = job.exception()
        if isinstance(error, Exception):
            write_line({"feature_log": where(error)})

    def _write(self) -> None:
        if self._units < FEWEST:
            return
        today = datetime.now(UTC).date()
        line = orjson.dumps(
            {
                "day": today.isoformat(),
                "model": self.release.tag,
                "units": self._units,
                "lost": self._lost,
                "counts": {
                    name: {str(at): round(weight, 4) for at, weight in enumerate(weights) if weight}
                    for name, weights in self._counts.items()
                },
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        self._counts, self._units, self._lost, self._since = {}, 0, 0, monotonic()
        with suppress(OSError):  # a full disk harms no request
            self._append(today, line)

    def _append(self, today: date, line: bytes) -> None:
        path = self.folder / f"{self.release.run}.{today.isoformat()}.jsonl"
        if not path.exists():
            oldest = (today - timedelta(KEPT_DAYS)).isoformat()
            for other in self.folder.glob(f"{self.release.run}.*.jsonl"):
                if other.name.split(".")[1] < oldest:
                    other.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(line) <= MOST_BYTES:
                os.write(descriptor, line)  # one call, so that lines of several processes do not mix
        finally:
            os.close(descriptor)
