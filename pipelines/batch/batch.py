"""`talentflow batch`: the champion's answers to a table of questions, chunk by chunk, on Ray Data."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray.data
from filelock import FileLock, Timeout

from modules.artefact import sha256_of
from modules.errors import UserError, did_you_mean
from pipelines.batch.answerer import Answerer, answerer
from pipelines.batch.chunk import ANSWERED, REFUSED, Chunk, name_of
from pipelines.config import load_run
from pipelines.files import write_json
from pipelines.ray_session import ray_session
from pipelines.release.champion import bento_of
from pipelines.release.home import Releases

log = logging.getLogger(__name__)
JOB, MANIFEST = "job.json", "manifest.json"


def run(name: str, questions: Path, answers: Path, tag: str, chunk: int, parallel: int) -> str:
    """Answer every row of a parquet file; what is answered already is not asked again.

    `answers` becomes a folder with `answered/` and `refused/` (a parquet file each a chunk, rows told by
    their place in the questions), `job.json` (what is asked of what) and at the very end `manifest.json`,
    with the sha256 of every file. The bytes depend neither on how many work nor on what was killed.

    Args:
        name: of the run.
        questions: parquet; its columns are the fields of the track's main question.
        answers: the folder; it may hold what a killed batch of the same job has done.
        tag: of a bento of the run; empty: the champion.
        chunk: rows that one actor answers at a time.
        parallel: CPUs of a Ray that is started here; a cluster (RAY_ADDRESS) has its own.

    Returns:
        How it ended, on one line.

    Raises:
        UserError: if a file, a column or the folder is not as it must be, or the bento was changed.
    """
    config, releases = load_run(name), Releases(name)
    bento = bento_of(releases, tag)
    rows = _rows(questions)
    _check_columns(questions, answerer(config, bento.artefact))
    job = {"run": name, "model": bento.tag, "bento": bento.digest, "chunk": chunk}
    job |= {"questions": sha256_of(questions), "rows": rows}
    answers.mkdir(parents=True, exist_ok=True)
    with _alone(answers):
        _begin(answers, job)
        chunks = [
            {"chunk": at, "first": first, "count": min(chunk, rows - first)}
            for at, first in enumerate(range(0, rows, chunk))
        ]
        missing = [each for each in chunks if not (answers / ANSWERED / name_of(each["chunk"])).exists()]
        if len(missing) < len(chunks):
            log.info("%d of %d chunks are there already", len(chunks) - len(missing), len(chunks))
        if missing:
            with ray_session(parallel):
                _answer(missing, Chunk.settings(config, bento.artefact, questions, answers))
        counts = _seal(answers, job)
    said = f"{counts[ANSWERED]} rows of answers, {counts[REFUSED]} questions refused"
    return f"{answers}: {said}, by {bento.tag}"


def _rows(questions: Path) -> int:
    try:
        return int(pq.read_metadata(questions).num_rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{questions}: is no parquet file that can be read: {error}") from error


def _check_columns(questions: Path, ours: Answerer) -> None:
    there = pq.read_schema(questions).names
    known = {*ours.asked, *ours.passed}
    strange = next((column for column in there if column not in known), None)
    if strange is not None:
        raise UserError(
            f"{questions}: column {strange!r}: nothing asks by it{did_you_mean(strange, known)}; "
            f"there may be {', '.join(sorted(known))}"
        )
    if not set(there) & set(ours.asked):
        raise UserError(f"{questions}: has none of the columns {', '.join(sorted(ours.asked))}")


def _alone(answers: Path) -> AbstractContextManager[object]:
    try:
        return FileLock(answers / ".lock", timeout=0).acquire()
    except Timeout as error:
        raise UserError(f"{answers}: another batch is writing it; wait for it to end") from error


def _begin(answers: Path, job: Mapping[str, Any]) -> None:
    path = answers / JOB
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        other = next((key for key in job if before.get(key) != job[key]), None)
        if other is not None:
            raise UserError(
                f"{path}: is of another job ({other}: {before.get(other)}, now {job[other]}); "
                "name another folder, or delete this one"
            )
    elif any(path.name != ".lock" for path in answers.iterdir()):
        raise UserError(f"{answers}: holds something else than a batch's answers; name another folder")
    for part in (ANSWERED, REFUSED):
        (answers / part).mkdir(exist_ok=True)
    write_json(path, job)


def _answer(chunks: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> None:
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    cpus = int(ray.cluster_resources()["CPU"])  # type: ignore[no-untyped-call]
    actor: Any = Chunk
    rows: ray.data.Dataset = ray.data.from_items(list(map(dict, chunks)), override_num_blocks=len(chunks))
    # A task that hands out chunks needs a core too.
    share = cpus / (cpus + 1)
    answered = rows.map(
        actor,
        fn_constructor_kwargs=dict(settings),
        num_cpus=share,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=cpus),
    )
    for done, row in enumerate(answered.iter_rows(), start=1):
        log.info("chunk %d of %d: %d questions, %d refused", done, len(chunks), row["count"], row["refused"])


def _seal(answers: Path, job: Mapping[str, Any]) -> dict[str, int]:
    paths = sorted(path for part in (ANSWERED, REFUSED) for path in (answers / part).glob("*.parquet"))
    counts = {
        part: sum(pq.read_metadata(path).num_rows for path in paths if path.parent.name == part)
        for part in (ANSWERED, REFUSED)
    }
    files = {path.relative_to(answers).as_posix(): sha256_of(path) for path in paths}
    write_json(answers / MANIFEST, {**job, **counts, "files": files})
    return counts
