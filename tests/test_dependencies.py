"""Every file whose code shapes a stage's output is a dependency of that stage in dvc.yaml."""

import ast
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.conftest import TOP

STAGES = {
    name: stage.get("do", stage)
    for name, stage in YAML(typ="safe").load((TOP / "dvc.yaml").read_text(encoding="utf-8"))["stages"].items()
}
TRACKS = ("migration", "recommendation", "transfer")
ENTRIES = {
    "gazetteer": ("pipelines.transfer.gazetteer.stage",),
    "simulate": ("pipelines.{track}.simulating.stage",),
    "import": ("pipelines.{track}.importing.ingest",),
    "validate": ("pipelines.validate", "pipelines.{track}.checking.suites"),
    "split": ("pipelines.{track}.fitting.split",),
    "report": ("pipelines.{track}.reporting.report",),
}
# Where a run lies, what it cost and how it was started do not shape what it writes.
EXEMPT = {
    "modules/errors.py",
    "pipelines/paths.py",
    "pipelines/ray_session.py",
    "pipelines/source_tree.py",
    "pipelines/stage_key.py",
    "pipelines/tracking.py",
    "pipelines/tracks.py",
    "pipelines/usage.py",
}


def path_of(module: str) -> Path | None:
    path = Path(*module.split("."))
    return next(
        (each for each in (path.with_suffix(".py"), path / "__init__.py") if (TOP / each).exists()), None
    )


def imported(module: str, track: str, seen: set[str]) -> set[str]:
    """The files that a module imports, whenever it does, those of other tracks left out."""
    path = path_of(module)
    others = {part for part in TRACKS if part != track}
    if path is None or str(path) in seen or others & {*path.parts, path.stem} - {"config"}:
        return seen
    seen.add(str(path))
    if path == Path("pipelines/tracks.py"):
        return seen
    for node in ast.walk(ast.parse((TOP / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                imported(name, track, seen)
    return seen


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_it_runs(stage: str, track: str) -> None:
    if (stage, track) in {("gazetteer", "migration"), ("gazetteer", "recommendation")}:
        return  # the stage is of one track
    listed = [Path(dep.replace("${item.track}", track)) for dep in STAGES[stage]["deps"]]
    code: set[str] = set()
    for entry in ENTRIES.get(stage, (f"pipelines.{stage}",)):
        imported(entry.format(track=track), track, code)
    assert len(code) > 3
    missing = {
        path
        for path in code - EXEMPT
        if Path(path).name != "__init__.py" and not any(Path(path).is_relative_to(dep) for dep in listed)
    }
    assert missing == set()


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_environment_and_on_nothing_that_is_gone(stage: str) -> None:
    listed = STAGES[stage]["deps"]
    assert "requirements.lock" in listed
    assert [dep for dep in listed if "$" not in dep and not (TOP / dep).exists()] == []
