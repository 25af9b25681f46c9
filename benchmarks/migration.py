"""Results of every model on real runs, from their evaluation records, as docs/results-migration.md.

Build the runs first, then write the page:

    talentflow runs add params/korea.yaml --data ../shared/data/korea_quarterly_od    # and the others
    dvc repro
    python benchmarks/ablations.py korea qianxi_province qianxi_city scholars
    python benchmarks/migration.py korea qianxi_province qianxi_city scholars
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from modules.migration.arrays import Float64Array
from modules.migration.cells import CellRules
from modules.migration.flow_data import FlowData
from modules.migration.flows import read_flows
from modules.migration.forecasting import forecast, truth
from modules.migration.networks import load_network
from modules.migration.origins import chronological_split
from modules.migration.track import models_for
from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means
from pipelines.config import load_run
from pipelines.config.migration import MigrationRun
from pipelines.config.run import of_track
from pipelines.evaluation import Bounds, read_evaluation
from pipelines.migration.fitting.data import open_data
from pipelines.migration.judging.evaluation import FlowEvaluation, FlowRow
from pipelines.paths import RunPaths

# MAE one period ahead, as measured on the same files by an independent script before this project had code:
# naive forecasts and one pooled ridge on log1p lags; every cell counts there, unlisted zeros too.
FLOORS: dict[str, dict[str, float]] = {
    "korea": {
        "last_value": 450.2,
        "seasonal_naive": 197.9,
        "ridge_ar": 177.4,
        "ridge_ar_calendar": 164.3,
    },
    "qianxi_province": {
        "last_value": 40.41,
        "seasonal_naive": 78.4,
        "ridge_ar": 42.19,
        "ridge_ar_calendar": 42.47,
    },
    "qianxi_city": {"last_value": 0.6395, "ridge_ar": 0.7202},
    "scholars": {"last_value": 4.407, "ridge_ar": 4.726},
}
WHY = """The floors count every cell, here a censored zero is not judged: the middle column counts it too, and on
it the naive forecasts show whether the files were read alike. The ridges differ by design: a floor is one pooled
ridge towards zero, fitted for one period ahead; here the anchor, the weight of large corridors and the penalty are
chosen on the validation periods, for all horizons at once."""
NOTES = {
    "scholars": "The floor's 60 busiest countries were chosen over all years, the test's too; here over the years before it."
}


def main(
    runs: Annotated[list[str], typer.Argument(help="Built runs of params.yaml.")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-migration.md"),
) -> None:
    """Write the results page from the evaluation records of built runs."""
    sections = [section(name, of_track(load_run(name), MigrationRun)) for name in runs]
    out.write_text("\n\n".join([HEAD, *sections]) + "\n", encoding="utf-8")


HEAD = """# Results: migration

Written by `benchmarks/migration.py` from the runs' evaluation records; do not edit. Errors are in the unit of
the data (Qianxi: flow index times 1000). Models are ranked by the back-test on the validation periods; nothing
is chosen on the test. `±` is the standard deviation over seeds (baselines have none); intervals are 95 %, by a
paired bootstrap over origins, destinations and blocks of time. *Gain* is the best baseline's test MAE minus the
model's: above zero is better. Change skill is the share of the squared log change that a forecast explains,
every corridor alike: 0 for the last value, below 0 for a forecast that moves small corridors the wrong way.

