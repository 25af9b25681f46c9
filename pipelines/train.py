"""The train stage: every model as the sweep chose it, once a seed, for the back-test and for good."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import torch

from pipelines.config import RunConfig
from pipelines.files import whole_folder, write_json
from pipelines.fitting import LossCurve, fit, fitting_of
from pipelines.paths import RunPaths
from pipelines.stage_key import stage_key
from pipelines.tracking import tracked
from pipelines.usage import Usage

log = logging.getLogger(__name__)


def run(name: str, config: RunConfig) -> None:
    """Write `models.json` and `<model>/seed-<seed>/{backtest,final}`: `model.safetensors`, `config.json`.

    `backtest` is fitted before the validation span and ranks the models, `final` before the test and is
    what may ship; both by the sweep's hyperparameters alone, nothing is chosen here. A baseline has one
    seed. A track may want more fits beside these two. Finished fits wait in scratch, so a killed stage goes
    on where it stopped.
    """
    torch.set_num_threads(1)
    key = stage_key("train", name)
    scratch = RunPaths(name).scratch("train", key)
    best: dict[str, Any] = json.loads((RunPaths(name).tune / "best.json").read_text(encoding="utf-8"))
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
    with whole_folder(RunPaths(name).model) as folder, tracked("train", name, key) as parent:
        for number, (spec, seed, fold, its) in enumerate(work, start=1):
            part = Path(spec.name, f"seed-{seed}", fold)
            kept = (scratch / part).exists()
            if not kept:
                usage, curve = Usage(), LossCurve()
                network = fit(spec, its, best[spec.name], seed, config.train.accelerator, curve)
                with whole_folder(scratch / part) as fitted:
                    fitting.save(network, fitted)
                    write_json(fitted / "curve.json", curve.losses)
                parent.child(
                    f"{spec.name} seed {seed} {fold}",
                    best[spec.name],
                    usage.metrics(),
                    {"train_loss": curve.losses},
                )
            log.info("fit %d of %d%s: %s", number, len(work), ", kept" if kept else "", part)
            shutil.copytree(scratch / part, folder / part)
        models = [{"model": s.name, "role": s.role} for s in specs]
        write_json(folder / "models.json", models)
        parent.log({"fits": len(work), "seeds": list(config.train.seeds)}, {})
    shutil.rmtree(scratch, ignore_errors=True)
