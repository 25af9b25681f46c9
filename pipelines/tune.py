"""The tune stage: a Ray Tune sweep over a trial list that the seed fixed before the first trial ran."""

import itertools
import logging
import math
import random
import shutil
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune import Callback, FailureConfig, ResultGrid, TuneConfig, Tuner
from ray.tune import RunConfig as SweepConfig

from modules.errors import UserError, did_you_mean
from modules.track import Hyperparameters, ModelSpec
from pipelines.config import RunConfig, Tune
from pipelines.files import whole_folder, write_json
from pipelines.fitting import Fitting, fitting_of
from pipelines.paths import RunPaths
from pipelines.ray_session import LOST, ray_session
from pipelines.stage_key import stage_key
from pipelines.tracking import tracked
from pipelines.trial import Outcome, Trial, run_trial

log = logging.getLogger(__name__)
Spec = ModelSpec[Any, Any]


def draw_trials(specs: Sequence[Spec], settings: Tune, seed: int) -> list[Trial]:
    """Draw different configurations for every model, each from its own seeded generator.

    Numbering starts at 0 in the order of `specs`; a model without a search space gets its one trial.

    Raises:
        UserError: if the settings name a hyperparameter that no model draws.
    """
    drawn_by_any = {name for spec in specs for key in spec.space for name in (key, f"{spec.name}.{key}")}
    for key in settings.space:
        if key not in drawn_by_any:
            known = ", ".join(sorted(drawn_by_any))
            raise UserError(
                f"tune.space: no model draws {key!r}{did_you_mean(key, drawn_by_any)}; there are {known}"
            )
    trials: list[Trial] = []
    for spec in specs:
        given = settings.space
        space = {
            key: given.get(f"{spec.name}.{key}", given.get(key, values)) for key, values in spec.space.items()
        }
        grid = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
        generator = random.Random(f"{seed}/{spec.name}")  # noqa: S311 (a search, not a secret)
        count = settings.trials if spec.learned else settings.closed_form_trials
        for drawn in generator.sample(grid, min(count, len(grid))):
            trials.append(Trial(len(trials), spec.name, drawn))
    return trials


def run(name: str, config: RunConfig) -> None:
    """Write `best.json` (model -> chosen hyperparameters) and `trials.json` (everything tried).

    A trial fits before the validation span and is judged on it; the least error wins, ties go to the first
    drawn. A learned model of which one configuration was drawn has nothing to choose, and is not tried. A
    killed sweep goes on where it stopped, and ends in the same result.
    """
    key = stage_key("tune", name)
    scratch = RunPaths(name).scratch("tune", key).resolve()
    fitting = fitting_of(config)
    data = fitting.open(name, config).backtest
    specs = fitting.models(data, config.tune.models)
    drawn = draw_trials(specs, config.tune, config.seed)
    only = settled(specs, drawn)
    trials = [trial for trial in drawn if trial.model not in only]
    specs = [spec for spec in specs if spec.name not in only]
    with (
        whole_folder(RunPaths(name).tune) as folder,
        tracked("tune", name, key) as parent,
        ray_session(config.tune.parallel),
    ):
        outcomes: list[Outcome] = []
        for number, wave in enumerate(waves(specs, only)):
            ready = [trial for trial in trials if trial.model in {spec.name for spec in wave}]
            chosen = only | {model: found.parameters for model, found in choose(outcomes).items()}
            inherited = {spec.name: chosen[spec.inherits] for spec in wave if spec.inherits}
            outcomes += sweep(ready, wave, inherited, data, fitting, config, scratch / f"wave-{number}")
        best = choose(outcomes)
        for outcome in outcomes:
            trial, metrics = outcome.trial, {fitting.metric: outcome.error, **outcome.cost}
            parent.child(
                f"{trial.model} {trial.number}", outcome.parameters, metrics, {"train_loss": outcome.losses}
            )
        spent = sum(outcome.cost["cpu_seconds"] for outcome in outcomes)
        parent.log(
            {"trials": len(outcomes)},
            {"trials_cpu_seconds": spent}
            | {f"best_{fitting.metric}.{model}": o.error for model, o in best.items()},
        )
        write_json(
            folder / "best.json", only | {model: dict(found.parameters) for model, found in best.items()}
        )
        write_json(folder / "trials.json", [_record(outcome, fitting.metric) for outcome in outcomes])
    shutil.rmtree(scratch, ignore_errors=True)


def settled(specs: Sequence[Spec], drawn: Sequence[Trial]) -> dict[str, Hyperparameters]:
    """The learned models of which one configuration was drawn, with that one."""
    count = Counter(trial.model for trial in drawn)
    sought = {spec.name for spec in specs if spec.learned and not spec.inherits and count[spec.name] == 1}
    return {trial.model: dict(trial.parameters) for trial in drawn if trial.model in sought}


