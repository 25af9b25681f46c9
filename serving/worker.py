"""What the BentoML services of all tracks share: how they are mounted, checked and started."""

import gc
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bentoml.exceptions import BentoMLConfigException
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.artefact import verify
from modules.errors import UserError
from serving.release import Release
from serving.settings import max_body

BENTO = Path(__file__).parents[1]
ARTEFACT, RELEASE = BENTO / "artefact", BENTO / "release.json"
TRACED = os.environ.get("OTEL_SDK_DISABLED", "true").lower() != "true"
SETTINGS: dict[str, Any] = {
    "workers": 1,
    "http": {"host": "127.0.0.1"},
    "logging": {"access": {"enabled": False}},
    "metrics": {"enabled": False},
    # OpenTelemetry's middleware is there, and costs, even when its SDK is off: it must pass every URL by.
    "tracing": {} if TRACED else {"excluded_urls": ".*"},
    # The environment wins over this: OTEL_SDK_DISABLED=false switches tracing on.
    "envs": [{"name": "OTEL_SDK_DISABLED", "value": "true"}],
}
"""Of `bentoml.service`; a track adds its time limit."""

logger = logging.getLogger("bentoml.serve")


class Mounted:
    """What BentoML mounts at import; the app itself is there once the service has started."""

    app: ASGIApp

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on."""
        return self.app(scope, receive, send)

    def start(self, make: Callable[..., ASGIApp]) -> None:
        """Load the app over the bento's artefact."""
        import torch  # noqa: PLC0415 - the process that watches the worker imports this file too

        torch.set_num_threads(1)
        release = Release.read(RELEASE)
        self.app = make(ARTEFACT, release, max_body=max_body())
        # What is here now stays: no collection need look at it again, and the few objects of a request
        # need no collection every 700. Collections of everything were the tail.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        logger.info("%s answers", release.tag)


def check_bento() -> None:
    """Refuse to start any worker on a bento that is torn or changed, or a setting that is wrong.

    Raises:
        BentoMLConfigException: saying what is wrong.
    """
    try:
        max_body()
        Release.read(RELEASE)
        verify(ARTEFACT)
    except UserError as error:
        raise BentoMLConfigException(str(error)) from error
