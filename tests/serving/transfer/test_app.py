"""The transfer track's interface, asked in process."""

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from modules.transfer.request import AskedText, ExtractRequest
from tests.modules.transfer.small import TEXT, extractor
from tests.serving.served import ask, post
from tests.serving.transfer.served import RELEASE, serve


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, gazetteer_file: Path) -> ASGIApp:
    return serve(tmp_path_factory.mktemp("served"), gazetteer_file)


def errors(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["errors"]  # type: ignore[no-any-return]


def test_it_answers_as_the_extractor_does(served: ASGIApp, gazetteer_file: Path) -> None:
    answer = post(served, "/extract", {"passages": [{"text": TEXT}]})
    assert answer.status_code == 200
    assert answer.headers["model-version"] == RELEASE.tag
    offline = extractor(gazetteer_file).extract(ExtractRequest([AskedText(TEXT)]))
    assert answer.json() == {"model": RELEASE.tag, **offline}


@pytest.mark.parametrize(
    ("passages", "field", "limit"),
    [
        ([{"text": "a" * 2001}], "passages.0.text", "2000"),
        ([{"text": TEXT}] * 65, "passages", "64"),
        ([], "passages", "1"),
        ([{"text": 5}], "passages.0.text", "string"),
        ([{"text": TEXT, "published": "17/3/2015"}], "passages.0.published", "2015-03-17"),
        ([{"text": TEXT, "lang": "en"}], "passages.0.lang", ""),
    ],
)
def test_what_is_too_long_or_no_text_is_refused_with_the_limit(
    served: ASGIApp, passages: list[dict[str, Any]], field: str, limit: str
) -> None:
    (error,) = errors(post(served, "/extract", {"passages": passages}))
    assert error["path"] == field
    assert limit in error["message"]


def test_a_mention_comes_back_with_its_rule(served: ASGIApp) -> None:
    asked = {"mentions": [{"mention": "University of Szeged"}, {"mention": "Hong Kong"}, {"mention": "Qwx"}]}
    found = post(served, "/normalise", asked).json()
    assert [(each["status"], each["iso3"]) for each in found["mentions"]] == [
        ("RESOLVED", "HUN"),
        ("DROPPED", None),
        ("UNRESOLVED", None),
    ]
    assert "territory" in found["mentions"][1]["rule"]


def test_flows_are_asked_for_by_country_and_time(served: ASGIApp) -> None:
    found = ask(served, "GET", "/flows?origin=AUT&since=2012").json()
    assert found["total"] == 1
    assert found["flows"] == [
        {"origin": "AUT", "destination": "CAN", "period": "2012", "level": "core", "count": 1}
    ]
    assert errors(ask(served, "GET", "/flows?origin=Austria"))[0]["path"] == "origin"


def test_nothing_of_a_text_is_logged(served: ASGIApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    post(served, "/extract", {"passages": [{"text": TEXT}]})
    post(served, "/extract", {"passages": [{"text": TEXT, "odd": 1}]})
    assert "Keller" not in caplog.text
