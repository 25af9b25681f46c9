"""Count the chunks of a log side by side on a Ray cluster that sees the same files."""

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import ray

from pipelines.migration.extracting.count import Counted
from pipelines.migration.extracting.log import Chunk
from pipelines.ray_session import ray_session

_CPUS = 2


def counted_by_ray(chunks: list[Chunk], count_chunk: Callable[[Chunk], Counted]) -> Iterator[Counted]:
    """What each chunk comes to, in order, by Ray Data: a task a chunk, its few sums sent back."""

    def work(item: dict[str, Any]) -> dict[str, Any]:
        # Bytes, since a row of Ray Data holds no tables.
        return {"at": item["at"], "counted": pickle.dumps(count_chunk(chunks[item["at"]]))}

    with ray_session(_CPUS):
        ray.data.DataContext.get_current().enable_progress_bars = False
        items = ray.data.from_items(
            [{"at": at} for at in range(len(chunks))], override_num_blocks=len(chunks)
        )
        found = {row["at"]: row["counted"] for row in items.map(work).iter_rows()}
    for at in range(len(chunks)):
        yield pickle.loads(found[at])  # noqa: S301 - our own bytes, from our own workers
