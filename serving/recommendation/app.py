"""The recommendation track's interface over a loaded artefact."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import orjson
from starlette.types import ASGIApp

from modules.monitoring.pairs import PairObserver
from modules.recommendation.predictor import Recommender
from serving.described import described
from serving.edge import edge
from serving.endpoint import Endpoint
from serving.feature_log import Watch, unwatched, watch
from serving.message import OpenAPI, ServedModel
from serving.openapi import document
from serving.page import page
from serving.recommendation.asked import LISTED, example, narrowed, schema_of
from serving.recommendation.messages import (
    CandidatesAnswer,
    CandidatesQuestion,
    ExplainAnswer,
    ExplainQuestion,
    RecommendAnswer,
    RecommendQuestion,
    SchemaAnswer,
    ScoreAnswer,
    ScoreQuestion,
    ShortlistQuery,
)
from serving.recommendation.shortlist import MEDIA_TYPE, shortlist
from serving.release import Release
from serving.settings import PLAIN, Settings

Asked = TypeVar("Asked")


def app(artefact: Path, release: Release, settings: Settings = PLAIN) -> ASGIApp:
    """The ASGI app over a sealed artefact.

    Raises:
        UserError: if the artefact is torn, changed or of another format.
    """
    recommender = Recommender.load(artefact)
    interface = Interface(recommender, release)
    endpoints = interface.endpoints(described(artefact, release))
    openapi = document(
        endpoints,
        title=f"Talentflow recommendation: {release.run}",
        version=release.tag,
        narrow=narrowed(recommender),
        secured=bool(settings.tokens),
    )
    # Only now: the document asks its own examples.
    interface.seen = watch(settings.feature_log, artefact, release, PairObserver(recommender))
    html, headers = page("recommendation", release)
    return edge(
        [
            *endpoints,
            Endpoint("GET", "/openapi.json", "This document.", OpenAPI, lambda _: openapi),
            Endpoint(
                "GET",
                "/",
                "A page for an adviser.",
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

    def __init__(self, recommender: Recommender, release: Release) -> None:
        self.recommender, self.tag = recommender, release.tag
        self.seen: Watch = unwatched
        # Without a bank every pair goes through the network; with very many employers a bank takes long too.
        self.long = recommender.bank is None or len(recommender.employers) > LISTED

    def endpoints(self, model: Mapping[str, Any]) -> list[Endpoint]:
        """Every endpoint but the document of them all, and the page."""
        about = orjson.dumps(model)
        schema = orjson.dumps({"model": self.tag, **schema_of(self.recommender)})
        student, employer = example(self.recommender), self.recommender.employers[-1]["id"]
        line = ",".join(student), ",".join(str(value) for value in student.values())
        return [
            Endpoint(
                "POST",
                "/recommend",
                "The employers that fit a student best, and what the student will do after graduation.",
                RecommendAnswer,
                self.recommend,
                request=RecommendQuestion,
                slow=lambda _: self.long,
                examples={"a student": {"student": student, "k": 3, "exclude": [employer]}},
            ),
            Endpoint(
                "POST",
                "/explain",
                "Why an employer fits a student, or why it is not in the list and what would bring it there.",
                ExplainAnswer,
                self.explain,
                request=ExplainQuestion,
                slow=lambda _: True,
                examples={"a pair": {"student": student, "employer": employer, "k": 1}},
            ),
            Endpoint(
                "POST",
                "/candidates",
                "Which of some students fit an employer best.",
                CandidatesAnswer,
                self.candidates,
                request=CandidatesQuestion,
                slow=lambda _: True,
                examples={"two students": {"employer": employer, "students": [student, {}]}},
            ),
            Endpoint(
                "POST",
                "/score",
                "How well each student fits the employer beside.",
                ScoreAnswer,
                self.score,
                request=ScoreQuestion,
                slow=lambda _: True,
                examples={"a pair": {"pairs": [{"student": student, "employer": employer}]}},
            ),
            Endpoint(
                "POST",
                "/shortlist",
                "The employers that fit each student of a CSV file best, as CSV.",
                MEDIA_TYPE,
                self.shortlist,
                request=MEDIA_TYPE,
                query=ShortlistQuery,
                slow=lambda _: True,
                examples={"a student": "\n".join(line) + "\n"},
            ),
            Endpoint(
                "GET", "/schema", "What can be asked: fields and values.", SchemaAnswer, lambda _: schema
            ),
            Endpoint("GET", "/model", "What is served, how it was judged.", ServedModel, lambda _: about),
        ]

    def recommend(self, question: RecommendQuestion) -> bytes:
        """Employers for a student."""
        return self._told(question.request(), self.recommender.recommend)

    def explain(self, question: ExplainQuestion) -> bytes:
        """A pair taken apart."""
        return self._told(question.request(), self.recommender.explain)

    def candidates(self, question: CandidatesQuestion) -> bytes:
        """Students for an employer."""
        return self._told(question.request(), self.recommender.candidates)

    def score(self, question: ScoreQuestion) -> bytes:
        """Scores of pairs."""
        return self._told(question.request(), self.recommender.score)

    def shortlist(self, asked: tuple[ShortlistQuery, str]) -> bytes:
        """Employers for many students."""
        query, text = asked
        return shortlist(self.recommender, text, query.k, self.seen).encode()

    def _told(self, request: Asked, answer: Callable[[Asked], dict[str, Any]]) -> bytes:
        told = answer(request)
        self.seen(request, told)
        return orjson.dumps({"model": self.tag, **told})
