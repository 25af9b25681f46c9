"""The promotion rule: a pure function from gates and a paired comparison to a decision."""

from collections.abc import Mapping, Sequence

from pipelines.release.records import Comparison, Decision, Gate
from pipelines.release.same_model import SameModel

_SAME: Mapping[SameModel, str] = {
    "repackaged": "in other code, answers alike",
    "refreshed": "with other transfers found, answers and figures as before",
}
_REFUSAL = {"clean": "dirty", "leak": "leaky"}


def decide(
    gates: Sequence[Gate],
    champion: int | None,
    comparison: Comparison | None,
    *,
    baseline: bool = False,
    same: SameModel | None = None,
) -> Decision:
    """What becomes of a candidate.

    The first gate that fails refuses it. Without a champion, one that passes them all becomes champion.
    Against a champion the 95 % interval of the improvement must lie above zero: no evidence, no promotion.
    The slices are looked at last: they stop a candidate that is better as a whole and worse for some.

    Args:
        gates: in the order in which they refuse.
        champion: the present champion's version, if there is one.
        comparison: how the candidate compares with it; none if they cannot be compared, which is left to a
            person.
        baseline: whether the candidate is a baseline; changes no outcome, but the record says so.
        same: how a candidate that is the champion's very model differs from it.
    """
    failed = [gate for gate in gates if not gate.passed]
    compared = champion is not None and comparison is not None and same is None
    first = next((gate for gate in failed if gate.name != "slices" or not compared), None)
    if first is not None:
        return _refused(_REFUSAL.get(first.name, first.name), first.detail)
    if champion is None:
        kind = "a baseline" if baseline else "our own model"
        detail = f"no champion before it; {kind} ranks first, all gates pass"
        return Decision(outcome="champion", reason="baseline" if baseline else "none", detail=detail)
    if same is not None:
        detail = f"v{champion}'s model {_SAME[same]}"
        return Decision(outcome="champion", reason=same, detail=detail)
    if comparison is None:
        detail = f"cannot be compared with champion v{champion}: a person must approve it"
        return Decision(outcome="pending", reason="incomparable", detail=detail)
    return _by_evidence(comparison, champion, failed)


def _by_evidence(comparison: Comparison, champion: int, failed: Sequence[Gate]) -> Decision:
    gain = comparison.improvement
    found = (
        f"{comparison.metric} {comparison.candidate:.4g} against {comparison.champion:.4g} of champion "
        f"v{champion}, improvement {gain.estimate:.4g} [{gain.low:.4g}, {gain.high:.4g}]"
    )
    if not gain.low > 0:  # so that a NaN is no evidence either
        return _refused("worse" if gain.high < 0 else "equal", f"{found}: no evidence that it is better")
    if failed:
        return _refused(failed[0].name, failed[0].detail)
    return Decision(outcome="champion", reason="better", detail=found)


def _refused(reason: str, detail: str) -> Decision:
    return Decision(outcome="refused", reason=reason, detail=detail)
