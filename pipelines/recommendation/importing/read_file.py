"""One file of a run, and the rows of it that a table's `where` keeps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modules.errors import UserError
from pipelines.config.recommendation import SimulatePlacementsSource, TablesSource
from pipelines.recommendation.importing.cells import label, labels
from pipelines.tables.locate import locate
from pipelines.tables.read_table import read_table
from pipelines.tables.table import Table

Source = SimulatePlacementsSource | TablesSource
Where = Mapping[str, Sequence[str]]
_SHOWN = 8


def file_of(data: Path, path: str, key: str) -> Path:
    """The one file that a table's path names.

    Raises:
        UserError: if there is none, or several.
    """
    found = locate(data, path, f"recommendation.{key}.path")
    if len(found) > 1:
        raise UserError(f"recommendation.{key}.path: {path!r} names {len(found)} files; name one")
    return found[0]


def read_file(
    path: Path, columns: Sequence[str], where: Mapping[str, Sequence[str]], source: Source
) -> Table:
    """The named columns of a file, those of `where` among them.

    Raises:
        UserError: if the file is broken or lacks a column.
    """
    names = [*columns, *where]
    if isinstance(source, TablesSource):
        return read_table(path, names, source.sep, source.encoding)
    return read_table(path, names)


def meant(table: Table, where: Where, key: str) -> NDArray[np.bool_]:
    """Which rows have what `where` asks for.

    Raises:
        UserError: if none has.
    """
    mask = np.ones(len(table.rows), dtype=np.bool_)
    for column, wanted in where.items():
        cells = labels(table, column)
        asked = {label(each) for each in wanted}
        mask &= np.array([text in asked for text in cells.texts], dtype=np.bool_)[cells.codes]
        if not mask.any():
            there = ", ".join(sorted(cells.texts)[:_SHOWN])
            raise UserError(
                f"recommendation.{key}.where: no row of {table.path} has {column} {' or '.join(wanted)}; "
                f"it holds {there}"
            )
    return mask
