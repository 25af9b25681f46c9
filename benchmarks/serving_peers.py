"""What `benchmarks/serving.py` measures besides the bento: factories for uvicorn over the artefact in ARTEFACT."""

import os
from pathlib import Path
from typing import Any

import torch
from fastapi import FastAPI
from pydantic import BaseModel
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


class Moved(BaseModel):
    """A newer flow."""

    period: str
    origin: str
    destination: str
    count: float


class Asked(BaseModel):
    """What is asked, as FastAPI checks it."""

    origin: str | None = None
    destination: str | None = None
    horizon: int | None = None
    intervals: bool = True
    flows: list[Moved] = []


def fast_api() -> ASGIApp:
    """The same model as FastAPI's tutorial would serve it: a checked request, a coroutine."""
    torch.set_num_threads(1)
    predictor = MigrationPredictor.load(Path(os.environ["ARTEFACT"]))
    api = FastAPI()

    @api.post("/forecast")
    async def forecast(asked: Asked) -> dict[str, Any]:
        return predictor.predict(ForecastRequest.of(asked.model_dump()))

    return api


def edge_alone() -> ASGIApp:
    """The edge without BentoML around it."""
    torch.set_num_threads(1)
    release = Release(run="benchmark", track="migration", version=1, tag="benchmark:v1-000000000000")
    return app(Path(os.environ["ARTEFACT"]), release, Settings(log=True))