Learned baselines stand on the best calendar-aware ridge (the pooled one where no season recurs); DHG-SIL stands on a
closed form of its own, which is in the tables as dhg_sil_core and is no candidate: what the graph network adds is the
difference between these two rows. Models that are solved have more trials than models that learn, alike for all of a kind."""


def section(name: str, config: MigrationRun) -> str:
    """Everything about one run."""
    found = read_evaluation(RunPaths(name).evaluation / "evaluation.json", FlowEvaluation)
    spans = found.spans
    facts = (
        f"{found.observed_periods} {found.unit}s, {len(found.regions)} regions; a window is {found.length} "
        f"seen, {found.horizon} forecast. Train {' to '.join(spans['train'])}, "
        f"validation {' to '.join(spans['validation'])}, test {' to '.join(spans['test'])}. "
        f"Candidate: **{found.candidate}**; best baseline: {found.best_baseline}."
    )
    known = {model.name for model in models_for(open_data(name, config).final.task)}
    if left_out := known - {row.model for row in found.leaderboard}:
        facts += f" Not run on these data: {', '.join(sorted(left_out))}."
    parts = (
        f"## {name}",
        facts,
        verdict(found),
        change(name, config, found),
        leaderboard(found),
        horizons(found),
        variables(found),
        ablations(name),
        floors(name, config, found),
        coverage(found),
    )
    return "\n\n".join(filter(None, parts))


def verdict(found: FlowEvaluation) -> str:
    """Whether the first learned model beats the best baseline on the test."""
    learned = next(row for row in found.leaderboard if row.role == "own")
    gain = learned.improvement
    if gain is None:
        return ""
    said = "beats" if gain.low > 0 else "loses to" if gain.high < 0 else "ties with"
    share = 100 * gain.estimate / _row(found, found.best_baseline).test_mae.estimate
    return (
        f"The best of our own, {learned.model}, **{said}** the best baseline, {found.best_baseline}, "
        f"on the test: gain {_bounds(gain)}, {share:.1f} %."
    )


def leaderboard(found: FlowEvaluation) -> str:
    """Every model, ranked."""
    rows = [
        (
            row.model,
            f"{_number(row.backtest_mae.mean)} ± {_number(row.backtest_mae.sd)}",
            f"{_number(row.test['mae'].mean)} ± {_number(row.test['mae'].sd)}",
            "-" if row.improvement is None else _bounds(row.improvement),
            *(
                f"{row.test[metric].mean:.3f}"
                for metric in ("wape", "cpc", "skill_level", "skill_change", "spearman")
            ),
        )
        for row in found.leaderboard
    ]
    head = (
        "model",
        "back-test MAE",
        "test MAE",
        "gain [95 %]",
        "WAPE",
        "CPC",
        "skill",
        "change skill",
        "Spearman",
    )
    return _table(head, rows)


def horizons(found: FlowEvaluation) -> str:
    """Test MAE at each horizon."""
    head = ("test MAE at horizon", *(str(step + 1) for step in range(found.horizon)))
    return _table(head, [(row.model, *map(_number, row.by_horizon)) for row in found.leaderboard])


def variables(found: FlowEvaluation) -> str:
    """How DHG-SIL's variables order the regions in the test periods."""
    if not found.variables:
        return ""
    rows = [(each.name, f"{each.spearman.mean:.3f} ± {each.spearman.sd:.3f}") for each in found.variables]
    return _table(("variable, one period ahead", "Spearman with its statistic, test"), rows)


def ablations(name: str) -> str:
    """Test MAE of DHG-SIL with a part left out, as benchmarks/ablations.py kept it."""
    kept = RunPaths(name).top / "ablations.json"
    if not kept.exists():
        return f"Ablations were not run on these data (`python benchmarks/ablations.py {name}`)."
    found = json.loads(kept.read_text(encoding="utf-8"))
    rows = [
        (
            row["title"],
            f"{_number(float(np.mean(row['mae'])))} ± {_number(float(np.std(row['mae'], ddof=1)))}",
            _bounds(Bounds(**row["worse"])) if row["title"] != "whole" else "-",
        )
        for row in found
    ]
    return _table(("DHG-SIL", "test MAE", "worse than the whole by [95 %]"), rows)


