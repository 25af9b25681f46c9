"""Labelled tables of categories, as benchmarks of click-through rate publish them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from pyarrow import csv
from torch import Tensor

from modules.errors import UserError, did_you_mean
from modules.recommendation.batch import PairBatch
from modules.recommendation.features import Features
from modules.recommendation.pair_model import Shape, SideShape

_LIBSVM = {".libsvm", ".svm"}


def read_click_tables(paths: list[Path], label: str) -> tuple[Shape, list[PairBatch]]:
    """Read tables, the first of which is for training and has the vocabularies; other values are unseen.

    A CSV file has a header and a column of labels, its other columns are fields. A `.libsvm` file has lines
    `label id:1 id:1 ...`; each position is a field. Either may be compressed (`.gz`).

    Args:
        paths: training, validation, test, ...
        label: a CSV file's column of labels, 0 or 1.

    Raises:
        UserError: naming a file and what is wrong with it.
    """
    tables = [_read(path, label) for path in paths]
    labels = [_labels(table, path) for table, path in zip(tables, paths, strict=True)]
    names = tables[0].column_names[1:]
    for table, path in zip(tables, paths, strict=True):
        if table.column_names[1:] != names:
            raise UserError(f"{path}: its fields are not those of {paths[0]}; order them alike")
    words = [pc.unique(tables[0].column(name)).sort().drop_null() for name in names]
    shape = Shape(SideShape(tuple(len(each) for each in words)), SideShape())
    return shape, [
        PairBatch(_features(table, words), _nothing(len(table)), labels_)
        for table, labels_ in zip(tables, labels, strict=True)
    ]


def _nothing(rows: int) -> Features:
    return Features(torch.zeros(rows, 0, dtype=torch.int64), torch.zeros(rows, 0))


def _features(table: pa.Table, words: list[pa.Array]) -> Features:
    codes = [
        pc.fill_null(pc.index_in(column, value_set=known), -1).to_numpy() + 1
        for column, known in zip(table.columns[1:], words, strict=True)
    ]
    return Features(torch.from_numpy(np.stack(codes, axis=1).astype(np.int64)), torch.zeros(len(table), 0))


def _read(path: Path, label: str) -> pa.Table:
    """Label first, then the fields, all text."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    libsvm = bool(_LIBSVM & set(path.suffixes))
    head = csv.ReadOptions(autogenerate_column_names=libsvm)
    parse = csv.ParseOptions(delimiter=" " if libsvm else ",")
    try:
        names = csv.read_csv(path, head, parse).column_names
        texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True)
        table = csv.read_csv(path, head, parse, texts)
    except pa.ArrowInvalid as error:
        raise UserError(f"{path}: {str(error).splitlines()[0]}") from error
    if libsvm:
        return _without_ones(table, path)
    if label not in names:
        hint = did_you_mean(label, names)
        raise UserError(f"{path}: no column {label!r}{hint}; name the labels' column with --label")
    return table.select([label, *(name for name in names if name != label)])


def _without_ones(table: pa.Table, path: Path) -> pa.Table:
    columns = [column for column in table.columns if column.null_count < len(column)]  # blanks at the end
    for place, column in enumerate(columns[1:], start=1):
        good = pc.match_substring_regex(column, r"^\d+:1(\.0*)?$")
        if column.null_count or not pc.all(good).as_py():
            at = pc.index(pc.fill_null(good, False), False).as_py()
            raise UserError(f"{path}: line {at + 1}, entry {place}: {column[at].as_py()!r} is not like 12:1")
        columns[place] = pc.replace_substring_regex(column, ":.*$", "")
    return pa.table(columns, names=["label", *(f"field {i}" for i in range(1, len(columns)))])


def _labels(table: pa.Table, path: Path) -> Tensor:
    known = pa.array(["0", "1", "0.0", "1.0"])
    found = pc.index_in(table.column(0), value_set=known)
    if found.null_count:
        at = pc.index(pc.is_null(found), True).as_py()
        raise UserError(f"{path}: row {at + 1}: the label {table.column(0)[at].as_py()!r} is neither 0 nor 1")
    label = torch.from_numpy(found.to_numpy() % 2).float()
    if not 0 < label.sum() < len(label):
        raise UserError(f"{path}: needs rows of label 0 and of label 1")
    return label
