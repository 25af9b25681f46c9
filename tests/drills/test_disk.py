"""A disk that is full, and a disk that gives back other bytes."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import call

pytestmark = [pytest.mark.slow, pytest.mark.drill]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of that size in the place of a folder, which stays empty."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("this machine lets nobody mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


@pytest.mark.parametrize("stage", ["import", "train", "evaluate"])
def test_a_full_disk_leaves_nothing_half_written_and_is_one_line(project: Path, stage: str) -> None:
    top = project / "runs" / "tiny"
    outputs = {"import": "extracted", "train": "model", "evaluate": "evaluation"}
    kept = {path.name for path in top.iterdir()}
    aside = project / "aside"
    shutil.copytree(top, aside, symlinks=True)
    with small_disk(top, "2m"):
        for path in aside.iterdir():
            if path.name != outputs[stage] and path.name[0] != ".":
                (top / path.name).symlink_to(path)
        filler = top / "filler"
        room = shutil.disk_usage(top).free - 8192
        filler.write_bytes(os.urandom(room))
        done = call("talentflow", stage, "tiny", cwd=project, check=False)
        assert done.returncode == 2, done.stderr
        assert "the disk is full" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
        left = {path.name for path in top.iterdir() if not path.is_symlink()}
        assert not (left - {"filler"} - {name for name in left if name.endswith(".lock")})
    assert {path.name for path in top.iterdir()} == kept


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def cached(project: Path, wanted: Callable[[bytes], bool]) -> Path:
    files = (path for path in (project / ".dvc/cache/files").glob("*/*/*") if path.is_file())
    return next(path for path in files if wanted(path.read_bytes()))


def test_a_spoilt_object_of_the_cache_is_never_released(project: Path) -> None:
    weights = project / "runs/tiny/artefact/model.safetensors"
    content = weights.read_bytes()
    spoil(cached(project, lambda found: found == content))
    shutil.rmtree(project / "runs/tiny/artefact")
    call("dvc", "checkout", "runs/tiny/artefact", cwd=project, check=False)
    done = call("talentflow", "registry", "release", "tiny", cwd=project, check=False)
    assert done.returncode == 2, done.stdout
    assert "tiny" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    # What is built anew from whole inputs is what it was.
    call("dvc", "repro", "--glob", "*@tiny", cwd=project)
    assert weights.read_bytes() == content
