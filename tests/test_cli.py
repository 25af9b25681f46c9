import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import cli
from tests.conftest import TOP, call

COMMANDS = [[command.name or command.callback.__name__] for command in cli.app.registered_commands] + [
    ["runs", command.name or command.callback.__name__] for command in cli.runs.registered_commands
]


@pytest.mark.parametrize("command", [[], ["runs"], *COMMANDS], ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    shown = CliRunner().invoke(cli.app, [*command, "--help"]).output
    assert f"Example: talentflow {' '.join(command[:1])}" in " ".join(shown.split())
    assert len(shown.split("Options:")[0].split()) > 5


def test_the_examples_name_commands_that_exist() -> None:
    examples = [
        command.epilog or "" for command in [*cli.app.registered_commands, *cli.runs.registered_commands]
    ]
    named = [
        re.findall(r"talentflow ([a-z ]+?)(?= params|$| --| [a-z]+$)", example)[0].split()
        for example in examples
    ]
    assert all(words[: len(command)] == command for words, command in zip(named, COMMANDS, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "nowhere"], "talentflow: params.yaml: no run 'nowhere'"),
        (["runs", "check", "absent.yaml"], "talentflow: absent.yaml: no such file"),
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
