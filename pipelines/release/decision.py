"""The promotion rule: a pure function from gates and a paired comparison to a decision."""

from collections.abc import Sequence

from pipelines.release.records import Comparison, Decision, Gate

_REFUSAL = {"clean": "dirty", "leak": "leaky"}


def decide(
    gates: Sequence[Gate],
    champion: int | None,
    comparison: Comparison | None,
    *,
    baseline: bool = False,
    repackaged: bool = False,
) -> Decision:
    """What becomes of a candidate.

    The first gate that fails refuses it. Without a champion, one that passes them all becomes champion.
    Against a champion the 95 % interval of the improvement must lie above zero: no evidence, no promotion.

    Args:
        gates: in the order in which they refuse.
        champion: the present champion's version, if there is one.
        comparison: how the candidate compares with it; none if they cannot be compared, which is left to a
            person.
        baseline: whether the candidate is a baseline; changes no outcome, but the record says so.
        repackaged: whether the candidate is the champion's very model in other code.
    """
    failed = next((gate for gate in gates if not gate.passed), None)
    if failed is not None:
        return Decision(
            outcome="refused", reason=_REFUSAL.get(failed.name, failed.name), detail=failed.detail
        )
    if champion is None:
        reason, kind = ("baseline", "a baseline") if baseline else ("none", "a learned model")
        return Decision(
            outcome="champion",
            reason=reason,
            detail=f"no champion before it; {kind} ranks first, all gates pass",
        )
    if repackaged:
        return Decision(
            outcome="champion",
            reason="repackaged",
            detail=f"v{champion}'s model in other code, answers alike",
        )
    if comparison is None:
        return Decision(
            outcome="pending",
            reason="incomparable",
            detail=f"cannot be compared with champion v{champion}: a person must approve it",
        )
    return _by_evidence(comparison, champion)


def _by_evidence(comparison: Comparison, champion: int) -> Decision:
    gain = comparison.improvement
    found = (
        f"{comparison.metric} {comparison.candidate:.4g} against {comparison.champion:.4g} of champion "
        f"v{champion}, improvement {gain.estimate:.4g} [{gain.low:.4g}, {gain.high:.4g}]"
    )
    if gain.low > 0:
        return Decision(outcome="champion", reason="better", detail=found)
    reason = "worse" if gain.high < 0 else "equal"
    return Decision(outcome="refused", reason=reason, detail=f"{found}: no evidence that it is better")
