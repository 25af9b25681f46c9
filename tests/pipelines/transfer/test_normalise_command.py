import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli
from pipelines.paths import GAZETTEER

TEXT = "She left Kinshasa for the Congo, and London, Ontario for Hong Kong."


@pytest.fixture(autouse=True)
def _with_gazetteer(gazetteer_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / GAZETTEER).parent.mkdir(parents=True)
    shutil.copy(gazetteer_file, tmp_path / GAZETTEER)
    monkeypatch.chdir(tmp_path)


def said(*arguments: str) -> str:
    done = CliRunner().invoke(cli.app, ["normalise", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_line_of_json_a_mention_with_the_rule_that_decided() -> None:
    lines = said("Congo", "London", "Hong Kong", "Valencia", "--text", TEXT, "--json").splitlines()
    found = [json.loads(line) for line in lines]
    assert [(each["status"], each["iso3"]) for each in found] == [
        ("RESOLVED", "COD"),
        ("RESOLVED", "CAN"),
        ("DROPPED", None),
        ("AMBIGUOUS", None),
    ]
    assert found[1]["rule"] == "qualified by what follows"
    assert found[2]["raw_entity"] == "HKG"


def test_a_table_to_read_and_a_policy_to_choose() -> None:
    shown = " ".join(said("Hong Kong", "Valencia", "--to-sovereign").split())
    assert "Hong Kong RESOLVED CHN" in shown
    assert "Valencia AMBIGUOUS VEN" in shown
