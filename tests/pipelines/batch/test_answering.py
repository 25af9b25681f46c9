"""A row of a table asks what a request to the service asks."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from modules.errors import RequestError
from modules.recommendation.request import RecommendRequest
from modules.transfer.request import AskedText, ExtractRequest
from pipelines.recommendation.answering import LENGTH, Shortlists
from pipelines.transfer.answering import Verdicts
from tests.modules.recommendation import small as graduates
from tests.modules.transfer import small as news


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Shortlists:
    return Shortlists(graduates.sealed(tmp_path_factory.mktemp("lists"), graduates.recommender()))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, gazetteer_file: Path) -> Verdicts:
    return Verdicts(
        news.sealed(tmp_path_factory.mktemp("verdicts") / "artefact", news.extractor(gazetteer_file))
    )


def test_a_student_gets_the_employers_of_the_recommender(lists: Shortlists) -> None:
    student = {name: value for name, value in graduates.STUDENT.items() if value is not None}
    blank = dict.fromkeys(set(lists.asked) - set(student))
    rows = lists({**student, **blank, lists.id: 417} if lists.id else {**student, **blank})
    offline = lists.recommender.recommend(RecommendRequest(student, LENGTH))
    assert [(row["employer"], row["score"]) for row in rows] == [
        (each["id"], each["score"]) for each in offline["employers"]
    ]
    assert {row["student"] for row in rows} == {"417" if lists.id else None}
    assert pa.Table.from_pylist(rows, lists.answer).num_rows == LENGTH


def test_a_student_with_a_word_for_a_number_is_refused_by_its_column(lists: Shortlists) -> None:
    number = next(name for name in lists.asked if name in lists.recommender.sides[0].numbers)
    with pytest.raises(RequestError) as refused:
        lists({number: "many"})
    assert number in refused.value.field


def test_a_text_gets_the_verdicts_of_the_extractor(verdicts: Verdicts) -> None:
    day = date(2015, 3, 17)
    rows = verdicts({"text": news.TEXT, "published": "2015-03-17"})
    assert rows == verdicts({"text": news.TEXT, "published": day})
    (passage,) = verdicts.extractor.extract(ExtractRequest([AskedText(news.TEXT, day)]))["passages"]
    told = [reading["verdict"] for reading in passage["readings"] if reading["verdict"]]
    assert [(row["destination"], row["level"]) for row in rows] == [
        (verdict["destination"], verdict["level"]) for verdict in told
    ]
    assert pa.Table.from_pylist(rows, verdicts.answer).num_rows == len(told) > 0


@pytest.mark.parametrize(
    ("question", "column"),
    [
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": " "}, "text"),
        ({"text": news.TEXT, "published": "17/3/2015"}, "published"),
    ],
)
def test_a_text_that_is_none_is_refused_by_its_column(
    verdicts: Verdicts, question: dict[str, Any], column: str
) -> None:
    with pytest.raises(RequestError) as refused:
        verdicts(question)
    assert refused.value.field == column
