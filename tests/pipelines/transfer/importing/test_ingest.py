"""The user's files, of every kind and fault, into extracted/."""

import csv
import gzip
import hashlib
import io
import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from modules.errors import UserError
from pipelines.config.transfer import ArticlesSource, TransferRun
from pipelines.transfer.importing import ingest
from pipelines.transfer.importing.described import described
from tests.pipelines.transfer.importing.stories import reworded, row, settings, story

ROOT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("TALENTFLOW_SHARED_DATA", ROOT / "../shared/data")) / "abp_news"
SOURCE = ArticlesSource(kind="articles")
ROWS = [
    row(title='Said "yes", then\nno'),
    row(id="b", url="https://other.org/2", date="2/27", text=story(2)),
    row(id="c", url="https://third.org/2", date="2018-07-26", text=reworded(story(2), 1)),
    row(id="d", url="n/a", text=story(4)),
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the kind of file that the name's ending tells."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    content = io.StringIO()
    if ".jsonl" in path.name:
        content.writelines(json.dumps(each) + "\n" for each in rows)
    else:
        writer = csv.DictWriter(content, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    written = content.getvalue().encode()
    path.write_bytes(gzip.compress(written) if path.suffix == ".gz" else written)
    return path


def read(path: Path, **source: str) -> ingest.Imported:
    columns = {"id": "id", "url": "url", "date": "date", "title": "title", "text": "text"}
    return ingest.read(
        path.parent,
        ArticlesSource(kind="articles", **source),
        settings(articles={"path": path.name, **columns}),
    )


def test_every_kind_of_file_gives_the_same_articles(tmp_path: Path) -> None:
    kinds = ("a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet")
    found = {kind: read(write(tmp_path / kind, ROWS)) for kind in kinds}
    for kind, imported in found.items():
        assert imported.articles.equals(found["a.jsonl"].articles)
        assert imported.quarantine.equals(found["a.jsonl"].quarantine)
        digest = hashlib.sha256((tmp_path / kind).read_bytes()).hexdigest()
        assert imported.record["files"] == {kind: digest}
    assert found["a.csv"].articles.column("title").to_pylist()[0] == 'Said "yes", then\nno'


def test_dates_of_parquet_are_dates(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.parquet", [row(date=date(2018, 7, 24), id=7)]))
    assert found.articles.select(["article_id", "published"]).to_pylist() == [
        {"article_id": "7", "published": date(2018, 7, 24)}
    ]


def test_a_text_may_be_long(tmp_path: Path) -> None:
    text = story(1, 40_000)
    assert len(text) > csv.field_size_limit()
    found = read(write(tmp_path / "a.csv", [row(text=text)]))
    assert found.articles.column("text").to_pylist() == [text]


def test_blank_lines_and_other_encodings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f"id;url;date;title;text\n\n1;https://a.org/1;2018-07-24;Café;{story(1)}\n;;;;\n", encoding="utf-16"
    )
    found = read(path, sep=";", encoding="utf-16")
    assert found.articles.column("title").to_pylist() == ["Café"]
    assert found.record["rows"]["dropped"]["blank"] == 2
    lines = tmp_path / "a.jsonl"
    lines.write_text("\n" + json.dumps(row()) + "\n", encoding="utf-8-sig")
    assert read(lines).record["rows"]["dropped"]["blank"] == 1


GOOD = json.dumps(row()) + "\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", GOOD + "{oops\n", r"a\.jsonl: line 2: is not JSON"),
        ("a.jsonl", "[1]\n", "line 1: is not a JSON object"),
        ("a.jsonl", GOOD.replace('"text"', '"txt"'), r"no line has the key text .*keys are id, .*txt"),
        ("a.jsonl", "", "holds no article"),
        ("a.jsonl", GOOD.encode() + b'{"id": "\xff"}', "line 2: bytes ff 22 7d are not utf-8"),
        ("a.jsonl.gz", gzip.compress(GOOD.encode())[:-9], "is not a sound gzip file"),
        ("a.jsonl.gz", GOOD, "is not a sound gzip file"),
        ("a.csv", "id,url,date,title,body\n1,2,3,4,5\n", "no column text; it has id, url, date, title, body"),
        ("a.csv", "id;url;date;title;text\n1;2;3;4;5\n", 'set source.sep: ";"'),
        ("a.csv", 'id,url,date,title,text\n1,2,3,"4\n4",5\n1,2,3,4,5,6\n', "line 4: has 6 fields"),
        ("a.csv", 'id,url,date,title,text\n1,2,3,4,5\n1,2,3,4,"5\n6\n', "line 3: is not sound csv"),
        ("a.csv", "id,url,date,title,text\n", "holds no article"),
        ("a.csv", "id,url,date,title,text\n1,n/a,3,4,x\n", r"no sound article is left \(1 bad_url\)"),
        ("a.parquet", "x", "is not a sound parquet file"),
        ("a.txt", "x", r"must end in \.jsonl"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, name: str, content: str | bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UserError, match=says) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert story(1)[:40] not in str(caught.value)


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"id": "1", "url": "https://a.org"}])
    with pytest.raises(UserError, match=r"no column date; it has id, url"):
        read(tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"b\.csv: no such file; .* holds a\.parquet"):
        read(tmp_path / "b.csv")


