"""What articles and labelled passages must look like: Great Expectations suites, declared in code.

No sample shows a text: it may name people.
"""

from collections.abc import Iterator

import great_expectations.expectations as gxe
import pandas as pd

from modules.transfer.tagging.tags import FIELDS
from pipelines.config.parts import TEST, TRAIN, VALIDATION
from pipelines.config.transfer import Transfer, TransferChecks, TransferRun
from pipelines.paths import RunPaths
from pipelines.suite import Suite, read_frame, says
from pipelines.transfer.checking.expected import at_least, at_most, columns, members, none, one_of, unique
from pipelines.transfer.importing.columns import ARTICLES, LABELLED
from pipelines.transfer.importing.published import REASONS

PERIOD = r"^\d{4}(?:-(?:0[1-9]|1[0-2]))?$"
"""A month or a year."""
PARTS = (TRAIN, VALIDATION, TEST)
_AGAIN = "import the run again"


def suites(name: str, config: TransferRun) -> Iterator[list[Suite]]:
    """The suites on a run's tables as they are, then those on what they sum to."""
    folder = RunPaths(name).extracted
    articles, labelled = (read_frame(folder / f"{table}.parquet") for table in ("articles", "labelled"))
    yield row_suites(articles, labelled, config.transfer, config.checks)
    yield summary_suites(articles, labelled, config.checks)


def row_suites(
    articles: pd.DataFrame, labelled: pd.DataFrame, settings: Transfer, checks: TransferChecks
) -> list[Suite]:
    """The suites on the rows of the tables as they are."""
    return [_articles(articles, settings, checks), _labelled(labelled)]


def summary_suites(articles: pd.DataFrame, labelled: pd.DataFrame, checks: TransferChecks) -> list[Suite]:
    """The suites on what the tables sum to; they mean something only once the rows are right."""
    return [_sources(articles, checks), _groups(labelled), _parts(labelled, checks)]


def _articles(articles: pd.DataFrame, settings: Transfer, checks: TransferChecks) -> Suite:
    first, last = settings.published.first, settings.published.last
    frame = articles.copy()
    if "published" in frame:
        frame["published"] = pd.to_datetime(frame["published"])
    expectations = (
        columns(ARTICLES.names, _AGAIN),
        gxe.ExpectTableRowCountToBeBetween(
            min_value=checks.min_articles,
            **says(
                f"There are {checks.min_articles} articles or more.",
                "look why import left so many out (extracted/import.json), or lower checks.min_articles",
            ),
        ),
        *unique("article_id", _AGAIN),
        gxe.ExpectColumnValuesToNotBeNull(column="url", **says("Every article has an address.", _AGAIN)),
        gxe.ExpectColumnValuesToMatchRegex(
            column="url",
            regex="^https?://.",
            **says("Every address begins with http:// or https://.", _AGAIN),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="published",
            min_value=pd.Timestamp(first),
            max_value=pd.Timestamp(last),
            **says(f"Every known day of publication is from {first} to {last}.", _AGAIN),
        ),
        one_of("published_reason", REASONS, _AGAIN),
        one_of("lang", settings.languages, _AGAIN),
        gxe.ExpectColumnValuesToMatchRegex(
            column="text", regex=r"\S", **says("Every article has a text.", _AGAIN)
        ),
        at_least("syndication_count", 1, "Every story was carried by a site.", _AGAIN),
    )
    return Suite("articles", "Articles", frame, ("article_id",), expectations)


