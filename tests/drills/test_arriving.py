"""Data that grow under a run: a cohort of graduates, more articles (of moves: tests/pipelines/release)."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from modules.artefact import FLOWS, sha256_of
from pipelines.release.bento import Bento
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, read_ledger
from tests.conftest import call

pytestmark = [pytest.mark.slow, pytest.mark.drill]


def simulated(project: Path, example: str) -> tuple[dict[str, Any], Path]:
    """An example's entry, and the raw data that it simulates."""
    call("talentflow", "runs", "add", f"params/{example}.yaml", cwd=project)
    call("dvc", "repro", f"simulate@{example}", cwd=project)
    entry = YAML(typ="safe").load(project / "params" / f"{example}.yaml")[example]
    return entry, project / "runs" / example / "raw"


def built(project: Path, name: str, entry: dict[str, Any], data: Path) -> None:
    """Add a run on data of one's own; build and release it."""
    YAML(typ="safe").dump({name: entry}, project / f"{name}.yaml")
    call("talentflow", "runs", "add", f"{name}.yaml", "--data", str(data.relative_to(project)), cwd=project)
    call("make", "demo", f"RUN={name}", cwd=project)


def rebuilt(project: Path, name: str) -> Entry:
    """Build and release again; gives the new decision."""
    call("dvc", "repro", "--glob", f"*@{name}", cwd=project)
    done = call("talentflow", "registry", "release", name, cwd=project, check=False)
    assert done.returncode in {0, 3}, done.stderr
    entry = read_ledger(Releases(name).ledger)[-1]
    assert (entry.version, entry.champion) == (2, 1)
    return entry


def test_a_new_cohort_judges_champion_and_challenger_alike(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    entry, raw = simulated(project, "tiny_placements")
    data = project / "placements"
    data.mkdir()
    everybody = pq.read_table(raw / "students.parquet")
    hired = pq.read_table(raw / "placements.parquet")
    pq.write_table(pq.read_table(raw / "employers.parquet"), data / "employers.parquet")

    def graduated(last: str) -> int:
        known = everybody.filter(pc.less_equal(everybody["graduation_year"].cast(pa.string()), last))
        pq.write_table(known, data / "students.parquet")
        of_known = pc.is_in(hired["student_id"], value_set=known["student_id"].combine_chunks())
        pq.write_table(hired.filter(of_known), data / "placements.parquet")
        return known.num_rows

    before = graduated("2017")
    entry |= {
        "source": {"kind": "tables"},
        "tune": {"models": ["popularity", "logistic_regression"], "closed_form_trials": 1, "parallel": 1},
        "train": {"seeds": [0]},
    }
    entry["recommendation"]["split"] = {"validation": [2016], "test": [2017]}
    built(project, "graduates", entry, data)
    assert graduated("2018") > before
    yaml = YAML()
    params = yaml.load(project / "params.yaml")
    params["runs"]["graduates"]["recommendation"]["split"] = {"validation": [2017], "test": [2018]}
    yaml.dump(params, project / "params.yaml")
    compared = rebuilt(project, "graduates").comparison
    assert compared is not None
    assert compared.span == ("2018", "2018")
    assert (
        0 < compared.cells <= pc.sum(pc.equal(everybody["graduation_year"].cast(pa.string()), "2018")).as_py()
    )


def test_more_articles_add_to_what_was_found_and_lose_none_of_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    entry, raw = simulated(project, "tiny_articles")
    data = project / "news"
    data.mkdir()
    articles = pq.read_table(raw / "articles.parquet").sort_by("date")  # of one story the earliest is kept
    half = articles.num_rows // 2
    pq.write_table(articles.slice(0, half), data / "news-1.parquet")
    entry["source"] = {"kind": "articles"}
    entry["transfer"]["articles"]["path"] = "news-*.parquet"
    built(project, "news", entry, data)
    found = project / "runs/news/evaluation/transfers.parquet"
    before = pq.read_table(found)
    pq.write_table(articles.slice(half), data / "news-2.parquet")
    decided = rebuilt(project, "news")
    assert decided.comparison is not None
    assert decided.comparison.improvement.estimate == 0, "the members learnt from the same passages"
    assert (decided.outcome, decided.reason) == ("champion", "refreshed")
    releases = Releases("news")
    tags = [entry.tag for entry in read_ledger(releases.ledger)]
    assert len({sha256_of(Bento(releases, tag).artefact / FLOWS) for tag in tags}) == 2
    after = pq.read_table(found)
    assert 0 < before.num_rows < after.num_rows
    same = ["subject", "origin", "destination", "period"]
    told = {tuple(row[key] for key in same) for row in after.to_pylist()}
    later = {row["transfer_id"]: row for row in after.to_pylist()}
    for row in before.to_pylist():
        assert tuple(row[key] for key in same) in told
        its = later.get(row["transfer_id"])
        if its is None:
            assert row["published"] is None, "only an article without a date gives way to a copy"
        else:
            assert its | {"syndication_count": None} == row | {"syndication_count": None}
