"""The track's app over a small recommender, asked in process."""

from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from serving.recommendation.app import app
from serving.release import Release
from serving.settings import Settings
from tests.modules.recommendation.small import recommender, sealed

RELEASE = Release(run="grads", track="recommendation", version=2, tag="grads:v2-3f9a1c77e02b")


def serve(folder: Path, model: str = "rcjr", **options: Any) -> ASGIApp:
    """The app, its artefact in the folder."""
    return app(sealed(folder / model, recommender(model)), RELEASE, Settings(**options))