def _labelled(labelled: pd.DataFrame) -> Suite:
    mend = "mend the labelled passages, or how they are read"
    asked = columns(LABELLED.names, mend)
    if set(labelled.columns) != set(LABELLED.names):
        return Suite("labelled", "Labelled passages", labelled, ("passage_id",), (asked,))
    length = labelled["text"].str.len()
    bad = {f"{span}_outside": _outside(labelled, span, length) for span in FIELDS}
    moves = labelled["circulation"].astype(bool)
    ends = [f"{side}_{what}" for side in ("origin", "destination") for what in ("start", "iso3")]
    nowhere = moves & labelled[ends].isna().all(axis=1)
    told = ["passage_id", "circulation", "origin_iso3", "destination_iso3", "period", "group", "part"]
    frame = labelled[told].assign(length=length, **bad, nowhere=nowhere.astype(int))
    expectations = (
        *unique("passage_id", mend),
        at_least("length", 1, "Every passage has a text.", mend),
        *(
            none(f"{span}_outside", f"Every {span} lies inside its passage, start before end.", mend)
            for span in FIELDS
        ),
        none("nowhere", "Every move names a place.", mend),
        members("origin_iso3", mend),
        members("destination_iso3", mend),
        gxe.ExpectColumnValuesToMatchRegex(
            column="period", regex=PERIOD, **says("period is a month like 2015-03 or a year.", mend)
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="group", **says("Every passage is of a group.", mend)),
        gxe.ExpectColumnValuesToNotBeNull(column="part", **says("Every passage is of a part.", mend)),
        one_of("part", PARTS, mend),
    )
    return Suite("labelled", "Labelled passages", frame, ("passage_id",), expectations)


def _outside(labelled: pd.DataFrame, span: str, length: pd.Series) -> pd.Series:
    start, end = (pd.to_numeric(labelled[f"{span}_{side}"]).astype("float64") for side in ("start", "end"))
    inside = (start >= 0) & (start < end) & (end <= length)
    return ((start.notna() | end.notna()) & ~inside).astype(int)


def _sources(articles: pd.DataFrame, checks: TransferChecks) -> Suite:
    shares = articles["registered_domain"].value_counts(normalize=True)
    frame = pd.DataFrame(
        {
            "articles": [len(articles)],
            "undated": [float(articles["published"].isna().mean())],
            "largest": [float(shares.max())],
            "domain": [min(shares.index[shares == shares.max()])],
        }
    )
    expectations = (
        at_most(
            "undated",
            checks.max_undated,
            f"At most {checks.max_undated:.0%} of the articles have no day of publication.",
            "look whether transfer.articles.date is the right column; “last summer” means nothing without it",
        ),
        at_most(
            "largest",
            checks.max_one_domain,
            f"No registered domain has more than {checks.max_one_domain:.0%} of the articles.",
            "add other sources: what one site writes about decides the counts",
        ),
    )
    return Suite("sources", "Where the articles come from", frame, ("domain", "articles"), expectations)


def _groups(labelled: pd.DataFrame) -> Suite:
    groups = labelled.groupby("group")
    parts, first = groups["part"].nunique(), groups["passage_id"].min()  # a group may be a name
    frame = pd.DataFrame({"passage_id": first.to_numpy(), "parts": parts.to_numpy()})
    mend = "put a whole group (a person, a family of sentences) into one part"
    expectations = (at_most("parts", 1, "No group is in two parts.", mend, "critical"),)
    return Suite("groups", "Groups of passages that belong together", frame, ("passage_id",), expectations)


def _parts(labelled: pd.DataFrame, checks: TransferChecks) -> Suite:
    moves = labelled["circulation"].astype(bool)
    frame = pd.DataFrame(
        [
            {
                "part": part,
                "passages": int(here.sum()),
                "moves": int((moves & here).sum()),
                "others": int((~moves & here).sum()),
            }
            for part in PARTS
            for here in [labelled["part"] == part]
        ]
    )
    mend = "label more passages, or split them otherwise"
    expectations = (
        at_least(
            "passages",
            checks.min_labelled,
            f"Every part has {checks.min_labelled} passages or more.",
            f"{mend}, or lower checks.min_labelled",
        ),
        at_least("moves", 1, "Every part has passages that tell of a move.", mend),
        at_least("others", 1, "Every part has passages that do not.", mend),
    )
    return Suite("parts", "Training, validation and test", frame, ("part",), expectations)
