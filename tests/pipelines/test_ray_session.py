"""SIGTERM while this process waits for Ray."""

import os
import signal
import threading
from types import FrameType

import pytest
import ray

from pipelines.ray_session import ray_session


@ray.remote
def held() -> None:
    threading.Event().wait()


def test_a_stop_while_ray_is_waited_for_is_an_interrupt_and_no_error() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM))
    try:
        with ray_session(1):
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                ray.wait([held.remote()])
    finally:
        signal.signal(signal.SIGTERM, before)
