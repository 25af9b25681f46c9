"""The code that is being run: which commit, and whether it is that commit's."""

import shutil
import subprocess

from modules.errors import UserError

EXEMPT = ("params.yaml", "dvc.lock", "runs/")
"""What a run changes by itself; lineage hashes it."""


def head() -> str:
    """The commit that is checked out, or `none` outside git."""
    return _git("rev-parse", "HEAD", check=False).strip() or "none"


def changed_files() -> tuple[str, ...]:
    """Tracked files that differ from the commit, less those that a run changes by itself.

    Raises:
        UserError: outside git.
    """
    lines = _git("status", "--porcelain", "--untracked-files=no").splitlines()
    return tuple(sorted(path for path in (line[3:] for line in lines) if not path.startswith(EXEMPT)))


def tracked_files() -> frozenset[str]:
    """Every file that git knows.

    Raises:
        UserError: outside git.
    """
    return frozenset(_git("ls-files", "-z").split("\0"))


def committed_text(path: str) -> str:
    """A file as the commit has it, or nothing."""
    return _git("show", f"HEAD:{path}", check=False)


def _git(*arguments: str, check: bool = True) -> str:
    git = shutil.which("git")
    if git is None:
        raise UserError("git: not found; install it and try again")
    done = subprocess.run([git, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if check and done.returncode:
        raise UserError(f"git {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    return done.stdout if not done.returncode else ""
