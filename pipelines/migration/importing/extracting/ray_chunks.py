"""Count the chunks of a log side by side on a Ray cluster that sees the same files."""

import io
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import polars as pl
import ray

from pipelines.migration.importing.extracting.count import Counted
from pipelines.migration.importing.extracting.log import Chunk
from pipelines.ray_session import ray_session

_CPUS = 2
_TABLES = tuple(field.name for field in fields(Counted))


def counted_by_ray(chunks: list[Chunk], count_chunk: Callable[[Chunk], Counted]) -> Iterator[Counted]:
    """What each chunk comes to, in order, by Ray Data: a task a chunk, its few sums sent back."""

    def work(item: dict[str, Any]) -> dict[str, Any]:
        found = count_chunk(chunks[item["at"]])
        # Arrow's own bytes, since a row of Ray Data holds no tables.
        return {"at": item["at"], **{name: _bytes(getattr(found, name)) for name in _TABLES}}

    with ray_session(_CPUS):
        ray.data.DataContext.get_current().enable_progress_bars = False
        items = ray.data.from_items(
            [{"at": at} for at in range(len(chunks))], override_num_blocks=len(chunks)
        )
        found = {row["at"]: row for row in items.map(work).iter_rows()}
    for at in range(len(chunks)):
        yield Counted(**{name: pl.read_ipc(io.BytesIO(found[at][name])) for name in _TABLES})


def _bytes(table: pl.DataFrame) -> bytes:
    return table.write_ipc(None).getvalue()
