"""A DVC remote behind a real SSH server: what one pushes another pulls; a spoilt object is no data."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from pipelines.ports import free_port
from pipelines.stage_key import STAGES
from tests.conftest import call, copy_project
from tests.drills.test_disk import spoil
from tests.test_graph import hashes

pytestmark = [pytest.mark.slow, pytest.mark.drill]
WHOLE_RUN = [f"{stage}@tiny" for stage in STAGES]
SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


class Remote:
    """A folder behind OpenSSH's own server, on loopback, for one key."""

    def __init__(self, folder: Path) -> None:
        self.top, self.port = folder, free_port()
        self.store = folder / "store"
        self.store.mkdir()
        for name in ("host", "user"):
            key = asyncssh.generate_private_key("ssh-ed25519")
            key.write_private_key(str(folder / name))
            (folder / name).chmod(0o600)
            key.write_public_key(str(folder / f"{name}.pub"))
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {folder / 'user.pub'}\nPasswordAuthentication no\nUsePAM no\n"
            "StrictModes no\nPermitRootLogin prohibit-password\nPidFile none\nSubsystem sftp internal-sftp\n",
            encoding="utf-8",
        )

    def of(self, project: Path) -> None:
        """Tell a project of it, as docs/how-to/team.md does."""
        url = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.store}"
        call("dvc", "remote", "add", "--default", "team", url, cwd=project)
        call("dvc", "remote", "modify", "team", "verify", "true", cwd=project)
        call("dvc", "remote", "modify", "--local", "team", "keyfile", str(self.top / "user"), cwd=project)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    if not Path(SSHD).exists():
        pytest.skip("needs Debian's OpenSSH server (apt-get install openssh-server)")
    folder = tmp_path / "remote"
    folder.mkdir()
    made = Remote(folder)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # Debian's sshd keeps its unprivileged half there
    with (
        (folder / "log").open("w", encoding="utf-8") as log,
        subprocess.Popen([SSHD, "-D", "-e", "-f", str(folder / "config")], stderr=log) as server,  # noqa: S603
    ):
        try:
            yield made
        finally:
            with suppress(ProcessLookupError):
                server.terminate()


def clone(project: Path, folder: Path, remote: Remote) -> Path:
    """A clone of the project with its run committed as README says, and nothing that DVC keeps."""
    copy_project(folder)
    for name in ("params.yaml", "dvc.lock", "runs/tiny/metrics.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / name, folder / name)
    shutil.copytree(project / "runs/tiny/plots", folder / "runs/tiny/plots")
    remote.of(folder)
    return folder


def test_what_one_pushes_another_pulls_and_has_nothing_to_build(
    project: Path, remote: Remote, tmp_path: Path
) -> None:
    remote.of(project)
    call("dvc", "push", "--run-cache", *WHOLE_RUN, cwd=project)
    other = clone(project, tmp_path / "other", remote)
    call("dvc", "pull", "--run-cache", *WHOLE_RUN, cwd=other)
    done = call("dvc", "repro", "--glob", "*@tiny", cwd=other)
    assert "Running stage" not in done.stdout
    (project / "runs/tiny/card.html").unlink()  # a release's, of no stage
    assert hashes(other) == hashes(project)


def test_a_spoilt_object_of_the_remote_stops_the_pull_and_a_whole_one_mends_it(
    project: Path, remote: Remote, tmp_path: Path
) -> None:
    remote.of(project)
    weights = (project / "runs/tiny/artefact/model.safetensors").read_bytes()
    call("dvc", "push", *WHOLE_RUN, cwd=project)
    objects = [path for path in remote.store.rglob("*") if path.is_file()]
    held = next(path for path in objects if path.read_bytes() == weights)
    spoil(held)
    other = clone(project, tmp_path / "other", remote)
    done = call("dvc", "pull", *WHOLE_RUN, cwd=other, check=False)
    assert done.returncode != 0
    assert not (other / "runs/tiny/artefact/model.safetensors").exists()
    assert "runs/tiny/artefact" in done.stderr
    shutil.copyfile(project / ".dvc/cache" / held.relative_to(remote.store), held)
    call("dvc", "pull", *WHOLE_RUN, cwd=other)
    assert (other / "runs/tiny/artefact/model.safetensors").read_bytes() == weights
