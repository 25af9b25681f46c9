"""The transfer track's interface over a loaded artefact."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from starlette.types import ASGIApp

from modules.monitoring.texts import TextObserver
from modules.transfer.predictor import TransferExtractor
from serving.described import described
from serving.edge import edge
from serving.endpoint import Endpoint
from serving.feature_log import Watch, unwatched, watch
from serving.message import OpenAPI, ServedModel
from serving.openapi import document
from serving.page import page
from serving.release import Release
from serving.settings import PLAIN, Settings
from serving.transfer.messages import (
    ExtractAnswer,
    ExtractQuestion,
    FlowsAnswer,
    FlowsQuery,
    NormaliseAnswer,
    NormaliseQuestion,
)

_EXAMPLE = "Maria Keller left Vienna in March 2011. She moved to Toronto and joined the university there."


def app(artefact: Path, release: Release, settings: Settings = PLAIN) -> ASGIApp:
    """The ASGI app over a sealed artefact.

    Raises:
        UserError: if the artefact is torn, changed or of another format.
    """
    extractor = TransferExtractor.load(artefact)
    interface = Interface(extractor, release)
    endpoints = interface.endpoints(described(artefact, release))
    openapi = document(
        endpoints,
        title=f"Talentflow transfer: {release.run}",
        version=release.tag,
        narrow={},
        secured=bool(settings.tokens),
    )
    # Only now: the document asks its own examples.
    interface.seen = watch(settings.feature_log, artefact, release, TextObserver())
    html, headers = page("transfer", release)
    return edge(
        [
            *endpoints,
            Endpoint("GET", "/openapi.json", "This document.", OpenAPI, lambda _: openapi),
            Endpoint(
                "GET",
                "/",
                "A page to paste a text into.",
                "text/html",
                lambda _: html,
                headers=headers,
                public=True,
            ),
        ],
        release=release,
        settings=settings,
    )


class Interface:
    """What each endpoint answers."""

    def __init__(self, extractor: TransferExtractor, release: Release) -> None:
        self.extractor, self.tag = extractor, release.tag
        self.seen: Watch = unwatched

    def endpoints(self, model: Mapping[str, Any]) -> list[Endpoint]:
        """Every endpoint but the document of them all, and the page."""
        about = orjson.dumps(model)
        return [
            Endpoint(
                "POST",
                "/extract",
                "Who moved between which countries by some texts: every member's say, and the verdict.",
                ExtractAnswer,
                self.extract,
                request=ExtractQuestion,
                slow=lambda _: True,
                examples={"a text": {"passages": [{"text": _EXAMPLE, "published": "2012-01-15"}]}},
            ),
            Endpoint(
                "POST",
                "/normalise",
                "Which country each mention counts for, and by which rule.",
                NormaliseAnswer,
                self.normalise,
                request=NormaliseQuestion,
                examples={"a university": {"mentions": [{"mention": "University of Szeged"}]}},
            ),
            Endpoint(
                "GET",
                "/flows",
                "Transfers between countries that the run's articles tell of.",
                FlowsAnswer,
                self.flows,
                query=FlowsQuery,
            ),
            Endpoint("GET", "/model", "What is served, how it was judged.", ServedModel, lambda _: about),
        ]

    def extract(self, question: ExtractQuestion) -> bytes:
        """Readings of texts."""
        request = question.request()
        told = self.extractor.extract(request)
        self.seen(request, told)
        return orjson.dumps({"model": self.tag, **told})

    def normalise(self, question: NormaliseQuestion) -> bytes:
        """Countries of mentions."""
        return orjson.dumps({"model": self.tag, **self.extractor.normalise(question.request())})

    def flows(self, asked: tuple[FlowsQuery, None]) -> bytes:
        """Flows of the run."""
        return orjson.dumps({"model": self.tag, **self.extractor.flows_between(asked[0].request())})
