"""The environment is the one that the lock says."""

import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest
from packaging.version import Version

LOCK = (Path(__file__).parent.parent / "requirements.lock").read_text(encoding="utf-8")


def test_lightnings_twin_is_absent() -> None:
    # Ray would take its Trainer instead of pytorch_lightning's.
    assert importlib.util.find_spec("lightning") is None


@pytest.mark.parametrize(("package", "floor"), [("mlflow", "3.13"), ("ray", "2.52"), ("bentoml", "1.4.39")])
def test_versions_with_known_holes_are_below_the_floor(package: str, floor: str) -> None:
    assert Version(importlib.metadata.version(package)) >= Version(floor)


def test_the_malicious_releases_of_lightning_are_excluded() -> None:
    assert importlib.metadata.version("pytorch-lightning") not in {"2.6.2", "2.6.3"}
    wanted = [
        line
        for line in importlib.metadata.requires("talentflow") or []
        if line.startswith("pytorch-lightning")
    ]
    assert "!=2.6.2" in wanted[0]
    assert "!=2.6.3" in wanted[0]


def test_every_locked_package_is_hashed_and_torch_is_not_among_them() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(entries) > 100
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    names = {entry.split("==")[0] for entry in entries}
    assert not {
        name for name in names if name in {"torch", "triton", "lightning"} or name.startswith("nvidia-c")
    }


def test_what_is_installed_is_what_is_locked() -> None:
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE))
    installed = {
        re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
        for found in importlib.metadata.distributions()
    }
    different = {
        name: (version, installed.get(name))
        for name, version in locked.items()
        if installed.get(name) != version
    }
    assert {name: pair for name, pair in different.items() if pair[1] is not None} == {}
    assert Version(installed["torch"]).public == "2.13.0"
