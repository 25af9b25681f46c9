"""Count the chunks of a log one after the other, or side by side on a Ray cluster: the same bytes."""

import os
from collections.abc import Iterator
from functools import partial

from pipelines.migration.importing.extracting.count import Counted, count
from pipelines.migration.importing.extracting.judge import judge
from pipelines.migration.importing.extracting.log import Chunk, read_chunk
from pipelines.migration.importing.extracting.memory import Memory
from pipelines.migration.importing.extracting.rules import Rules


def counted(chunks: list[Chunk], rules: Rules) -> Iterator[Counted]:
    """What each chunk comes to, in order; by Ray Data where RAY_ADDRESS names a cluster."""
    if os.environ.get("RAY_ADDRESS"):
        from pipelines.migration.importing.extracting.ray_chunks import counted_by_ray  # noqa: PLC0415 - seconds to import

        yield from counted_by_ray(chunks, partial(count_chunk, rules=rules))
        return
    memory = Memory()
    for chunk in chunks:
        yield count_chunk(chunk, rules, memory)


def count_chunk(chunk: Chunk, rules: Rules, memory: Memory | None = None) -> Counted:
    """Read, judge and count one chunk; the memory of texts saves work and changes nothing."""
    return count(judge(read_chunk(chunk), rules, memory), rules)
