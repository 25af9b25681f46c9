"""Projects that were built and never released."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import once
from tests.pipelines.release.released import package_each


@pytest.fixture(scope="session")
def shelf(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny run as it is when each of three models is the candidate."""

    def make(folder: Path) -> None:
        shutil.copytree(built, folder / "talentflow", symlinks=True)
        package_each(folder / "talentflow", folder)

    return once(tmp_path_factory, "shelf", make)


@pytest.fixture
def fresh(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The built project, its registry and its MLflow store empty; this process works in it."""
    for store in (".registry", ".mlflow"):
        shutil.rmtree(project / store)
    monkeypatch.chdir(project)
    return project
