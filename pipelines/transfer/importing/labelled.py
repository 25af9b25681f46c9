"""Passages with their answers: the user's, and those of simulated articles."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field, ValidationError, model_validator

from modules.errors import UserError
from modules.transfer.places.policy import policy
from modules.transfer.sentences import sentences
from modules.transfer.tagging.tags import FIELDS
from pipelines.config import one_line
from pipelines.config.parts import TEST, TRAIN, VALIDATION
from pipelines.config.section import Section, list_to_tuple
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.transfer.importing.columns import LABELLED
from pipelines.transfer.simulating.articles import draw

_SHARES = {VALIDATION: 0.15, TEST: 0.2}
"""Of the groups of a file that does not say its parts."""
Place = tuple[int, int]


class Line(Section):
    """One line of a file of labelled passages."""

    model_config = Section.model_config | {"strict": False}

    text: str = Field(min_length=1)
    published: date | None = None
    circulation: bool
    subject: Place | None = None
    """Start and end in the text."""
    origin: Place | None = None
    destination: Place | None = None
    time: Place | None = None
    origin_iso3: str | None = None
    destination_iso3: str | None = None
    period: str | None = Field(default=None, pattern=r"^[12]\d{3}(-(0[1-9]|1[0-2]))?$")
    group: str | None = None
    """What must not be split, like a person; none: the passage by itself."""
    part: str | None = Field(default=None, pattern="^(train|validation|test)$")
    """None: told by a hash of the group."""
    source: str = "file"

    @model_validator(mode="after")
    def _makes_sense(self) -> "Line":
        for field in FIELDS:
            span = getattr(self, field)
            if span is not None and not 0 <= span[0] < span[1] <= len(self.text):
                msg = f"{field}: {list(span)} lies outside the text of {len(self.text)} characters"
                raise ValueError(msg)
        for field in ("origin_iso3", "destination_iso3"):
            code = getattr(self, field)
            if code is not None and code not in policy().members:
                msg = f"{field}: {code!r} is no alpha-3 code of a member of the United Nations"
                raise ValueError(msg)
        if self.circulation and self.destination is None and self.origin is None:
            msg = "circulation: a move names where to or where from; give the span of one"
            raise ValueError(msg)
        return self


def read_labelled(paths: Sequence[Path]) -> pa.Table:
    """The passages of files of JSON Lines, sorted by id; a passage told twice counts once.

    Raises:
        UserError: naming file, line and key of what is wrong.
    """
    return _table(row for path in paths for row in _lines(path))


def simulated_passages(articles: int, seed: int, *, only_train: bool = False) -> pa.Table:
    """The telling sentences of simulated articles with the sentence before each, and some that tell nothing.

    Whole families are held out: `part` is the family's. Beside real passages all are to train on.
    """
    drawn = draw(SimulateArticlesSource(kind="simulate", articles=max(articles, 50), dirt=0.0), seed)
    texts, days = (drawn.articles.column(name).to_pylist() for name in ("text", "date"))
    labels = drawn.labels.to_pylist()
    told = (_simulated(label, texts, days) for label in labels)
    telling = {label["row"] for label in labels}
    plain = (
        _plain(text, day)
        for row, (text, day) in enumerate(zip(texts, days, strict=True))
        if row not in telling
    )
    rows = chain(told, plain)
    return _table({**row, "part": TRAIN} for row in rows) if only_train else _table(rows)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """All passages, sorted by id."""
    return pa.concat_tables(tables).sort_by("passage_id") if tables else LABELLED.empty_table()


def _simulated(label: dict[str, Any], texts: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    text = texts[label["row"]]
    before = [span.start for span in sentences(text) if span.start < label["start"]]
    start = before[-1] if before else label["start"]
    row: dict[str, Any] = {
        "text": text[start : label["end"]],
        "published": date.fromisoformat(days[label["row"]]),
        "circulation": label["moves"],
        "origin_iso3": label["origin_iso3"],
        "destination_iso3": label["destination_iso3"],
        "period": label["period"],
        "group": label["family"],
        "part": label["part"],
        "source": "simulated",
    }
    for field in FIELDS:
        for end in ("start", "end"):
            place = label[f"{field}_{end}"]
            row[f"{field}_{end}"] = None if place is None or not label["moves"] else place - start
    return row


def _plain(text: str, day: str) -> dict[str, Any]:
    """The first two sentences of an article that tells of nothing."""
    spans = sentences(text)[:2]
    passage = text[spans[0].start : spans[-1].end]
    part = _part(passage)
    return {
        "text": passage,
        "published": date.fromisoformat(day),
        "circulation": False,
        "group": f"plain {part}",
        "part": part,
        "source": "simulated",
    }


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        for number, text in enumerate(file, start=1):
            if not text.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in text):
                raise UserError(f"{path}: line {number}: is not UTF-8; save the file as UTF-8")
            if not text.strip():
                continue
            where = f"{path}: line {number}"
            try:
                line = Line.model_validate(json.loads(text))
            except json.JSONDecodeError as error:
                raise UserError(f"{where}: is not JSON: {error.msg}; write one object a line") from error
            except ValidationError as error:
                said = str(one_line(error, where)).partition(", given ")[0]  # what is given may name somebody
                raise UserError(said) from None
            row = line.model_dump(exclude=set(FIELDS))
            for field in FIELDS:
                span = list_to_tuple(getattr(line, field)) or (None, None)
                row |= {f"{field}_start": span[0], f"{field}_end": span[1]}
            row["group"] = line.group or _sha(line.text)
            row["part"] = line.part or _part(row["group"])
            yield row


def _table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    found = {(key := _sha(f"{row['group']}\n{row['text']}")): {**row, "passage_id": key} for row in rows}
    return pa.Table.from_pylist([found[key] for key in sorted(found)], LABELLED)


def _part(group: str) -> str:
    drawn = int(_sha(group)[:8], 16) / 16**8
    for part, share in _SHARES.items():
        if drawn < share:
            return part
        drawn -= share
    return TRAIN


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
