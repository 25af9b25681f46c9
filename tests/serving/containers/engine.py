"""buildah without a daemon: a store of its own, and a base image made of Debian's packages."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TOP

BASE = "docker.io/library/python:3.11-slim"
STORE = TOP / ".cache" / "containers"
"""Kept, so that the base image is made once on a machine."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
NEEDS = ("buildah", "debootstrap")


def skip_unless_it_can_build() -> None:
    """Skip where there is no buildah, or no leave to use it."""
    absent = [name for name in NEEDS if shutil.which(name) is None]
    if absent or os.geteuid() != 0:
        pytest.skip(f"needs root and Debian's {' and '.join(NEEDS)} (apt-get install {' '.join(NEEDS)})")


def settings(folder: Path) -> dict[str, str]:
    """The environment of a buildah that keeps to its own store and needs no rights over the kernel."""
    conf = folder / "storage.conf"
    conf.write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{STORE}/graph"\nrunroot = "{STORE}/run"\n', encoding="utf-8"
    )
    return {"CONTAINERS_STORAGE_CONF": str(conf), "BUILDAH_ISOLATION": "chroot"}


def buildah(*arguments: str) -> str:
    """What buildah says on stdout."""
    command = ["buildah", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, f"buildah {' '.join(arguments)}: {done.stderr[-3000:]}"
    return done.stdout.strip()


def ensure_base(folder: Path) -> None:
    """Put Debian's Python where the Containerfile asks for one, with this machine's certificates."""
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
        return
    mirror = subprocess.check_output(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"],  # noqa: S607
        text=True,
    ).split()[0]
    root = folder / "root"
    packages = "--include=python3,python3-venv,ca-certificates"
    subprocess.run(  # noqa: S603
        ["debootstrap", "--variant=minbase", packages, "bookworm", str(root), mirror],  # noqa: S607
        check=True,
        capture_output=True,
    )
    shutil.rmtree(root / "var/cache/apt/archives")
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    shutil.copyfile(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
    (root / "etc/pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n", encoding="utf-8")
    (root / "etc/uv").mkdir()
    (root / "etc/uv/uv.toml").write_text("system-certs = true\n", encoding="utf-8")
    container = buildah("from", "scratch")
    buildah("add", container, str(root), "/")
    buildah("commit", "--rm", container, BASE)
    shutil.rmtree(root)


def config(image: str) -> dict[str, Any]:
    """What the image says of how it is run."""
    found: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    return found


def read_only(container: str, *command: str) -> list[str]:
    """The command that runs another in a container whose root cannot be written; /run is the engine's own."""
    protect = (
        'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; '
        'mount -t tmpfs tmpfs "$1/tmp"; mount -t tmpfs tmpfs "$1/run"; shift; exec "$@"'
    )
    buildah("run", container, "--", "true")  # lays out what the engine itself mounts, /etc/hosts say
    root = buildah("mount", container)
    return ["unshare", "--mount", "sh", "-ec", protect, "sh", root, "buildah", "run", *command]


@contextmanager
def container(image: str) -> Iterator[str]:
    """A container of an image; gone afterwards."""
    name = buildah("from", image)
    try:
        yield name
    finally:
        buildah("rm", name)
