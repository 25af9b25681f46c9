"""README's commands, run as they stand, on the tiny run."""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipelines.ports import free_port
from pipelines.release.ledger import read_ledger
from tests.conftest import TOP, call, serving

README = (TOP / "README.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
(PRODUCTION,) = (block for block in BLOCKS if "rollback" in block)


def commands() -> list[str]:
    """Each line of the blocks that are not one script."""
    lines = [
        line.split("  #")[0].strip() for block in BLOCKS if block != PRODUCTION for line in block.splitlines()
    ]
    return [line for line in lines if line]


def test_readme_opens_with_the_two_commands() -> None:
    assert commands()[:2] == ["make demo", "make test"]


def leads_to_what_is_there(page: Path) -> None:
    """The front page names the champion of the run that was built, and links to its pages."""
    text = page.read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#:]+)"', text)
    assert {"tiny/report/index.html", "tiny/report/cities.html", "tiny/validation/index.html"} <= set(links)
    assert all((page.parent / link).exists() for link in links)
    assert "tiny:v1-" in text
    assert "make demo RUN=cities" in text


LONG = "make prove RUN=tiny"
"""Builds everything once more; left to the drills."""


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [pytest.param((), id="all", marks=pytest.mark.drill), (LONG,)])
def test_readmes_commands_work(project: Path, left_out: tuple[str, ...]) -> None:
    port = free_port()
    assert LONG in commands()
    with ExitStack() as servers:
        for command in commands():
            if command == "make test" or command in left_out:
                continue  # this is it
            if command == "make serve":
                servers.enter_context(serving(project, "tiny", port))
                continue
            wanted = "make demo RUN=tiny" if command == "make demo" else command.replace(":3000", f":{port}")
            done = call("bash", "-c", wanted, cwd=project)
            if command == "make demo":
                leads_to_what_is_there(project / "runs/index.html")
            if "/forecast" in command:
                assert [row["period"] for row in json.loads(done.stdout)["forecasts"]] == [
                    "2023-07",
                    "2023-08",
                ]


@pytest.mark.slow
@pytest.mark.drill
def test_the_walk_through_production_goes_as_readme_says(project: Path) -> None:
    script = PRODUCTION.replace(":3000", f":{(port := free_port())}")
    script = script.replace("--follow champion", f"--follow champion --port {port}")
    said = call("bash", "-e", "-c", script, cwd=project).stdout
    ledger = read_ledger(project / ".registry/runs/walk/ledger.jsonl")
    assert [entry.reason for entry in ledger] == ["baseline", "better", "worse", "rollback"]
    answer = json.loads((project / "asked.json").read_text(encoding="utf-8"))
    assert answer["model"].startswith("walk:v1-"), "the server has followed, there and back"
    assert "walk: shifted: " in said
    assert (project / "runs/walk/monitor.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "entry_point", ["release", *(pytest.param(each, marks=pytest.mark.drill) for each in ("main", "train"))]
)
def test_the_graph_is_an_mlflow_project(project: Path, entry_point: str) -> None:
    (line,) = re.findall(r"`(MLFLOW_TRACKING_URI=\S+ mlflow run [^`]*)`", README)
    call("bash", "-c", line.replace("-e main", f"-e {entry_point}"), cwd=project)


def test_every_target_of_make_help_exists_and_is_in_readme() -> None:
    shown = call("make", "help", cwd=TOP).stdout
    targets = re.findall(r"^  ([a-z-]+) ", shown, flags=re.MULTILINE)
    assert {
        "help",
        "setup",
        "demo",
        "release",
        "serve",
        "test",
        "test-slow",
        "accept",
        "prove",
        "lint",
        "types",
        "fmt",
        "mlflow",
        "image",
        "test-image",
        "sbom",
        "audit",
        "secrets",
    } <= set(targets)
    for target in targets:
        assert call("make", "--dry-run", target, cwd=TOP).returncode == 0


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_what_readme_links_to_exists(path: str) -> None:
    assert (TOP / path).exists()
