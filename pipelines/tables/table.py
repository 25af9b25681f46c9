"""One table as the user wrote it: texts and numbers of the named columns, and the row of every fault."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modules.errors import UserError

_BLANK = "is blank; fill it in or take the row out"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Coded:
    """A column of texts: the distinct ones, and which of them stands in each row."""

    codes: NDArray[np.int32]
    texts: list[str]


@dataclass(frozen=True)
class Table:
    """Columns by name; `rows` counts as an editor shows a csv (header 1), and from 1 in parquet."""

    path: Path
    columns: dict[str, Any]
    rows: NDArray[np.int64]
    blank: int = 0
    """Lines without anything in the named columns, left out."""

    def fault(self, row: int, column: str, what: str) -> UserError:
        """The error for one cell."""
        return UserError(f"{self.path}: row {self.rows[row]}, column {column}: {what}")

    def texts(self, column: str, *, blank: bool = False) -> Coded:
        """A column of codes, names or dates exactly as written; parquet's numbers and dates become texts.

        Raises:
            UserError: at the first cell that is, begins or ends blank, unless allowed; blank is then "".
        """
        values = self._text(column)
        coded = Coded(values.indices.to_numpy(), values.dictionary.to_pylist())
        if not blank:
            odd = np.array([not text or text != text.strip() for text in coded.texts], dtype=bool)[
                coded.codes
            ]
            if odd.any():
                row = int(odd.argmax())
                text = coded.texts[coded.codes[row]]
                what = f"{text!r} begins or ends with a blank; take that out" if text.strip() else _BLANK
                raise self.fault(row, column, what)
        return coded

    def numbers(self, column: str, *, blank: bool = False) -> NDArray[np.float64]:
        """A column of finite numbers.

        Raises:
            UserError: at the first text, non-finite number or blank cell (unless allowed; blank is then NaN).
        """
        values = self.columns[column]
        if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            empty = values.is_null().to_numpy(zero_copy_only=False)
        else:
            coded = self._text(column)
            codes, texts = coded.indices.to_numpy(), pc.utf8_trim_whitespace(coded.dictionary)
            sound = pc.if_else(pc.match_substring_regex(texts, _NUMBER), texts, None)
            numbers = sound.cast(pa.float64()).to_numpy(zero_copy_only=False)[codes]
            empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)[codes]
        bad = ~np.isfinite(numbers) & ~(empty & blank)
        if bad.any():
            row = int(bad.argmax())
            value = "is blank" if empty[row] else f"{values[row].as_py()!r} is not a finite number"
            mend = "write digits with a decimal point and nothing else, or take the row out"
            raise self.fault(row, column, f"{value}; {mend}")
        result: NDArray[np.float64] = numbers
        return result

    def _text(self, column: str) -> Any:
        values = self.columns[column]
        kind = values.type
        if pa.types.is_dictionary(kind) and kind.value_type == pa.string():
            return values if values.null_count == 0 else _encoded(values.cast(pa.string()))
        if pa.types.is_floating(kind):  # pandas turns whole numbers into floats when one is blank
            whole = pc.equal(values, pc.floor(values))
            return _encoded(pc.if_else(whole, _whole(values), values.cast(pa.string())))
        if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
            return _encoded(pc.strftime(values, format="%Y-%m-%d"))
        try:
            return _encoded(values.cast(pa.string()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            what = f"holds {kind}; write texts, whole numbers or dates"
            raise UserError(f"{self.path}: column {column}: {what}") from error


def _whole(values: Any) -> Any:
    return values.cast(pa.int64(), safe=False).cast(pa.string())


def _encoded(texts: Any) -> Any:
    return pc.dictionary_encode(pc.fill_null(texts, ""))
