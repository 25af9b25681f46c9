"""The BentoML service of the recommendation track: the entry of every released bento of it."""

import bentoml

from serving.worker import SETTINGS, Mounted, check_bento

mounted = Mounted()


@bentoml.asgi_app(mounted, path="/")
# A shortlist of thousands takes its time.
@bentoml.service(traffic={"timeout": 60}, **SETTINGS)
class Recommendation:
    """Employers that fit a student, and why."""

    @bentoml.on_deployment  # type: ignore[untyped-decorator]
    @staticmethod
    def check() -> None:
        """See `check_bento`."""
        check_bento()

    def __init__(self) -> None:
        from serving.recommendation.app import app

        mounted.start(app)
