"""The shortest way through BentoML's app to ours."""

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

_SPARED = frozenset({"OpenTelemetryMiddleware", "TimeoutMiddleware", "ContextMiddleware"})
"""What BentoML puts around every app, and ours does without: its tracing is off, its limit of time comes
after ours, nothing asks its context. Its limit costs a task and a timer for each request, kept until it
runs out."""


def go_straight(outer: Starlette, app: ASGIApp) -> bool:
    """Let requests reach a mounted app past the middleware around it, BentoML's own endpoints excepted.

    Where there is any other middleware (CORS, a log of accesses, a limit that a user has set), nothing is
    changed.

    Args:
        outer: BentoML's app, which has started.
        app: the mounted one.

    Returns:
        Whether requests go straight from now on.
    """
    around = outer.middleware_stack
    if around is None or any(
        getattr(each.cls, "__name__", "") not in _SPARED for each in outer.user_middleware
    ):
        return False
    own = set()
    for route in outer.routes:
        if isinstance(route, Mount):
            break
        if isinstance(route, Route):
            own.add(route.path)

    async def straight(scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] not in own
        await (app if ours else around)(scope, receive, send)

    outer.middleware_stack = straight
    return True
