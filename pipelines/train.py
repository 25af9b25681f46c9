"""The train stage: every model as the sweep chose it, once a seed, for the back-test and for good."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray
import torch
from ray.exceptions import RayError
from torch import nn

from modules.errors import UserError
from modules.track import Hyperparameters, ModelSpec
from pipelines.config import RunConfig
from pipelines.files import whole_folder, write_json
from pipelines.fitting import LossCurve, fit, fitting_of
from pipelines.paths import RunPaths
from pipelines.ray_session import LOST, ray_session
from pipelines.stage_key import stage_key
from pipelines.tracking import tracked
from pipelines.usage import Usage

log = logging.getLogger(__name__)


def run(name: str, config: RunConfig) -> None:
    """Write `models.json` and `<model>/seed-<seed>/{backtest,final}`: `model.safetensors`, `config.json`.

    `backtest` is fitted before the validation span and ranks the models, `final` before the test and is
    what may ship; both by the sweep's hyperparameters alone, nothing is chosen here. A baseline has one
    seed. A track may want more fits beside these two. As many fits run at a time as trials of the sweep.
    Finished fits wait in scratch, so a killed stage goes on where it stopped.

    Raises:
        UserError: if a fit failed; the finished ones are kept.
    """
    key = stage_key("train", name)
    scratch = RunPaths(name).scratch("train", key).resolve()
    best: dict[str, Any] = json.loads((RunPaths(name).tune / "best.json").read_text(encoding="utf-8"))
    accelerator = config.train.accelerator
    fitting = fitting_of(config)
    data = fitting.open(name, config)
    specs = fitting.models(data.final, config.tune.models)
    work = [
        (spec, seed, fold, its)
        for spec in specs
        for seed in (config.train.seeds if spec.learned else config.train.seeds[:1])
        for fold, its in {
            "backtest": data.backtest,
            "final": data.final,
            **fitting.beside(data, spec),
        }.items()
    ]
    with (
        whole_folder(RunPaths(name).model) as folder,
        tracked("train", name, key) as parent,
        ray_session(config.tune.parallel),
    ):
        fitted = ray.remote(num_cpus=1, num_gpus=1 if accelerator == "gpu" else 0, max_retries=LOST)(_fitted)
        shared = {id(its): ray.put(its) for _, _, _, its in work}
        parts = [Path(spec.name, f"seed-{seed}", fold) for spec, seed, fold, _ in work]
        ahead = {
            part: fitted.remote(
                spec, shared[id(its)], best[spec.name], seed, accelerator, fitting.save, scratch / part
            )
            for part, (spec, seed, _, its) in zip(parts, work, strict=True)
            if not (scratch / part).exists()
        }
        for number, part in enumerate(parts, start=1):
            if part in ahead:
                try:
                    losses, spent = ray.get(ahead[part])
                except RayError as error:
                    raise UserError(
                        f"{part}: the fit failed: {getattr(error, 'cause', error)!r}; run the stage again"
                    ) from error
                parent.child(
                    " ".join(part.parts).replace("seed-", "seed "),
                    best[part.parts[0]],
                    spent,
                    {"train_loss": losses},
                )
            log.info("fit %d of %d%s: %s", number, len(parts), "" if part in ahead else ", kept", part)
            shutil.copytree(scratch / part, folder / part)
        models = [{"model": s.name, "role": s.role} for s in specs]
        write_json(folder / "models.json", models)
        parent.log({"fits": len(work), "seeds": list(config.train.seeds)}, {})
    shutil.rmtree(scratch, ignore_errors=True)


def _fitted(
    spec: ModelSpec[Any, Any],
    data: Any,
    chosen: Hyperparameters,
    seed: int,
    accelerator: str,
    save: Callable[[nn.Module, Path], None],
    folder: Path,
) -> tuple[list[float], dict[str, float]]:
    """Fit on one thread of a Ray worker and keep the network in `folder`; gives losses and cost."""
    torch.set_num_threads(1)
    usage, curve = Usage(), LossCurve()
    network = fit(spec, data, chosen, seed, accelerator, curve)
    with whole_folder(folder) as files:
        save(network, files)
        write_json(files / "curve.json", curve.losses)
    return curve.losses, usage.metrics()
