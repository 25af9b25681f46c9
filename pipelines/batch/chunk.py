"""One chunk of a batch: what runs in Ray's workers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from modules.errors import RequestError
from pipelines.batch.answerer import answerer
from pipelines.config import RunConfig
from pipelines.files import write_parquet
from pipelines.tables.rows import rows_of

ANSWERED, REFUSED = "answered", "refused"
WHY = pa.schema([("row", pa.int64()), ("column", pa.string()), ("reason", pa.string())])


def name_of(chunk: int) -> str:
    """The file of a chunk's answers, and of what it refused."""
    return f"{chunk:06d}.parquet"


class Chunk:
    """An actor: it loads the model once and writes the answers of one chunk after the other."""

    def __init__(self, config: RunConfig, artefact: Path, questions: Path, answers: Path) -> None:
        torch.set_num_threads(1)
        self.answer = answerer(config, artefact)
        self.questions, self.answers = questions, answers

    @classmethod
    def settings(cls, config: RunConfig, artefact: Path, questions: Path, answers: Path) -> dict[str, Any]:
        """What a worker in another folder is made with."""
        paths = {"artefact": artefact, "questions": questions, "answers": answers}
        return {"config": config, **{key: path.resolve() for key, path in paths.items()}}

    def __call__(self, chunk: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a chunk: what was refused is written first, the answers say that it is done."""
        answered, refused = [], []
        questions = rows_of(self.questions, chunk["first"], chunk["count"])
        for row, question in enumerate(questions, start=chunk["first"]):
            try:
                answered += [{"row": row, **each} for each in self.answer(question)]
            except RequestError as error:
                refused.append({"row": row, "column": error.field, "reason": error.message})
        schema = pa.schema([("row", pa.int64()), *self.answer.answer])
        self._write(REFUSED, chunk["chunk"], pa.Table.from_pylist(refused, WHY))
        self._write(ANSWERED, chunk["chunk"], pa.Table.from_pylist(answered, schema))
        return {**chunk, "refused": len(refused)}

    def _write(self, part: str, chunk: int, table: pa.Table) -> None:
        path = self.answers / part / name_of(chunk)
        temporary = path.with_suffix(".tmp")
        write_parquet(temporary, table)
        temporary.replace(path)
