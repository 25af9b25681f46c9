"""The doors between the rooms: serving -> modules <- pipelines."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
TRACKS = ("migration", "recommendation", "transfer")
HEAVY = (
    "mlflow",
    "pytorch_lightning",
    "ray",
    "torch_geometric",
    "dvc",
    "great_expectations",
    "statsmodels",
    "pandas",
)
LEFT_OUT = ("mpmath", "networkx", "sympy")
"""What torch asks for: an image has of it what its lock has, so nothing else may be imported."""


def imported(room: str) -> set[tuple[str, str]]:
    found = set()
    for path in (TOP / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found |= {(str(path.relative_to(TOP)), name.split(".")[0]) for name in names}
    return found


def test_modules_know_nothing_of_the_pipelines_and_their_tools() -> None:
    closed = {"pipelines", "serving", "dvc", "mlflow", "ray", "great_expectations", "bentoml"}
    through = {(path, name) for path, name in imported("modules") if name in closed}
    assert through == set()
    assert ("modules/migration/data_module.py", "pytorch_lightning") in imported("modules")


def test_serving_knows_of_the_tools_only_bentoml_and_nothing_of_the_pipelines() -> None:
    closed = {"pipelines", "tests", *HEAVY, "pyarrow"}
    assert {(path, name) for path, name in imported("serving") if name in closed} == set()
    assert {path for path, name in imported("serving") if name == "bentoml"} == {
        "serving/migration/service.py",
        "serving/recommendation/service.py",
        "serving/transfer/service.py",
        "serving/worker.py",
    }


def test_great_expectations_stays_in_the_validate_stage_and_ray_in_the_sweep() -> None:
    users: dict[str, set[str]] = {}
    for path, name in imported("pipelines"):
        users.setdefault(name, set()).add(path)
    assert users["great_expectations"] <= {
        "pipelines/validate.py",
        "pipelines/migration/checking/query_suites.py",
        "pipelines/suite.py",
        "pipelines/migration/checking/suites.py",
        "pipelines/recommendation/checking/suites.py",
        "pipelines/transfer/checking/expected.py",
        "pipelines/transfer/checking/suites.py",
        "pipelines/transfer/judging/checks.py",
    }
    assert users["ray"] <= {
        "pipelines/tune.py",
        "pipelines/trial.py",
        "pipelines/ray_session.py",
        "pipelines/train.py",
        "pipelines/batch/batch.py",
        "pipelines/transfer/judging/extracting/extract.py",
        "pipelines/transfer/judging/extractions.py",
        "pipelines/migration/importing/extracting/ray_chunks.py",
    }
    release = {
        f"pipelines/release/{name}.py" for name in ("registry", *(f"pyfunc/{track}" for track in TRACKS))
    }
    assert users["mlflow"] == {"pipelines/tracking.py"} | release


@pytest.mark.parametrize(
    ("module", "closed"),
    [
        ("modules.migration.predictor", (*HEAVY, "pyarrow")),
        ("serving.migration.app", (*HEAVY, "pyarrow", "bentoml")),
        ("serving.migration.service", (*HEAVY, "pyarrow", "torch")),
        ("modules.recommendation.predictor", (*HEAVY, "pyarrow", "sklearn")),
        ("serving.recommendation.app", (*HEAVY, "pyarrow", "sklearn", "bentoml")),
        ("serving.recommendation.service", (*HEAVY, "pyarrow", "torch")),
        ("modules.transfer.predictor", (*HEAVY, "pyarrow", "sklearn", "peft")),
        ("serving.transfer.app", (*HEAVY, "pyarrow", "sklearn", "peft", "bentoml")),
        ("serving.transfer.service", (*HEAVY, "pyarrow", "torch")),
        ("pipelines.transfer.fitting.split", (*HEAVY, "torch")),
        ("pipelines.cli", (*HEAVY, "torch", "pyarrow")),
        ("pipelines.migration.fitting.split", (*HEAVY, "torch")),
        (
            "pipelines.migration.reporting.report",
            ("mlflow", "great_expectations", "pandas", "ray", "pytorch_lightning"),
        ),
    ],
)
def test_a_module_loads_no_more_than_it_needs(module: str, closed: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sorted(set({closed!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)  # noqa: S603
    assert loaded.stdout.split() == []