def run_config(data: Path, *paths: str) -> TransferRun:
    transfer = settings().model_dump(by_alias=True)
    transfer["articles"]["path"] = list(paths)
    transfer["labelled"] = {"simulated": 60}
    return TransferRun.model_validate(
        {"track": "transfer", "data": str(data), "source": {"kind": "articles"}, "transfer": transfer}
    )


def test_a_rerun_of_other_files_in_another_order_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    write(data / "a.csv", ROWS)
    write(data / "b.jsonl", [row(id="e", text=story(5))])
    write(data / "c.jsonl.gz", [row(id="e", text=story(5)), *reversed(ROWS)])
    ingest.run("x", run_config(data, "a.csv", "*.jsonl"))
    out = tmp_path / "runs/x/extracted"
    tables = ("articles.parquet", "labelled.parquet", "quarantine.parquet")
    first = [(out / name).read_bytes() for name in tables]
    record = (out / "import.json").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == sorted([*tables, "import.json"])
    assert list(json.loads(record)["files"]) == ["a.csv", "b.jsonl"]

    ingest.run("x", run_config(data, "*.jsonl", "a.csv", "b.jsonl"))
    assert [(out / name).read_bytes() for name in tables] == first
    assert (out / "import.json").read_bytes() == record
    ingest.run("x", run_config(data, "c.jsonl.gz"))
    assert [(out / name).read_bytes() for name in tables] == first

    (data / "c.jsonl.gz").write_bytes(b"broken")
    with pytest.raises(UserError):
        ingest.run("x", run_config(data, "c.jsonl.gz"))
    assert [(out / name).read_bytes() for name in tables] == first


def documented() -> dict[str, Any]:
    block = re.search(r"```yaml\n(.*?)```", (ROOT / "docs/articles.md").read_text(), re.DOTALL)
    assert block
    entry: dict[str, Any] = YAML(typ="safe").load(block[1])["abp_news"]
    return entry


def test_the_documented_entry_survives_being_written() -> None:
    config = TransferRun.model_validate({**documented(), "data": "data"})
    written = config.model_dump(mode="json", by_alias=True)
    assert TransferRun.model_validate(written) == config
    assert written["transfer"]["published"]["from"] == "1990-01-01"


def test_real_news_is_imported_whole() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}")
    config = TransferRun.model_validate({**documented(), "data": str(SHARED)})
    record = ingest.read(SHARED, config.source, config.transfer).record
    assert record["rows"] == {
        "read": 2810,
        "kept": 2809,
        "dropped": {"blank": 0, "other_language": 0, "same_text": 0, "near_duplicate": 1},
        "quarantined": {},
    }
    days = record["published"]
    assert (days["known"], days["empty"], days["broken"], days["out_of_range"]) == (2478, 326, 5, 0)
    assert (days["first"], days["last"]) == ("2012-05-28", "2020-07-21")
    assert record["registered_domains"] == 136


def test_a_reference_that_is_not_there_is_told_before_anything_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "scholars.csv").write_text("year,origin,destination,count\n", encoding="utf-8")

    def entry(name: str) -> TransferRun:
        told = settings(references={"scholars": name}, labelled={"simulated": 50}).model_dump(
            mode="json", by_alias=True
        )
        return TransferRun.model_validate(
            {"track": "transfer", "data": str(tmp_path), "source": {"kind": "articles"}, "transfer": told}
        )

    assert "4 read" in described("r", entry("scholars.csv"))
    with pytest.raises(UserError, match=r"scholar\.csv: no such file.*mend transfer\.references"):
        described("r", entry("scholar.csv"))
