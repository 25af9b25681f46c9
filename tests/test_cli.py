import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli
from tests.conftest import TOP, call

GROUPS = {
    "": cli.app,
    "runs": cli.runs,
    "registry": cli.registry,
    "lineage": cli.lineage,
    "benchmark": cli.benchmark,
    "survey": cli.survey,
}
EXAMPLES = {
    (*group.split(), command.name or command.callback.__name__): command.epilog or ""
    for group, commands in GROUPS.items()
    for command in commands.registered_commands
}
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]


@pytest.mark.parametrize("command", [*(tuple(group.split()) for group in GROUPS), *EXAMPLES], ids=" ".join)
def test_every_command_has_help_with_an_example(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli.app, [*command, "--help"]).output
    assert " ".join(("Example: talentflow", *command)) in " ".join(shown.split())
    assert len(shown.split("Options:")[0].split()) > 5


def test_the_examples_are_of_their_commands() -> None:
    assert len(EXAMPLES) > 20
    for command, example in EXAMPLES.items():
        assert example.startswith(f"Example: talentflow {' '.join(command)} ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_in_the_documentation_exist(page: Path) -> None:
    written = re.findall(
        r"^(?: {4,}|`?)talentflow ((?:[a-z]+ ?)+)", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    for words in map(str.split, written):
        known = {command for command in EXAMPLES if list(command) == words[: len(command)]}
        assert known, f"{page.name}: talentflow {' '.join(words)}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere"], "talentflow: params.yaml: no run 'nowhere'"),
        (["runs", "check", "absent.yaml"], "talentflow: absent.yaml: no such file"),
        (["registry", "release", "nowhere"], "talentflow: params.yaml: no run 'nowhere'"),
        (["registry", "status", "nowhere"], "talentflow: nowhere: was never released"),
        (["serve", "nowhere"], "talentflow: nowhere: has no champion"),
        (["lineage", "verify", "nowhere"], "talentflow: nowhere: has no champion"),
        (["prove", "nowhere"], "talentflow: params.yaml: no run 'nowhere'"),
    ],
)
def test_what_a_user_can_mend_is_one_line_and_exit_2(arguments: list[str], message: str) -> None:
    done = call("talentflow", *arguments, cwd=TOP, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("target", ["demo", "train"])
def test_make_stops_at_a_run_that_does_not_exist_before_it_builds_all_others(target: str) -> None:
    done = call("make", target, "RUN=nowhere", cwd=TOP, check=False)
    assert done.returncode != 0
    assert "no run 'nowhere'" in done.stderr
    assert "Running stage" not in done.stdout


def test_an_unknown_command_is_refused() -> None:
    assert call("talentflow", "promote", cwd=TOP, check=False).returncode == 2


def test_the_module_runs_without_a_project_around_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pipelines.cli import main; import sys; sys.argv = ['talentflow', 'split', 'x']; main()",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "params.yaml: no such file" in done.stderr
