"""The BentoML service of the migration track: the entry of every released bento of it."""

import gc
import logging
import os
from collections.abc import Awaitable
from pathlib import Path

import bentoml
from bentoml.exceptions import BentoMLConfigException
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.artefact import verify
from modules.errors import UserError
from serving.release import Release
from serving.settings import max_body

BENTO = Path(__file__).parents[2]
ARTEFACT, RELEASE = BENTO / "artefact", BENTO / "release.json"
TRACED = os.environ.get("OTEL_SDK_DISABLED", "true").lower() != "true"

logger = logging.getLogger("bentoml.serve")


class Mounted:
    """What BentoML mounts at import; the app itself is there once the service has started."""

    app: ASGIApp

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on."""
        return self.app(scope, receive, send)


mounted = Mounted()


@bentoml.asgi_app(mounted, path="/")
@bentoml.service(
    workers=1,
    http={"host": "127.0.0.1"},
    # BentoML keeps a timer for every request until it runs out, answered or not.
    traffic={"timeout": 10},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    # OpenTelemetry's middleware is there, and costs, even when its SDK is off: it must pass every URL by.
    tracing={} if TRACED else {"excluded_urls": ".*"},
    # The environment wins over this: OTEL_SDK_DISABLED=false switches tracing on.
    envs=[{"name": "OTEL_SDK_DISABLED", "value": "true"}],
)
class Migration:
    """Forecasts of moves between regions."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
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

    def __init__(self) -> None:
        # Here and not above: the process that watches the worker imports this file too, and needs no torch.
        import torch

        from serving.migration.app import app

        torch.set_num_threads(1)
        release = Release.read(RELEASE)
        mounted.app = app(ARTEFACT, release, max_body=max_body())
        # What is here now stays: no collection need look at it again, and the few objects of a request
        # need no collection every 700. Collections of everything were the tail.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        logger.info("%s answers", release.tag)