def change(name: str, config: MigrationRun, found: FlowEvaluation) -> str:
    """Whether our own model forecasts the change from the last value better than the baseline best at that."""
    skill = {row.model: row.test["skill_change"].mean for row in found.leaderboard}
    own = next((row.model for row in found.leaderboard if row.role == "own"), None)
    if own is None:
        return ""
    rival = max(
        (row.model for row in found.leaderboard if row.role == "baseline"), key=lambda each: skill[each]
    )
    windows = open_data(name, config).final.judging
    actual, scored = truth(windows)
    logs = np.log1p(actual)
    last = np.stack([windows[i].history[-1:].double().numpy() for i in range(len(windows))])

    def squared(made: Float64Array) -> Float64Array:
        summed: Float64Array = np.where(scored, (np.log1p(made) - logs) ** 2, 0).sum(1)
        return summed

    def of_model(model: str) -> Float64Array:
        fits = sorted((RunPaths(name).model / model).iterdir())
        errors = [squared(forecast(load_network(each / "final"), windows)) for each in fits]
        mean: Float64Array = np.mean(errors, axis=0)
        return mean

    ours, theirs, naive = of_model(own), of_model(rival), squared(np.broadcast_to(last, actual.shape))
    block = max(config.evaluate.block, actual.shape[1])
    resamples = draw_resamples(len(actual), actual.shape[-1], block, config.evaluate.bootstrap, config.seed)
    ones = np.ones_like(naive)  # the cells divide out of a ratio of sums
    drawn = resampled_means(theirs - ours, ones, resamples) / resampled_means(naive, ones, resamples)
    gain = Bounds(**percentile_interval(float((theirs - ours).sum() / naive.sum()), drawn))
    said = "first" if gain.low > 0 else "behind" if gain.high < 0 else "not told apart"
    return (
        f"On change: {own} {skill[own]:.3f}, the baseline best at it, {rival}, {skill[rival]:.3f}: "
        f"**{said}**, difference {_bounds(gain)}."
    )


def floors(name: str, config: MigrationRun, found: FlowEvaluation) -> str:
    """MAE one period ahead beside the floors, scored as this project does and as the floors were."""
    if name not in FLOORS:
        return ""
    rows = []
    for model, floor in FLOORS[name].items():
        ours = [row for row in found.leaderboard if row.model == model]
        if ours:
            every = mae_over_every_cell(name, config, model)
            rows.append((model, _number(ours[0].by_horizon[0]), _number(every), _number(floor)))
    table = _table(("MAE at horizon 1", "here", "here, every cell counted", "floor"), rows)
    return "\n\n".join([table, WHY, *filter(None, [NOTES.get(name)])])


def mae_over_every_cell(name: str, config: MigrationRun, model: str) -> float:
    """Test MAE one period ahead of a built model, with censored zeros counted as zeros, as the floors count them."""
    paths, period, windows = RunPaths(name), config.migration.period, config.migration.windows
    rules = CellRules(
        absent=config.migration.cells.absent, zero=True, diagonal=config.migration.cells.diagonal
    )
    flows = read_flows(paths.extracted, period.calendar, period.ordinals, period.gap_ordinals, rules)
    test = chronological_split(flows.observed, windows.validation, windows.test).test
    judging = FlowData(flows, windows.length, windows.horizon, test, len(flows.observed)).judging
    network = load_network(next((paths.model / model).iterdir()) / "final")
    actual, scored = truth(judging)
    return float(np.abs(forecast(network, judging) - actual)[:, 0][scored[:, 0]].mean())


def coverage(found: FlowEvaluation) -> str:
    """Coverage of the candidate's intervals."""
    rows = [
        (
            str(each.horizon),
            each.corridors,
            f"{100 * each.coverage:.1f} %",
            "held" if each.held else "**failed**",
        )
        for each in found.coverage
    ]
    nominal = f"coverage (nominal {100 * found.nominal_coverage:.0f} %)"
    return _table(("horizon", "corridors", nominal, "outcome"), rows)


def _row(found: FlowEvaluation, model: str) -> FlowRow:
    return next(row for row in found.leaderboard if row.model == model)


def _number(value: float) -> str:
    return f"{value:.4g}"


def _bounds(bounds: Bounds) -> str:
    return f"{_number(bounds.estimate)} [{_number(bounds.low)}, {_number(bounds.high)}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    typer.run(main)
