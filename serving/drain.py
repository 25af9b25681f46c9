"""The end of a worker: what was asked is answered, nothing new is taken, and it does end."""

import asyncio
import logging
import os
import signal
import socket
from types import FrameType

import psutil

_UNTIL_DEAF = 0.5
"""Seconds that uvicorn needs to stop listening, which it looks at ten times a second."""

logger = logging.getLogger("bentoml.serve")


def listening() -> dict[int, str]:
    """The file descriptors on which this process listens to the network, with their addresses."""
    found = psutil.Process().net_connections("inet")
    return {each.fd: each.laddr.ip for each in found if each.status == psutil.CONN_LISTEN}


def drain_at_sigterm(seconds: int) -> None:
    """Bound the end that uvicorn begins at SIGTERM, and refuse new connections meanwhile.

    uvicorn would wait for open connections as long as they last, and BentoML cannot tell it otherwise. The
    process that watches this one keeps the listening socket until this one has ended: new connections would
    be taken, and hang. To be called in the main thread, with the event loop running.
    """
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def begin(number: int, frame: FrameType | None) -> None:
        # The kernel ends the process even if a long computation holds the interpreter.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        loop.call_soon_threadsafe(loop.call_later, _UNTIL_DEAF, _refuse)
        logger.info("SIGTERM: what was asked is answered, for at most %d s", seconds)
        if callable(before):
            before(number, frame)

    sockets = [os.dup(each) for each in listening()]

    def _refuse() -> None:
        for each in sockets:
            with socket.socket(fileno=each) as listener:
                listener.shutdown(socket.SHUT_RDWR)
        sockets.clear()

    signal.signal(signal.SIGTERM, begin)