def waves(specs: Sequence[Spec], settled: Collection[str] = ()) -> list[list[Spec]]:
    """The models in the order in which they can be tuned: each wave inherits from the ones before."""
    done = set(settled)
    ordered: list[list[Spec]] = []
    while any(spec.name not in done for spec in specs):
        ordered.append([s for s in specs if s.name not in done and (not s.inherits or s.inherits in done)])
        done |= {spec.name for spec in ordered[-1]}
    return ordered


def choose(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """The least error of every model; of equals the one drawn first.

    Raises:
        UserError: if a model has no trial with a finite error.
    """
    best: dict[str, Outcome] = {}
    for outcome in sorted(outcomes, key=lambda o: (o.error, o.trial.number)):
        best.setdefault(outcome.trial.model, outcome)
    hopeless = [model for model, outcome in best.items() if not math.isfinite(outcome.error)]
    if hopeless:
        raise UserError(
            f"{', '.join(hopeless)}: no trial ended with a finite error on the validation periods; "
            "look at the data checks for empty or constant corridors, or widen the training span"
        )
    return best


def sweep(
    trials: Sequence[Trial],
    specs: Sequence[Spec],
    inherited: Mapping[str, Hyperparameters],
    data: Any,
    fitting: Fitting,
    config: RunConfig,
    scratch: Path,
) -> list[Outcome]:
    """Run a wave's trials under Ray Tune, or what is left of them; gives their outcomes in the order drawn.

    Raises:
        UserError: if a trial failed; the others are kept, and the next call runs only what is missing.
    """
    accelerator = config.train.accelerator
    by_name = {spec.name: spec for spec in specs}
    trainable = tune.with_resources(
        tune.with_parameters(
            run_trial,
            trials=trials,
            specs=by_name,
            inherited=inherited,
            data=data,
            error=fitting.error,
            seed=config.seed,
            accelerator=accelerator,
        ),
        {"cpu": 1, "gpu": 1 if accelerator == "gpu" else 0},
    )
    # A Tuner killed before its first snapshot can be "restored", but to nothing.
    if Tuner.can_restore(scratch) and any(scratch.glob("experiment_state-*.json")):
        log.info("resuming the sweep in %s", scratch)
        tuner = Tuner.restore(str(scratch), trainable, resume_unfinished=True, resume_errored=True)
    else:
        shutil.rmtree(scratch, ignore_errors=True)
        tuner = Tuner(
            trainable,
            param_space={"trial": tune.grid_search(list(range(len(trials))))},
            tune_config=TuneConfig(
                metric="error", mode="min", max_concurrent_trials=config.tune.parallel, reuse_actors=True
            ),
            run_config=SweepConfig(
                name=scratch.name,
                storage_path=str(scratch.parent),
                verbose=0,
                callbacks=[_Progress(trials, fitting.metric)],
                failure_config=FailureConfig(max_failures=LOST),
            ),
        )
    return _outcomes(tuner.fit(), trials)


class _Progress(Callback):
    """Says each finished trial."""

    def __init__(self, trials: Sequence[Trial], metric: str) -> None:
        self.trials, self.metric, self.done = trials, metric, 0

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **_: Any) -> None:  # noqa: ARG002
        drawn, result = self.trials[trial.config["trial"]], trial.last_result
        self.done += 1
        said = (self.done, len(self.trials), drawn.model, self.metric, result["error"])
        log.info("trial %d of %d: %s %s %.4g", *said)


def _outcomes(results: ResultGrid, trials: Sequence[Trial]) -> list[Outcome]:
    found: dict[int, Outcome] = {}
    for index in range(len(results)):
        result = results[index]
        if result.error:
            what = str(result.error).strip().splitlines()[-1]
            raise UserError(f"a trial failed: {what}; its log lies in {result.path}; run the stage again")
        metrics: Any = result.metrics
        if "error" not in metrics:  # Ray takes an interrupt for a wish to end early
            raise KeyboardInterrupt
        trial = trials[metrics["config"]["trial"]]
        found[trial.number] = Outcome(
            trial, metrics["parameters"], metrics["error"], metrics["losses"], metrics["cost"]
        )
    return [found[trial.number] for trial in trials]


def _record(outcome: Outcome, metric: str) -> dict[str, Any]:
    return {
        "model": outcome.trial.model,
        "parameters": dict(outcome.parameters),
        metric: outcome.error if math.isfinite(outcome.error) else None,
    }
