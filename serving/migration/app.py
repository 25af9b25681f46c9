"""The migration track's interface over a loaded artefact."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson
from starlette.types import ASGIApp

from modules.errors import RequestError
from modules.migration.predictor import MigrationPredictor
from modules.monitoring.flows import FlowObserver
from serving.described import described
from serving.edge import edge
from serving.endpoint import Endpoint
from serving.feature_log import Watch, unwatched, watch
from serving.message import OpenAPI
from serving.migration.messages import (
    ExplainAnswer,
    ExplainQuestion,
    ForecastAnswer,
    ForecastQuestion,
    ModelAnswer,
    RegionAnswer,
    RegionsAnswer,
)
from serving.migration.regions import Regions
from serving.openapi import document
from serving.problem import Problem
from serving.release import Release
from serving.settings import PLAIN, Settings

Asked = TypeVar("Asked")
LONG = 5_000
"""Rows above which an answer leaves the event loop, so that the short ones go on."""


def app(artefact: Path, release: Release, settings: Settings = PLAIN) -> ASGIApp:
    """The ASGI app over a sealed artefact.

    Raises:
        UserError: if the artefact is torn, changed or of another format.
    """
    predictor = MigrationPredictor.load(artefact)
    about = described(artefact, release) | {"as_of": predictor.calendar.label(predictor.as_of)}
    interface = Interface(predictor, release)
    endpoints = interface.endpoints(about)
    openapi = document(
        endpoints,
        title=f"Talentflow migration: {release.run}",
        version=release.tag,
        narrow=narrowed(predictor),
        secured=bool(settings.tokens),
    )
    # Only now: the document asks its own examples.
    interface.seen = watch(settings.feature_log, artefact, release, FlowObserver(predictor))
    itself = Endpoint("GET", "/openapi.json", "This document.", OpenAPI, lambda _: openapi)
    return edge([*endpoints, itself], release=release, settings=settings)


class Interface:
    """What each endpoint answers."""

    def __init__(self, predictor: MigrationPredictor, release: Release) -> None:
        self.predictor, self.tag = predictor, release.tag
        self.seen: Watch = unwatched
        self.regions = Regions(predictor)
        self.known = {"model": self.tag, "as_of": predictor.calendar.label(predictor.as_of)}

    def endpoints(self, model: Mapping[str, Any]) -> list[Endpoint]:
        """Every endpoint but the document of them all."""
        about = orjson.dumps(model)
        regions = orjson.dumps({**self.known, "regions": self.regions.all()})
        first, last = self.predictor.regions[0], self.predictor.regions[-1]
        corridor = {"origin": first, "destination": last}
        newer = {"period": self.predictor.periods[0], **corridor, "count": 12}
        return [
            Endpoint(
                "POST",
                "/forecast",
                "Forecast corridors, with intervals, on request after newer flows.",
                ForecastAnswer,
                self.forecast,
                request=ForecastQuestion,
                slow=self.slow,
                examples={
                    "a corridor": corridor,
                    "all from an origin, next period": {"origin": first, "horizon": 1},
                    "after newer flows": {**corridor, "intervals": False, "flows": [newer]},
                },
            ),
            Endpoint(
                "POST",
                "/explain",
                "Take the forecast of one corridor apart: what each known period and each term adds.",
                ExplainAnswer,
                self.explain,
                request=ExplainQuestion,
                slow=lambda question: bool(question.flows),
                examples={"a corridor": corridor, "next period": {**corridor, "horizon": 1}},
            ),
            Endpoint("GET", "/regions", "Every region.", RegionsAnswer, lambda _: regions),
            Endpoint(
                "GET",
                "/regions/{id:path}",
                "One region: known, forecast, busiest corridors, variables.",
                RegionAnswer,
                self.region,
                parameter="Region",
                examples={"a region": first},
            ),
            Endpoint("GET", "/model", "What is served, how it was judged.", ModelAnswer, lambda _: about),
        ]

    def forecast(self, question: ForecastQuestion) -> bytes:
        """Forecast what is asked."""
        return self._told(question.request(), self.predictor.predict)

    def explain(self, question: ExplainQuestion) -> bytes:
        """Take a forecast apart."""
        return self._told(question.request(), self.predictor.explain)

    def _told(self, request: Asked, answer: Callable[[Asked], dict[str, Any]]) -> bytes:
        told = answer(request)
        self.seen(request, told)
        return orjson.dumps({"model": self.tag, **told})

    def slow(self, question: ForecastQuestion) -> bool:
        """Whether a forecast is long, or must be made anew."""
        regions, horizon = len(self.predictor.regions), len(self.predictor.periods)
        rows = (
            horizon
            * (regions if question.origin is None else 1)
            * (regions if question.destination is None else 1)
        )
        return bool(question.flows) or rows > LONG

    def region(self, region: str) -> bytes:
        """Tell of one region."""
        try:
            return orjson.dumps({**self.known, **self.regions.one(region)})
        except RequestError as error:
            raise Problem.of(error, status=404) from error


def narrowed(predictor: MigrationPredictor) -> dict[str, dict[str, Any]]:
    """What the model knows of its regions, periods and horizon, as JSON schema."""
    return {
        "Region": {"enum": list(predictor.regions)},
        "Horizon": {"maximum": len(predictor.periods)},
        "Period": {"examples": list(predictor.periods)},
    }
