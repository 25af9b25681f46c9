from pathlib import Path

import pytest
from ruamel.yaml import YAML

from modules.errors import UserError
from pipelines.stage_key import stage_key
from tests.conftest import call, copy_project


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copy_project(tmp_path_factory.mktemp("tree") / "talentflow")
    (tree / "runs" / "cities" / "raw").mkdir(parents=True)
    (tree / "runs" / "cities" / "raw" / "regions.csv").write_text("region\n", encoding="utf-8")
    return tree


@pytest.fixture
def here(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tree)
    return tree


def change(path: Path, *keys: str, to: object) -> None:
    yaml = YAML()
    document = yaml.load(path)
    target = document["runs"]["cities"]
    for key in keys[:-1]:
        target = target[key]
    target[keys[-1]] = to
    yaml.dump(document, path)


def test_the_key_follows_what_goes_in_and_nothing_else(here: Path) -> None:
    first = stage_key("import", "cities")
    assert stage_key("import", "cities") == first
    change(here / "params.yaml", "tune", "trials", to=99)
    assert stage_key("import", "cities") == first, "the import does not read the sweep's settings"
    change(here / "params.yaml", "seed", to=99)
    assert stage_key("import", "cities") != first


def test_where_the_data_lies_does_not_matter_and_what_it_holds_does(here: Path) -> None:
    first = stage_key("import", "cities")
    elsewhere = here.parent / "elsewhere"
    elsewhere.write_bytes((here / "params" / "no-input").read_bytes())
    change(here / "params.yaml", "data", to="../elsewhere")
    assert stage_key("import", "cities") == first
    elsewhere.write_text("other", encoding="utf-8")
    assert stage_key("import", "cities") != first


def test_a_stage_whose_input_is_not_built_says_so(here: Path) -> None:
    with pytest.raises(UserError, match="build what is missing with dvc repro"):
        stage_key("train", "cities")
    done = call("talentflow", "train", "cities", cwd=here, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("talentflow: dvc.yaml: train@cities: ")
