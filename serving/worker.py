"""What the BentoML services of all tracks share: how they are mounted, checked and started."""

import asyncio
import gc
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from bentoml._internal.configuration.containers import BentoMLContainer
from bentoml.exceptions import BentoMLConfigException
from starlette.types import ASGIApp, Receive, Scope, Send

from modules.access import FOLLOW, demand_token
from modules.artefact import verify
from modules.errors import UserError
from modules.orphan import end_with_parent
from serving.drain import drain_at_sigterm, listening
from serving.feature_log import close_logs
from serving.release import Release
from serving.settings import Settings
from serving.straight import go_straight

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
"""Of `bentoml.service`, for every track."""
_AFTER_OURS = 5
"""Seconds after our time limit at which BentoML's comes; its answer is no problem of RFC 9457."""

logger = logging.getLogger("bentoml.serve")


class Mounted:
    """What BentoML mounts at import; the app itself is there once the service has started."""

    app: ASGIApp

    def __init__(self, *, timeout: int) -> None:
        self.timeout = timeout
        self.is_first = True

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on; the first one finds the way that the others take."""
        if self.is_first and not TRACED and not go_straight(scope["app"], self._pass_on):
            logger.info("a setting keeps BentoML's middleware around every request")
        self.is_first = False
        return self._pass_on(scope, receive, send)

    def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(scope, receive, send)  # another one after a swap

    def settings(self) -> dict[str, Any]:
        """What `bentoml.service` is told."""
        timeout = self.timeout
        with suppress(UserError):  # `check_bento` says it on one line
            timeout = Settings.read(self.timeout).timeout
        # BentoML keeps a timer for every request until it runs out, answered or not.
        return {"traffic": {"timeout": timeout + _AFTER_OURS}, **SETTINGS}

    def start(self, make: Callable[[Path, Release, Settings], ASGIApp]) -> None:
        """Load the app over the bento's artefact.

        Raises:
            UserError: if others than this machine can reach the worker, and no token is set.
        """
        import torch  # noqa: PLC0415 - the process that watches the worker imports this file too

        end_with_parent()  # nobody would watch this worker any more, and its port would stay taken
        torch.set_num_threads(1)
        settings, release = Settings.read(self.timeout), Release.read(RELEASE)
        for host in listening().values():
            demand_token(host, settings.tokens)
        self.app = make(ARTEFACT, release, settings)
        drain_at_sigterm(settings.drain)
        if FOLLOW in os.environ:
            from serving.follow import follow  # noqa: PLC0415 - its client of HTTP is for this alone

            def load(artefact: Path, of: Release, by: Settings) -> ASGIApp:
                torch.set_num_threads(1)  # of the thread that loads
                return make(artefact, of, by)

            def swap(app: ASGIApp) -> None:
                self.app = app

            following = follow(Path(os.environ[FOLLOW]), release, settings, load, swap)
            self.following = asyncio.create_task(following)  # which would else be collected
        # What is here now stays: no collection need look at it again, and the few objects of a request
        # need no collection every 700. Collections of everything were the tail.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        logger.info("%s answers", release.tag)

    def stop(self) -> None:
        """Finish what is done beside the answers, once the last of them is sent."""
        close_logs()


def check_bento() -> None:
    """Refuse to start any worker on a bento that is torn or changed, a setting that is wrong, or open to all.

    Raises:
        BentoMLConfigException: saying what is wrong.
    """
    try:
        demand_token(_host(), Settings.read().tokens)
        Release.read(RELEASE)
        verify(ARTEFACT)
    except UserError as error:
        raise BentoMLConfigException(str(error)) from error


def _host() -> str:
    # Nothing listens yet, and BentoML tells its hook nothing: the command line or its environment, else its
    # configuration.
    command = click.get_current_context(silent=True)
    return str((command.params.get("host") if command else None) or BentoMLContainer.http.host.get())
