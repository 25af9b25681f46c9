"""Long answers: one at a time, few wait, none waits for ever."""

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import perf_counter
from typing import Any

from starlette.types import Receive

from serving.body import Disconnected
from serving.problem import Problem


class WaitingLine:
    """A thread that works out one answer after the other.

    Several at once would share the interpreter, and each holds its whole matrix. What is being worked out
    cannot be stopped: it keeps its place until it is done, even if nobody waits for it any more.
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answer")
        self._lock, self._inside, self._took = Lock(), 0, 0.0

    def __len__(self) -> int:
        """How many wait for their turn."""
        return max(0, self._inside - 1)

    async def answer(self, work: Callable[[], bytes], receive: Receive, seconds: float) -> bytes:
        """Wait for the turn, and for the answer.

        Raises:
            Problem: 503 if too many wait already, 504 if the answer is not there after the seconds.
            Disconnected: if the client went away meanwhile.
        """
        job = self._enter(work)
        answer, gone = asyncio.wrap_future(job), asyncio.ensure_future(_gone(receive))
        either: set[asyncio.Future[Any]] = {answer, gone}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            if gone.done():
                raise Disconnected
            raise Problem(504, "The answer took too long; ask for less at a time.", headers=[self._later()])
        finally:
            gone.cancel()
            answer.cancel()  # gives the place up, unless its turn has come

    def _enter(self, work: Callable[[], bytes]) -> Future[bytes]:
        with self._lock:
            if self._inside > self.room:
                raise Problem(503, "Too many requests wait already.", headers=[self._later()])
            self._inside += 1
        job = self._thread.submit(self._timed, work)
        job.add_done_callback(self._leave)
        return job

    def _timed(self, work: Callable[[], bytes]) -> bytes:
        start = perf_counter()
        try:
            return work()
        finally:
            self._took = perf_counter() - start

    def _leave(self, _job: Future[bytes]) -> None:
        with self._lock:
            self._inside -= 1

    def _later(self) -> tuple[bytes, bytes]:
        # As long as all that are inside will take, if they are like the last one.
        return b"retry-after", b"%d" % max(1, math.ceil(self._took * self._inside))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
