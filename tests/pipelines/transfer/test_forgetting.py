import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from modules.errors import UserError
from pipelines.config import load_run
from pipelines.config.run import of_track
from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import TransferRun
from pipelines.files import write_parquet
from pipelines.runs import add
from pipelines.transfer.forgetting import forget
from pipelines.transfer.judging.extracting.published import published, subject_hash
from tests.conftest import call
from tests.pipelines.transfer.judging.test_published import ARTICLES, read

SALT = "said"
ENTRY = """
news:
  track: transfer
  source: {kind: articles}
  transfer:
    articles: {path: a.jsonl, url: url, text: text}
    labelled: {simulated: 60}
"""


@pytest.fixture
def news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose run has two people's transfers in its outputs and in DVC's cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TALENTFLOW_SALT", SALT)
    (tmp_path / "a.jsonl").write_text(
        '{"url": "https://a.org/1", "text": "'
        "The committee met in the town hall on Monday and said that the budget was too small. "
        '"}\n'
    )
    (tmp_path / "params.yaml").write_text("runs:\n  other: {}\n")
    (tmp_path / "entry.yaml").write_text(ENTRY)
    add(Path("entry.yaml"), tmp_path)
    folder = tmp_path / "runs/news/evaluation"
    folder.mkdir(parents=True)
    # On whom the members do not agree, one of them has named.
    hinted = json.dumps([{"subject": "Dr Anna Kovács"}, {"subject": ""}])
    rows = [read(at=0), read(at=1, subject="Béla Kiss"), read(at=2, subject=None, members=hinted)]
    for name, table in zip(
        ("transfers", "private"), published(rows, ARTICLES, 2, SALT.encode()), strict=True
    ):
        write_parquet(folder / f"{name}.parquet", table)
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n  evaluate:\n    cmd: 'true'\n    outs: [runs/news/evaluation]\n"
    )
    call("dvc", "init", "--no-scm", "--quiet", cwd=tmp_path)
    call("dvc", "commit", "--force", "--quiet", cwd=tmp_path)
    return tmp_path


def of_news() -> TransferRun:
    return of_track(load_run("news"), TransferRun)


def holding(project: Path, name: str) -> list[Path]:
    """Files of the cache with a name."""
    found = []
    for path in (project / ".dvc/cache").rglob("*"):
        if path.is_file() and path.read_bytes()[:4] == b"PAR1":
            found += [path] if name in str(pq.ParquetFile(path).read().to_pydict()) else []
    return found


def test_a_person_leaves_tables_and_cache_and_stays_away(news: Path) -> None:
    said = forget("news", of_news(), "anna kovacs", yes=False)
    assert "would remove 2 transfers" in said
    assert holding(news, "Anna Kovács")
    assert forget("news", of_news(), "anna kovacs", yes=True).startswith("news: removed 2 transfers")
    assert not (news / "runs/news/evaluation").exists()
    assert not holding(news, "Anna Kovács")
    digest = subject_hash("Anna Kovács", SALT.encode())
    assert of_news().transfer.forgotten == (digest,)
    again, _ = published([read(at=0), read(at=1, subject="Béla Kiss")], ARTICLES, 2, SALT.encode(), [digest])
    assert again.column("subject").to_pylist() == [subject_hash("Béla Kiss", SALT.encode())]


@pytest.mark.usefixtures("news")
def test_who_is_not_there_or_was_drawn_is_said() -> None:
    with pytest.raises(UserError, match="no transfer of this person"):
        forget("news", of_news(), "Carla Conti", yes=True)
    drawn = of_news().model_copy(update={"source": SimulateArticlesSource(kind="simulate")})
    with pytest.raises(UserError, match="is simulated"):
        forget("news", drawn, "Anna Kovács", yes=True)
