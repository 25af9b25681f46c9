"""What is known of what is installed and committed: bills of materials, the scan for secrets, the audit."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import TOP, call

pytestmark = pytest.mark.slow
LOCKS = {
    "environment": "requirements.lock",
    "serving": "serving/requirements.lock",
    "serving-transfer": "serving/transfer/requirements.lock",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository of the files that the targets read, and no more."""
    for name in ("Makefile", "pyproject.toml", *LOCKS.values()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TOP / name, tmp_path / name)
    call("git", "init", "--quiet", cwd=tmp_path)
    call("git", "add", "--all", cwd=tmp_path)
    return tmp_path


def test_a_bill_of_materials_lists_every_locked_package_with_its_hashes_and_torch(tree: Path) -> None:
    said = call("make", "sbom", cwd=tree).stdout.split()
    assert said == [f"sbom/{name}.json" for name in LOCKS]
    for name, lock in LOCKS.items():
        bill = json.loads((tree / "sbom" / f"{name}.json").read_text(encoding="utf-8"))
        assert bill["bomFormat"] == "CycloneDX"
        found = {part["name"]: part for part in bill["components"]}
        locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (tree / lock).read_text(), flags=re.MULTILINE))
        assert {part: each["version"] for part, each in found.items()} == {**locked, "torch": "2.13.0"}
        unhashed = {part for part, each in found.items() if "--hash=sha256:" not in json.dumps(each)}
        assert unhashed == {"torch"}


def test_a_secret_in_what_git_has_is_named_and_not_shown(tree: Path) -> None:
    assert call("make", "secrets", cwd=tree).returncode == 0
    secret = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ" + "5rS7tU9vW1xY3zA5"
    (tree / "settings.py").write_text(f'login = "{secret}"\n', encoding="utf-8")
    call("git", "add", "settings.py", cwd=tree)
    done = call("make", "secrets", cwd=tree, check=False)
    assert done.returncode != 0
    assert "settings.py:1" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_an_audit_that_could_not_ask_has_not_passed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing listens there
    done = call("make", "audit", cwd=tree, check=False)
    assert done.returncode != 0
    assert "audit: vulnerabilities, or a database that does not answer (it needs a network)" in done.stderr
