"""The gates: what a candidate must meet whoever the champion is."""

import json
from collections.abc import Mapping, Sequence

from ruamel.yaml import YAML

from modules.errors import UserError
from modules.golden import TOLERANCE
from pipelines.config import PARAMS, Release
from pipelines.paths import RunPaths
from pipelines.release.bento import Bento
from pipelines.release.candidate import Candidate
from pipelines.release.records import Comparison, Gate
from pipelines.release.server import replay, served
from pipelines.source_tree import changed_files, committed_text, tracked_files
from pipelines.validation import read_validation


def not_the_commits(candidate: Candidate) -> tuple[str, ...]:
    """What shapes a version and is not in the commit: changed files, packed files that git does not know.

    params.yaml may differ, since stage keys hash it; the run's `release` section stands in none, so it must
    be the committed one (of a run that is not committed: the default).
    """
    tracked, name = tracked_files(), candidate.run
    found = [*changed_files(), *(path for path in candidate.package.code if path not in tracked)]
    committed = YAML(typ="safe").load(committed_text(str(PARAMS)) or "") or {}
    entry = committed.get("runs", {}).get(name, {})
    if Release.model_validate(entry.get("release", {})) != candidate.config.release:
        found.append(f"{PARAMS}: runs.{name}.release")
    return tuple(sorted(set(found)))


def clean_gate(changed: Sequence[str]) -> Gate:
    """The code is the commit's: someone else can check it out."""
    detail = f"{changed[0]} differs from the commit" if changed else "tracked files are the commit's"
    return Gate(name="clean", passed=not changed, detail=detail)


def leak_gate(candidate: Candidate) -> Gate:
    """No row of the frozen test set was trained on: neither its label (a period, a cohort), nor its key."""
    frozen = json.loads((RunPaths(candidate.run).split / "split.json").read_text(encoding="utf-8"))
    test, training = frozen["parts"]["test"], candidate.lineage["training"]
    tested = _between(frozen["labels"], test["from"], test["to"])
    trained = _between(frozen["labels"], training["from"], training["to"])
    met = [
        label
        for label in tested
        if label in trained or training["row_keys"].get(label) == frozen["row_keys"][label]
    ]
    if met:
        detail = f"trained on {training['from']} to {training['to']}: {met[0]} of the test is among them"
        return Gate(name="leak", passed=False, detail=detail)
    return Gate(name="leak", passed=True, detail=f"trained to {training['to']}, test from {test['from']}")


def validation_gate(run: str) -> Gate:
    """The data met every critical expectation."""
    found = read_validation(RunPaths(run).validation / "result.json")
    critical, warnings = found.failed("critical"), found.failed("warning")
    detail = f"{found.checks} checks, {len(critical)} critical failures, {len(warnings)} warnings"
    return Gate(name="validation", passed=not critical, detail=detail)


def audit_gate(candidate: Candidate) -> Gate:
    """The run refuses nothing of the model: it works about as well for every group and explains truly."""
    refuses = candidate.evaluation.refuses
    return Gate(name="audit", passed=not refuses, detail="; ".join(refuses) or "nothing is refused")


def served_gate(bento: Bento) -> Gate:
    """The bento, served for real, answers the golden requests as the predictor does offline."""
    try:
        with served(bento) as url:
            apart = replay(url, bento.artefact, bento.tag)
    except UserError as error:
        return Gate(name="served", passed=False, detail=str(error))
    detail = f"served and offline differ by {apart:.1e} (relative; at most {TOLERANCE:.0e})"
    return Gate(name="served", passed=apart <= TOLERANCE, detail=detail)


def slices_gate(candidate: Candidate, comparison: Comparison | None) -> Gate:
    """On no slice much worse than the champion, or without one to compare with, than the best baseline."""
    if comparison is not None:
        slices: Mapping[str, tuple[float, float]] = comparison.slices
        other = "the champion"
    else:
        names = candidate.evaluation.candidate, candidate.evaluation.best_baseline
        slices = {
            part.name: (part.error[names[0]], part.error[names[1]]) for part in candidate.evaluation.slices
        }
        other = "the best baseline"
    excess = {
        name: mine / theirs - 1 if theirs else float(mine > 0) for name, (mine, theirs) in slices.items()
    }
    worst = max(excess, key=lambda name: excess[name])
    tolerance = candidate.config.release.slice_tolerance
    detail = f"{worst}: error {excess[worst]:+.1%} against {other} (at most {tolerance:+.0%})"
    return Gate(name="slices", passed=round(excess[worst], 9) <= tolerance, detail=detail)


def _between(labels: Sequence[str], first: str, last: str) -> Sequence[str]:
    return labels[labels.index(first) : labels.index(last) + 1]
