from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pytest

from modules.transfer.tagging.tags import FIELDS
from pipelines.config.transfer import Transfer, TransferChecks
from pipelines.transfer.checking.suites import row_suites, suites, summary_suites
from pipelines.validate import validate
from pipelines.validation import Severity, Validation
from tests.pipelines.transfer import evaluations

SETTINGS = Transfer.model_validate({"articles": {"path": "a.jsonl", "url": "url", "text": "text"}})


def judge(articles: pd.DataFrame, labelled: pd.DataFrame) -> Validation:
    checks = TransferChecks(min_labelled=2)
    kinds = (partial(row_suites, settings=SETTINGS, checks=checks), partial(summary_suites, checks=checks))
    return validate("r", (kind(articles, labelled) for kind in kinds))


def failed(validation: Validation, severity: Severity = "critical") -> set[tuple[str, str | None]]:
    return {(table.name, check.column) for table, check in validation.failed(severity)}


def told_of(validation: Validation, row: str) -> set[str | None]:
    return {
        check.column
        for _, check in validation.failed("critical")
        if any(row in sample for sample in check.samples)
    }


@pytest.fixture(scope="module")
def articles() -> pd.DataFrame:
    return evaluations.articles(60)


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    return evaluations.labelled(30)


def test_sound_tables_pass_every_check(
    articles: pd.DataFrame, labelled: pd.DataFrame, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs/demo/extracted"
    folder.mkdir(parents=True)
    articles.to_parquet(folder / "articles.parquet")
    labelled.to_parquet(folder / "labelled.parquet")
    config: Any = type("Run", (), {"transfer": SETTINGS, "checks": TransferChecks(min_labelled=2)})
    validation = validate("demo", suites("demo", config))
    assert not failed(validation)
    assert not failed(validation, "warning")
    assert [table.name for table in validation.tables] == [
        "articles",
        "labelled",
        "sources",
        "groups",
        "parts",
    ]


def test_what_is_wrong_with_an_article_is_told(articles: pd.DataFrame, labelled: pd.DataFrame) -> None:
    faults: list[tuple[str, Any]] = [
        ("article_id", "a00050"),
        ("url", "ftp://www.example.org/1"),
        ("url", None),
        ("published", date(2050, 1, 1)),
        ("published_reason", "guessed"),
        ("lang", "de"),
        ("text", "  \n"),
        ("syndication_count", 0),
    ]
    broken = articles.copy()
    for row, (column, value) in enumerate(faults):
        broken.loc[row, column] = value
    validation = judge(broken, labelled)
    for row, (column, _) in enumerate(faults):
        assert told_of(validation, broken["article_id"].iloc[row]) == {column}
    assert failed(validation) == {("articles", column) for column, _ in faults}


def test_no_article_and_no_text_is_shown(articles: pd.DataFrame, labelled: pd.DataFrame) -> None:
    assert failed(judge(articles.iloc[:0], labelled)) == {("articles", None)}
    broken = labelled.assign(destination_end=1_000)
    said = judge(articles.assign(lang="de"), broken).model_dump_json()
    assert not any(name in said for name in evaluations.SUBJECTS)


def test_what_is_wrong_with_a_labelled_passage_is_told(
    articles: pd.DataFrame, labelled: pd.DataFrame
) -> None:
    faults: list[tuple[dict[str, Any], set[str]]] = [
        ({"passage_id": "p028"}, {"passage_id"}),
        ({"subject_end": 99}, {"subject_outside"}),
        ({"destination_start": None}, {"destination_outside"}),
        ({"time_start": 6, "time_end": 6}, {"time_outside"}),
        (
            {
                f"{side}_{what}": None
                for side in ("origin", "destination")
                for what in ("start", "end", "iso3")
            },
            {"nowhere"},
        ),
        ({"origin_iso3": "XKX"}, {"origin_iso3"}),
        ({"period": "2015-13"}, {"period"}),
        ({"group": None}, {"group"}),
        ({"part": "spare"}, {"part"}),
        ({"text": ""}, {"length", *(f"{span}_outside" for span in FIELDS)}),
    ]
    broken = labelled.copy()
    moves = labelled.index[labelled["circulation"]]
    for row, (change, _) in zip(moves, faults, strict=False):
        for column, value in change.items():
            broken[column] = broken[column].astype("object")
            broken.loc[row, column] = value
    validation = judge(articles, broken)
    for row, (_, columns) in zip(moves, faults, strict=False):
        assert told_of(validation, broken.loc[row, "passage_id"]) == columns


def test_a_column_too_many_is_told(articles: pd.DataFrame, labelled: pd.DataFrame) -> None:
    assert failed(judge(articles, labelled.assign(name="x"))) == {("labelled", None)}


def test_a_group_in_two_parts_and_a_part_without_moves_are_told(
    articles: pd.DataFrame, labelled: pd.DataFrame
) -> None:
    assert failed(judge(articles, labelled.assign(group="one"))) == {("groups", "parts")}
    test = labelled["part"] == "test"
    still = labelled.assign(circulation=labelled["circulation"] & ~test)
    assert failed(judge(articles, still)) == {("parts", "moves")}


def test_articles_of_one_host_or_without_a_day_are_warned_of(
    articles: pd.DataFrame, labelled: pd.DataFrame
) -> None:
    found = judge(articles.assign(registered_domain="one.org", published=None), labelled)
    assert not failed(found)
    assert failed(found, "warning") == {("sources", "undated"), ("sources", "largest")}
