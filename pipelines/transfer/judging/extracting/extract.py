"""The extraction of a run: its articles in shards through the actors, and the tables that come of them."""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray.data

from pipelines.ray_session import ray_session
from pipelines.transfer.judging.extracting.actors import READ, Agreement, Filter, Reader

log = logging.getLogger(__name__)
_HALF = 0.5
"""Of the cores is what all actors together ask for: a task that starts a shard needs one too."""


@dataclass(frozen=True)
class Extracted:
    """What the articles tell."""

    read: pa.Table
    """Passages on which the members agree, sorted by id; of the private store."""
    counts: Mapping[str, int]
    """What passed each step, and what was dropped for which reason."""


@dataclass(frozen=True)
class Members:
    """Where the trained networks lie."""

    voters: Mapping[str, Path]
    classifier: Path | None
    gazetteer: Path


def extract(articles: Path, members: Members, shard: int, parallel: int, scratch: Path) -> Extracted:
    """Read all articles; shards that are done already are not read again.

    Args:
        articles: articles.parquet.
        members: the networks.
        shard: articles of a shard.
        parallel: CPUs of a Ray that is started here; a cluster (RAY_ADDRESS) has its own.
        scratch: where finished shards wait; it may be another process's that was killed.
    """
    total = pq.read_metadata(articles).num_rows
    shards = [
        {"shard": at, "articles": str(articles.resolve()), "first": first, "count": min(shard, total - first)}
        for at, first in enumerate(range(0, total, shard))
    ]
    missing = [each for each in shards if not (scratch / f"shard-{each['shard']:06d}").exists()]
    if missing:
        if len(missing) < len(shards):
            log.info("%d of %d shards are there already", len(shards) - len(missing), len(shards))
        with ray_session(parallel):
            _run(missing, members, scratch.resolve())
    folders = [scratch / f"shard-{each['shard']:06d}" for each in shards]
    counts: Counter[str] = Counter()
    for folder in folders:
        counts.update(json.loads((folder / "counts.json").read_text(encoding="utf-8")))
    tables = [pq.read_table(folder / "read.parquet", schema=READ) for folder in folders]
    read = pa.concat_tables(tables).sort_by("passage_id") if tables else READ.empty_table()
    counts["articles"] = total
    return Extracted(read, dict(counts))


def _run(shards: Sequence[Mapping[str, Any]], members: Members, scratch: Path) -> None:
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    gazetteer = members.gazetteer.resolve()
    classifier = members.classifier.resolve() if members.classifier else None
    actors: list[tuple[Any, dict[str, Any]]] = [
        (Filter, {"gazetteer": gazetteer, "classifier": classifier}),
        *((Reader, {"folder": folder.resolve(), "name": name}) for name, folder in members.voters.items()),
        (Agreement, {"gazetteer": gazetteer, "voters": tuple(members.voters), "scratch": scratch}),
    ]
    cpus = int(ray.cluster_resources()["CPU"])  # type: ignore[no-untyped-call]
    pool = max(1, cpus // len(actors))
    share = _HALF * cpus / (len(actors) * pool)
    rows: ray.data.Dataset = ray.data.from_items(list(map(dict, shards)), override_num_blocks=len(shards))
    for actor, settings in actors:
        compute = ray.data.ActorPoolStrategy(min_size=1, max_size=pool)
        rows = rows.map(actor, fn_constructor_kwargs=settings, num_cpus=share, compute=compute)
    for done, row in enumerate(rows.iter_rows(), start=1):
        log.info("shard %d of %d: %d passages agreed on", done, len(shards), row["kept"])
