"""Write docs/reliability.md: what the last `make test-slow` found, from pytest's own record of it.

python benchmarks/reliability.py .scratch/drills.xml
"""

import os
import platform
import re
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree as ET

import typer

from pipelines.files import write_text
from pipelines.source_tree import head

PAGE = Path("docs/reliability.md")
INTRODUCTION = """# Reliability

What the full drills found when they were last run, written by `make test-slow`. Each breaks something real (a process
killed, a server stopped, a file spoilt, a model swapped under load) and asserts the same bytes after a rerun, or a refusal with a clear
line. `make test` has a short form of each.
"""


def main(
    records: Annotated[
        list[Path], typer.Argument(help="pytest's --junitxml of the drills; later ones count.")
    ],
    page: Annotated[Path, typer.Option(help="The page to write.")] = PAGE,
) -> None:
    """Write the page of the drills' results."""
    cases = {
        (case.get("classname", ""), case.get("name", "")): case
        for record in records
        for case in ET.parse(record).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago
    }
    rows = [
        f"| {_sentence(case)} | `{_file(case)}` | {_result(case)} | {_figures(case)} | {float(case.get('time', 0)):.0f} |"
        for _, case in sorted(cases.items())
    ]
    where = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, commit {head()[:12]}"
    table = ["| drill | test | result | measured | s |", "|---|---|---|---|---|", *rows]
    write_text(page, "\n".join([INTRODUCTION, f"{where}.", "", *table]) + "\n")
    typer.echo(f"{page}: {len(rows)} drills")


def _sentence(case: ET.Element) -> str:
    name, _, parameter = case.get("name", "").removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" ({parameter.removesuffix(']')})" if parameter else "")


def _file(case: ET.Element) -> str:
    return case.get("classname", "").replace(".", "/") + ".py"


def _result(case: ET.Element) -> str:
    for tag, said in (("failure", "**failed**"), ("error", "**failed**"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            reason = (
                re.sub(r"^\w+: ", "", found.get("message", "").splitlines()[0]) if tag == "skipped" else ""
            )
            return f"{said}: {reason}" if reason else said
    return "holds"


def _figures(case: ET.Element) -> str:
    return ", ".join(f"{each.get('value')} {each.get('name')}" for each in case.iter("property"))


if __name__ == "__main__":
    typer.run(main)
