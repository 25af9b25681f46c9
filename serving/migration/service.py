"""The BentoML service of the migration track: the entry of every released bento of it."""

import bentoml

from serving.worker import Mounted, check_bento

mounted = Mounted(timeout=30)


@bentoml.asgi_app(mounted, path="/")
@bentoml.service(**mounted.settings())
class Migration:
    """Forecasts of moves between regions."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """See `check_bento`."""
        check_bento()

    def __init__(self) -> None:
        from serving.migration.app import app

        mounted.start(app)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def stop(self) -> None:
        """Once nothing is asked any more."""
        mounted.stop()
