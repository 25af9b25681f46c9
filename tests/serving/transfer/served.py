"""The track's app over a small extractor, asked in process."""

from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from serving.release import Release
from serving.settings import Settings
from serving.transfer.app import app
from tests.modules.transfer.small import extractor, sealed

RELEASE = Release(run="news", track="transfer", version=2, tag="news:v2-3f9a1c77e02b")


def serve(folder: Path, places: Path, **options: Any) -> ASGIApp:
    """The app, its artefact in the folder."""
    return app(sealed(folder / "artefact", extractor(places)), RELEASE, Settings(**options))
