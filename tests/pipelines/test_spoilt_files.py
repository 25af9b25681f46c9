"""Whatever happened to a file, its importer reads it or says in one line what is wrong; nothing else."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from pipelines.config.recommendation import Recommendation, TablesSource
from pipelines.migration.importing import ingest as flows
from pipelines.migration.importing.extracting.extract import extract
from pipelines.recommendation.importing import ingest as placements
from pipelines.transfer.importing.labelled import read_labelled
from tests.pipelines.migration import brought
from tests.pipelines.migration.importing.extracting import logs
from tests.pipelines.recommendation.entries import entry
from tests.pipelines.recommendation.test_ingest import EMPLOYERS, PLACEMENTS, STUDENTS
from tests.pipelines.spoilt import ANY, TEXT, spoilt
from tests.pipelines.transfer.importing import test_ingest as articles
from tests.pipelines.transfer.importing import test_labelled as labelled

often = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read_or_one_line(read: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            read(Path(folder))
        except UserError as error:
            said = str(error)
            assert said
            assert len(said.splitlines()) == 1
            assert len(said) < 1000


def parquet(text: str) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.csv.read_csv(io.BytesIO(text.encode())), written)
    return written.getvalue()


@often
@given(data=st.data(), kind=st.sampled_from(["csv", "parquet"]))
def test_flows(data: st.DataObject, kind: str) -> None:
    text = brought.text(brought.rows())
    good, kinds = (text.encode(), TEXT) if kind == "csv" else (parquet(text), ANY)

    def read(folder: Path) -> object:
        (folder / f"flows.{kind}").write_bytes(spoilt(good, data, kinds))
        return flows.read(brought.entry(folder, source={"path": f"flows.{kind}"}))

    read_or_one_line(read)


@often
@given(data=st.data(), which=st.sampled_from(["students", "employers", "placements"]))
def test_placements(data: st.DataObject, which: str) -> None:
    tables = {"students": STUDENTS, "employers": EMPLOYERS, "placements": PLACEMENTS}

    def read(folder: Path) -> object:
        for name, text in tables.items():
            content = spoilt(text.encode(), data, TEXT) if name == which else text.encode()
            (folder / f"{name}.csv").write_bytes(content)
        return placements.read(folder, TablesSource(kind="tables"), Recommendation.model_validate(entry()))

    read_or_one_line(read)


@often
@given(data=st.data(), kind=st.sampled_from(["a.jsonl", "a.csv", "a.csv.gz", "a.parquet"]))
def test_articles(data: st.DataObject, kind: str) -> None:
    kinds = TEXT if kind in {"a.jsonl", "a.csv"} else ANY

    def read(folder: Path) -> object:
        path = articles.write(folder / kind, articles.ROWS)
        path.write_bytes(spoilt(path.read_bytes(), data, kinds))
        return articles.read(path)

    read_or_one_line(read)


@often
@given(data=st.data())
def test_labelled_passages(data: st.DataObject) -> None:
    lines = "".join(json.dumps(labelled.line(group=f"person {at}")) + "\n" for at in range(6))

    def read(folder: Path) -> object:
        path = folder / "labelled.jsonl"
        path.write_bytes(spoilt(lines.encode(), data, TEXT))
        return read_labelled([path])

    read_or_one_line(read)


# PyArrow reads a ragged row that is no UTF-8 as a text before it hands it on, and says so on stderr.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(often, max_examples=15)
@given(data=st.data(), kind=st.sampled_from(["log.csv", "log.parquet"]))
def test_a_log_of_queries(data: st.DataObject, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    users = [(f"user {at}", logs.BEIJING, "上海 招聘") for at in range(12)]

    def read(folder: Path) -> object:
        monkeypatch.chdir(folder)
        logs.write_log(Path("log"), logs.rows(*users))
        path = Path("log") / kind
        if kind == "log.csv":
            pl.read_parquet("log/log.parquet").write_csv(path)
            Path("log/log.parquet").unlink()
        path.write_bytes(spoilt(path.read_bytes(), data, TEXT if kind == "log.csv" else ANY))
        try:
            return extract("try", logs.entry(source={"path": kind}))
        finally:
            monkeypatch.chdir("/")

    read_or_one_line(read)
