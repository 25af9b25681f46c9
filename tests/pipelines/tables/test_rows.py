from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.files import write_parquet
from pipelines.tables.rows import rows_of

TABLE = pa.table(
    {
        "article_id": [f"a{at:02d}" for at in range(23)],
        "text": [f"Text {at}." for at in range(23)],
        "published": [date(2020, 1, 1 + at) for at in range(23)],
        "url": ["https://example.org"] * 23,
    }
)


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("articles") / "articles.parquet"
    write_parquet(path, TABLE, group=5)
    return path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 22), count=st.integers(1, 23))
def test_they_are_the_same_rows_however_they_lie_in_the_file(articles: Path, first: int, count: int) -> None:
    columns = ["article_id", "text", "published"]
    assert (
        rows_of(articles, first, min(count, 23 - first), columns)
        == TABLE.select(columns).slice(first, count).to_pylist()
    )
