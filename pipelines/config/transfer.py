"""The sections of a run that extracts talent transfers from articles: source, articles, near-duplicates."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipelines.config.extract import known_encoding
from pipelines.config.run import RunConfig
from pipelines.config.section import Section, list_to_tuple
from pipelines.config.simulate_articles import SimulateArticlesSource


class ArticlesSource(Section):
    """Articles that the user brings; `transfer.articles` says which columns of which files hold what."""

    kind: Literal["articles"]
    sep: str = Field(default=",", pattern=r"^[\t -!#-~]$")
    """csv: the character between fields."""
    encoding: str = "utf-8"
    """csv and jsonl: how letters became bytes, like utf-8, gb18030 or latin-1."""

    _encoding = field_validator("encoding")(known_encoding)


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else list_to_tuple(value)


def _date(value: Any) -> Any:
    # params.yaml holds the text that a written entry has, or the date that YAML reads.
    return date.fromisoformat(value) if isinstance(value, str) else value


Name = Annotated[str, Field(min_length=1)]
Paths = Annotated[tuple[Name, ...], BeforeValidator(_several), Field(min_length=1)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Languages = Annotated[tuple[Language, ...], BeforeValidator(list_to_tuple), Field(min_length=1)]
Day = Annotated[date, BeforeValidator(_date)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
Member = Literal["encoder", "charseq", "causal_lm", "grammar", "mistral", "openchat", "solar"]
Voters = Annotated[tuple[Member, ...], BeforeValidator(list_to_tuple), Field(min_length=1)]


class Articles(Section):
    """The files of articles and their columns."""

    path: Paths
    """File, list of files or glob under the run's data folder; jsonl, jsonl.gz, csv, csv.gz or parquet, told
    by the ending."""
    id: Name | None = None
    """Column that tells one article from another; none: the hash of url and text is the id."""
    url: Name
    """Column of the address, with http:// or https://."""
    date: Name | None = None
    """Column of the day of publication, written like 2018-07-24 (a time may follow); none: not known."""
    title: Name | None = None
    """Column of the headline; none: not known."""
    text: Name
    """Column of the article's text."""

    @model_validator(mode="after")
    def _one_role_a_column(self) -> Self:
        names = [name for name in self.columns if name is not None]
        if len(set(names)) < len(names):
            msg = "id, url, date, title and text are different columns"
            raise ValueError(msg)
        return self

    @property
    def columns(self) -> tuple[str | None, ...]:
        """The columns of id, url, date, title and text."""
        return self.id, self.url, self.date, self.title, self.text


class Published(Section):
    """Days of publication that are believed; another is out of range, and no day is known then."""

    first: Day = Field(default=date(1990, 1, 1), alias="from")
    """First day."""
    last: Day = Field(default=date(2030, 12, 31), alias="to")
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            msg = f"`from` {self.first} is later than `to` {self.last}"
            raise ValueError(msg)
        return self


class NearDuplicates(Section):
    """Which articles tell the same story in the same words (MinHash, Broder 1997)."""

    threshold: float = Field(default=0.8, ge=0.1, le=0.95)
    """Jaccard similarity of two articles' shingles from which on they are one."""
    permutations: int = Field(default=128, ge=16, le=1024)
    """Hash functions of a MinHash; more find more of the pairs near the threshold, and cost time."""
    shingle: int = Field(default=5, ge=1, le=20)
    """Words in a row that make a shingle."""


class Labelled(Section):
    """Passages with their answers: what the members learn from and are judged by."""

    path: Paths | None = None
    """JSON Lines under the run's data folder (docs/articles.md); none: only simulated ones."""
    simulated: int = Field(default=2000, ge=0, le=1_000_000)
    """Articles drawn for their passages, by families of sentences: whole ones are held out; beside a file,
    all train."""


class Transfer(Section):
    """The articles of a run, which of them are read, by whom, and what counts as a place."""

    articles: Articles
    languages: Languages = ("en",)
    """ISO 639-1 codes of the languages that are read; articles in others are dropped."""
    published: Published = Published()
    near_duplicates: NearDuplicates = NearDuplicates()
    labelled: Labelled = Labelled()
    voters: Voters = ("encoder", "charseq", "grammar")
    """Members that vote; `strict` is that all of them say the same."""
    forgotten: Annotated[tuple[Digest, ...], BeforeValidator(list_to_tuple)] = ()
    """Salted hashes of people who are left out; `talentflow forget` writes them."""
    forgotten_salt: Digest | None = None
    """Hash of nothing, by which the salt of `forgotten` is known again."""
    references: Mapping[str, Name] = {}
    """Name -> csv under the data folder (year, origin, destination, count) that the report compares with."""


class TransferChecks(Section):
    """Floors and ceilings of the validation suites."""

    min_articles: int = Field(default=50, ge=1)
    """Articles that there are at least."""
    max_undated: float = Field(default=0.5, ge=0, le=1)
    """Warn where more than this share of the articles has no day of publication."""
    max_one_domain: float = Field(default=0.6, gt=0, le=1)
    """Warn where one registered domain has more than this share of the articles."""
    min_labelled: int = Field(default=20, ge=2)
    """Labelled passages that every part has at least."""


class TransferEvaluate(Section):
    """What is claimed, and how surely."""

    bootstrap: int = Field(default=1000, ge=100)
    """Resamples of the groups of labelled passages."""
    max_one_domain: float = Field(default=0.6, gt=0, le=1)
    """Warn where one registered domain tells more than this share of the transfers."""
    shard: int = Field(default=500, ge=1)
    """Articles of a shard: extraction keeps each when it is done, and goes on from there."""


class TransferRun(RunConfig):
    """A run that extracts talent transfers from articles."""

    track: Literal["transfer"]
    source: SimulateArticlesSource | ArticlesSource = Field(discriminator="kind")
    transfer: Transfer
    checks: TransferChecks = TransferChecks()
    evaluate: TransferEvaluate = TransferEvaluate()
    reference: Literal["runs/_gazetteer"] = "runs/_gazetteer"

    @model_validator(mode="after")
    def _voters_are_fitted(self) -> Self:
        voters, fitted = self.transfer.voters, self.tune.models
        if len(set(voters)) < len(voters) or "grammar" not in voters:
            msg = "transfer.voters: name each once, and grammar, the baseline, among them"
            raise ValueError(msg)
        lacking = [voter for voter in voters if fitted != "all" and voter not in fitted]
        if lacking:
            msg = f"transfer.voters: {lacking[0]} is not in tune.models; add it there, or take it out here"
            raise ValueError(msg)
        return self
