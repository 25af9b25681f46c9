"""Some rows of a large table."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq


def rows_of(path: Path, first: int, count: int, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Rows `first` to `first + count` of a parquet file, reading only the row groups that hold them.

    Args:
        path: of the file.
        first: row, 0 is the file's first.
        count: of rows, at least 1 and all there.
        columns: that are read (none: all).
    """
    file = pq.ParquetFile(path)
    ends = list(accumulate(file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)))
    starts = [0, *ends]
    groups = [at for at, end in enumerate(ends) if starts[at] < first + count and first < end]
    table = file.read_row_groups(groups, columns=None if columns is None else [*columns])
    return cast("list[dict[str, Any]]", table.slice(first - starts[groups[0]], count).to_pylist())
