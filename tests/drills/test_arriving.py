"""A cohort of graduates that arrives under a run (a month of moves: tests/pipelines/release)."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from pipelines.release.home import Releases
from pipelines.release.ledger import read_ledger
from tests.conftest import call

pytestmark = [pytest.mark.slow, pytest.mark.drill]


def test_a_new_cohort_judges_champion_and_challenger_alike(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    call("talentflow", "runs", "add", "params/tiny_placements.yaml", cwd=project)
    call("dvc", "repro", "simulate@tiny_placements", cwd=project)
    entry = YAML(typ="safe").load(project / "params/tiny_placements.yaml")["tiny_placements"]
    raw = project / "runs/tiny_placements/raw"
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
    YAML(typ="safe").dump({"graduates": entry}, project / "graduates.yaml")
    call("talentflow", "runs", "add", "graduates.yaml", "--data", "placements", cwd=project)
    call("make", "demo", "RUN=graduates", cwd=project)
    assert graduated("2018") > before
    yaml = YAML()
    params = yaml.load(project / "params.yaml")
    params["runs"]["graduates"]["recommendation"]["split"] = {"validation": [2017], "test": [2018]}
    yaml.dump(params, project / "params.yaml")
    call("dvc", "repro", "--glob", "*@graduates", cwd=project)
    done = call("talentflow", "registry", "release", "graduates", cwd=project, check=False)
    assert done.returncode in {0, 3}, done.stderr
    decided = read_ledger(Releases("graduates").ledger)[-1]
    assert (decided.version, decided.champion) == (2, 1)
    compared = decided.comparison
    assert compared is not None
    assert compared.span == ("2018", "2018")
    assert (
        0 < compared.cells <= pc.sum(pc.equal(everybody["graduation_year"].cast(pa.string()), "2018")).as_py()
    )
