"""What `benchmarks/serving.py` measures besides the bento: factories for uvicorn over the artefact in ARTEFACT."""

import os
from pathlib import Path

import torch
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest
from serving.migration.app import app
from serving.release import Release
from serving.settings import Settings


def bare() -> ASGIApp:
    """The same model in the shortest Starlette app there is: JSON in, JSON out, nothing checked."""
    torch.set_num_threads(1)
    predictor = MigrationPredictor.load(Path(os.environ["ARTEFACT"]))

    async def forecast(request: Request) -> JSONResponse:
        return JSONResponse(predictor.predict(ForecastRequest.of(await request.json())))

    return Starlette(routes=[Route("/forecast", forecast, methods=["POST"])])


def edge_alone() -> ASGIApp:
    """The edge without BentoML around it."""
    torch.set_num_threads(1)
    release = Release(run="benchmark", track="migration", version=1, tag="benchmark:v1-000000000000")
    return app(Path(os.environ["ARTEFACT"]), release, Settings(log=True))
