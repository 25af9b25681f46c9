"""The import stage of a run that extracts transfers: the user's articles become one table."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.artefact import sha256_of
from modules.errors import UserError
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import ArticlesSource, Labelled, NearDuplicates, Transfer, TransferRun
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.paths import RunPaths
from pipelines.tables.locate import by_name, locate
from pipelines.transfer.importing.article import Article, Fault, Reader
from pipelines.transfer.importing.columns import ARTICLES, QUARANTINE
from pipelines.transfer.importing.labelled import joined, read_labelled, simulated_passages
from pipelines.transfer.importing.near_duplicates import clusters
from pipelines.transfer.importing.published import REASONS
from pipelines.transfer.importing.read_rows import Row, read_rows

_TOGETHER = 1000
"""Articles of a row group: whoever reads a shard need not read all."""
_REPEATED = ["host", "registered_domain", "published", "published_reason", "lang", "syndication_count"]


@dataclass(frozen=True)
class Imported:
    """What the import stage writes; the record accounts for every row read."""

    articles: pa.Table
    quarantine: pa.Table
    record: dict[str, Any]


def run(name: str, config: TransferRun) -> None:
    """Write extracted/ of a run: articles.parquet, labelled.parquet, quarantine.parquet and import.json.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it; nothing is written then.
    """
    data, source = Path(config.data), config.source
    if isinstance(source, SimulateArticlesSource):
        data, source = RunPaths(name).raw, ArticlesSource(kind="articles")
    imported = read(data, source, config.transfer)
    labelled = read_answers(data, config.transfer.labelled, config.seed)
    record = imported.record | {"labelled": labelled_counts(labelled)}
    with whole_folder(RunPaths(name).extracted) as folder:
        write_parquet(folder / "articles.parquet", imported.articles, _REPEATED, group=_TOGETHER)
        write_parquet(folder / "labelled.parquet", labelled, ["group", "part", "source"])
        write_parquet(folder / "quarantine.parquet", imported.quarantine)
        write_json(folder / "import.json", record)


def read_answers(data: Path, settings: Labelled, seed: int) -> pa.Table:
    """The labelled passages of a run: those of its file and, from another seed than its own, simulated ones.

    Raises:
        UserError: naming what is wrong with the file, or if there is no passage at all.
    """
    tables = []
    if settings.path is not None:
        found = {path for each in settings.path for path in locate(data, each, "transfer.labelled.path")}
        tables.append(read_labelled(sorted(found)))
    if settings.simulated:
        tables.append(simulated_passages(settings.simulated, seed + 1, only_train=bool(tables)))
    if not tables:
        raise UserError(
            "transfer.labelled: gives neither a path nor simulated passages; members learn from some"
        )
    return joined(tables)


def labelled_counts(labelled: pa.Table) -> dict[str, dict[str, int]]:
    """Passages by part and source."""
    found: dict[str, dict[str, int]] = {}
    pairs = zip(labelled.column("part").to_pylist(), labelled.column("source").to_pylist(), strict=True)
    for (part, source), count in sorted(Counter(pairs).items()):
        found.setdefault(part, {})[source] = count
    return found


def files(data: Path, settings: Transfer) -> dict[str, Path]:
    """The user's files by the name they have in import.json.

    Raises:
        UserError: if there are none where the run says.
    """
    found = {path for each in settings.articles.path for path in locate(data, each, "transfer.articles.path")}
    return by_name(data, sorted(found))


def read(data: Path, source: ArticlesSource, settings: Transfer) -> Imported:
    """Read, check and de-duplicate the articles; nothing is written.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it.
    """
    named = files(data, settings)
    columns = [name for name in settings.articles.columns if name]
    rows = (row for path in named.values() for row in read_rows(path, columns, source))
    imported = sift(rows, settings)
    if not imported.articles.num_rows:
        account = imported.record["rows"]
        reasons = (account["dropped"] | account["quarantined"]).items()
        why = ", ".join(f"{count} {reason}" for reason, count in reasons if count)
        raise UserError(f"{', '.join(map(str, named.values()))}: no sound article is left ({why})")
    imported.record["files"] = {shown: sha256_of(path) for shown, path in named.items()}
    return imported


def sift(rows: Iterable[Row], settings: Transfer) -> Imported:
    """The articles of some rows, each story once, whatever the order of the rows.

    Raises:
        UserError: if a language is asked for that nobody can tell.
    """
    reader, sound, faults = Reader(settings), list[Article](), list[Fault]()
    dropped = dict.fromkeys(("blank", "other_language", "same_text", "near_duplicate"), 0)
    languages: Counter[str] = Counter()
    read = 0
    for row in rows:
        read += 1
        found = reader(row)
        if found is None:
            dropped["blank"] += 1
        elif isinstance(found, Fault):
            faults.append(found)
        else:
            languages[found.lang] += 1
            if found.lang in settings.languages:
                sound.append(found)
            else:
                dropped["other_language"] += 1
    sound.sort(key=attrgetter("rank"))
    sound, clashes = _one_text_an_id(sound, settings.articles.id or settings.articles.url)
    faults.extend(clashes)
    kept = _stories(sound, settings.near_duplicates, dropped)
    record = {
        "rows": {
            "read": read,
            "kept": len(kept),
            "dropped": dropped,
            "quarantined": dict(sorted(Counter(fault.reason for fault in faults).items())),
        },
        "languages": dict(sorted(languages.items())),
        "published": _days([article for article, _ in kept]),
        "registered_domains": len({article.registered_domain for article, _ in kept}),
        "syndicated": sum(domains > 1 for _, domains in kept),
    }
    content = [_columns(article) | {"syndication_count": domains} for article, domains in kept]
    aside = [_columns(fault) for fault in sorted(faults)]
    return Imported(
        pa.Table.from_pylist(content, ARTICLES).sort_by("article_id"),
        pa.Table.from_pylist(aside, QUARANTINE),
        record,
    )


def _one_text_an_id(sound: list[Article], column: str) -> tuple[list[Article], list[Fault]]:
    """Articles with one text an id, its first; rows that say something else of the id are at fault."""
    texts: dict[str, str] = {}
    clash = [texts.setdefault(article.article_id, article.sha) != article.sha for article in sound]
    faults = [
        Fault(article.article_id, "same_id", column) for article, odd in zip(sound, clash, strict=True) if odd
    ]
    return [article for article, odd in zip(sound, clash, strict=True) if not odd], faults


def _stories(
    sound: list[Article], settings: NearDuplicates, dropped: dict[str, int]
) -> list[tuple[Article, int]]:
    """The first article of every story, with the number of registered domains that carried it."""
    same: dict[str, list[Article]] = defaultdict(list)
    for article in sound:
        same[article.same_text].append(article)
    texts = list(same.values())
    dropped["same_text"] = len(sound) - len(texts)
    domains: dict[int, set[str]] = defaultdict(set)
    for articles, first in zip(
        texts, clusters([articles[0].text for articles in texts], settings), strict=True
    ):
        domains[first].update(article.registered_domain for article in articles)
    dropped["near_duplicate"] = len(texts) - len(domains)
    return [(texts[first][0], len(sites)) for first, sites in domains.items()]


def _days(kept: list[Article]) -> dict[str, Any]:
    days = [article.published for article in kept if article.published]
    reasons = Counter(article.published_reason for article in kept)
    return {
        "known": len(days),
        **{reason: reasons[reason] for reason in REASONS},
        "first": min(days).isoformat() if days else None,
        "last": max(days).isoformat() if days else None,
    }


def _columns(record: Article | Fault) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
