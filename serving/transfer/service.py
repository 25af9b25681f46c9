"""The BentoML service of the transfer track: the entry of every released bento of it."""

import bentoml

from serving.worker import Mounted, check_bento

# Many long texts take their time.
mounted = Mounted(timeout=120)


@bentoml.asgi_app(mounted, path="/")
@bentoml.service(**mounted.settings())
class Transfer:
    """Who is said to have moved between which countries, and when."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """See `check_bento`."""
        check_bento()

    def __init__(self) -> None:
        from serving.transfer.app import app

        mounted.start(app)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Once nothing is asked any more."""
        mounted.stop()
