"""Every file whose code shapes a stage's output is a dependency of that stage in dvc.yaml."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import TOP

STAGES = YAML(typ="safe").load((TOP / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
MODULES = {
    "simulate": "pipelines.migration.simulating.stage",
    "import": "pipelines.migration.importing.ingest",
}
# Where a run lies, what it cost and how it was started do not shape what it writes.
EXEMPT = {
    "modules/errors.py",
    "pipelines/paths.py",
    "pipelines/ray_session.py",
    "pipelines/source_tree.py",
    "pipelines/stage_key.py",
    "pipelines/tracking.py",
    "pipelines/usage.py",
}


def path_of(module: str) -> Path | None:
    path = Path(*module.split("."))
    return next(
        (each for each in (path.with_suffix(".py"), path / "__init__.py") if (TOP / each).exists()), None
    )


def imported(module: str, seen: set[str]) -> set[str]:
    path = path_of(module)
    if path is None or str(path) in seen:
        return seen
    seen.add(str(path))
    for node in ast.walk(ast.parse((TOP / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                imported(name, seen)
    return seen


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_it_runs(stage: str) -> None:
    listed = [Path(dep) for dep in STAGES[stage]["do"]["deps"]]
    code = imported(MODULES.get(stage, f"pipelines.{stage}"), set())
    assert len(code) > 3
    missing = {
        path
        for path in code - EXEMPT
        if Path(path).name != "__init__.py" and not any(Path(path).is_relative_to(dep) for dep in listed)
    }
    assert missing == set()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_environment_and_on_nothing_that_is_gone(stage: str) -> None:
    listed = STAGES[stage]["do"]["deps"]
    assert "requirements.lock" in listed
    assert [dep for dep in listed if "$" not in dep and not (TOP / dep).exists()] == []
