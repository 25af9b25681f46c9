"""One row becomes an article, or is told why it does not."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from modules.errors import UserError, did_you_mean
from pipelines.config.transfer import Transfer
from pipelines.transfer.importing.published import published
from pipelines.transfer.importing.read_rows import Row
from pipelines.transfer.importing.site import Sites

_LETTER = re.compile(r"[^\W_]")
_OPENING = 1000
"""Characters by which an article's language is told: enough, and a quarter of the time of the whole."""
_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Article:
    """One article, as it stands in articles.parquet."""

    article_id: str
    url: str
    host: str
    registered_domain: str
    published: date | None
    published_reason: str | None
    lang: str
    title: str | None
    text: str
    sha: str
    """sha256 of the text."""

    @property
    def rank(self) -> tuple[date, str, str, str, str, str]:
        """The order in which one of several is kept: the earliest, those without a day last; then by id."""
        return (
            self.published or date.max,
            self.article_id,
            self.url,
            self.title or "",
            self.sha,
            self.published_reason or "",
        )

    @property
    def same_text(self) -> str:
        """Equal for texts that differ in white space and in capitals alone."""
        return _sha(" ".join(self.text.casefold().split()))


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why a row is set aside, and the column at fault; nothing of what it says."""

    article_id: str
    reason: str
    field: str


class Reader:
    """Makes articles of rows.

    Raises:
        UserError: if a language is asked for that nobody can tell.
    """

    def __init__(self, settings: Transfer) -> None:
        labels = _identifier().labels
        for language in settings.languages:
            if language not in labels:
                raise UserError(
                    f"transfer.languages: {language}{did_you_mean(language, labels)} cannot be told; "
                    f"name some of {', '.join(sorted(labels))}"
                )
        self._articles, self._range = settings.articles, settings.published
        self._sites = Sites()

    def __call__(self, row: Row) -> Article | Fault | None:
        """The article of a row, its first fault, or nothing of a row whose cells are all empty."""
        columns = self._articles
        if all(row.get(name) is None or row.get(name) == "" for name in columns.columns if name):
            return None
        cells: dict[str, str | None] = {
            name: _written(row.get(name))
            for name in (columns.id, columns.url, columns.title, columns.text)
            if name
        }
        url, text = cells[columns.url] or "", cells[columns.text] or ""
        own = cells[columns.id] if columns.id else None
        article_id = own or _sha(f"{url}\n{text}")[:_ID_LENGTH]
        for name, cell in cells.items():
            if cell is None:
                return Fault(article_id, "not_text", name)
        if columns.id and not own:
            return Fault(article_id, "no_id", columns.id)
        site = self._sites(url)
        if site is None:
            return Fault(article_id, "bad_url" if url else "no_url", columns.url)
        if not _LETTER.search(text):
            return Fault(article_id, "no_text", columns.text)
        day, reason = published(
            row.get(columns.date) if columns.date else None, self._range.first, self._range.last
        )
        return Article(
            article_id=article_id,
            url=url,
            host=site.host,
            registered_domain=site.registered_domain,
            published=day,
            published_reason=reason,
            lang=_identifier().classify(text[:_OPENING])[0],
            title=(cells[columns.title] or None) if columns.title else None,
            text=text,
            sha=_sha(text),
        )


@cache
def _identifier() -> LanguageIdentifier:
    # Half a second to unpack, so once a process.
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _written(cell: object) -> str | None:
    """A cell's text, "" of an empty one; none of what is neither text nor a whole number."""
    if cell is None:
        return ""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    if not isinstance(cell, str):
        return None
    try:
        cell.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and no file can hold
        return None
    return cell.strip()


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
