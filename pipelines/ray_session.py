"""Ray for the length of a block: a small local one, or the cluster that RAY_ADDRESS names."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray

STORE_BYTES = 512 * 2**20
LOST = 2
"""How often work is begun again whose worker, or whose machine, is gone."""
_SETTINGS = {
    # Workers keep what a network frees between layers, as the command line does for itself.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
}
"""Of a local Ray's processes, unless the user has set them."""


@contextmanager
def ray_session(cpus: int) -> Iterator[None]:
    """Connect to RAY_ADDRESS, or start Ray with `cpus` workers and no dashboard; a running one is shared."""
    if ray.is_initialized():
        yield
        return
    for setting, value in _SETTINGS.items():
        os.environ.setdefault(setting, value)
    address = os.environ.get("RAY_ADDRESS")
    stop = signal.getsignal(signal.SIGTERM)
    own: dict[str, Any] = {"num_cpus": cpus, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    ray.init(
        address=address or "local",  # not one that somebody else started on this machine
        log_to_driver=False,
        logging_level=logging.ERROR,
        **({} if address else own),
    )
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)  # Ray put one of its own in its place
    try:
        yield
    finally:
        ray.shutdown()
