"""The headline: who won, by how much, and how sure that is, in words a manager reads."""

from pipelines.migration.judging.evaluation import FlowEvaluation, FlowRow
from pipelines.pages import decimals, number, percent, plain
from pipelines.verdict import Verdict


def verdict(evaluation: FlowEvaluation) -> Verdict:
    """Judge the candidate against the best baseline on the final test."""
    rows = {row.model: row for row in evaluation.leaderboard}
    candidate, baseline = rows[evaluation.candidate], rows[evaluation.best_baseline]
    winner, rival = plain(candidate.model), plain(baseline.model)
    own = next((row for row in evaluation.leaderboard if row.role == "own"), None)
    if own is None:
        return Verdict(
            "warn", f"Baselines alone: {winner} ranks first in the back-test", "DHG-SIL did not take part."
        )
    if candidate.role == "baseline":
        return Verdict(
            "warn",
            f"A baseline wins: DHG-SIL does not beat {winner} in the back-test",
            f"{_first(plain(own.model))} ranks behind it in the back-test, "
            f"so the baseline is the one packaged. {_numbers(evaluation, own, baseline)}",
        )
    numbers = _numbers(evaluation, candidate, baseline)
    gain = candidate.improvement
    if gain is None or gain.low <= 0 <= gain.high:
        return Verdict(
            "warn",
            f"A tie: {winner} is not shown to be better than {rival}",
            f"It ranks first in the back-test, but on the final test the difference may be zero. {numbers}",
        )
    if gain.high < 0:
        return Verdict(
            "bad",
            f"{_first(winner)} ranks first in the back-test but loses to {rival} on the final test",
            numbers,
        )
    share = percent(gain.estimate / baseline.test_mae.estimate)
    return Verdict(
        "good", f"{_first(winner)} wins: {share} less error than the best baseline, {rival}", numbers
    )


def _numbers(evaluation: FlowEvaluation, own: FlowRow, baseline: FlowRow) -> str:
    """Both errors and their paired difference, in one sentence."""
    ours, theirs = own.test_mae.estimate, baseline.test_mae.estimate
    places = decimals([ours, theirs])
    first, last = evaluation.spans["test"]
    text = (
        f"On the final test, {first} to {last}, which no model had seen, {plain(own.model)} "
        f"is off by {number(ours, places)} moves per corridor and {evaluation.unit} on average, "
        f"{plain(baseline.model)} by {number(theirs, places)}"
    )
    gain = own.improvement
    if gain is None:
        return f"{text}."
    places = decimals([gain.low, gain.high])
    word = "fewer" if gain.estimate >= 0 else "more"
    low, high = number(gain.low, places), number(gain.high, places)
    return (
        f"{text}: {number(abs(gain.estimate), places)} {word}. "
        f"The 95\N{NARROW NO-BREAK SPACE}% interval of the gain is {low} to {high}; "
        f"above zero {plain(own.model)} is better."
    )


def _first(text: str) -> str:
    return text[0].upper() + text[1:]
