"""Saving and loading the track's networks: weights as safetensors, the rest as JSON, never a pickle."""

import json
from dataclasses import asdict
from pathlib import Path

from safetensors.torch import load_file, save_file

from modules.errors import UserError
from modules.migration.baselines.deep_gravity import DeepGravity
from modules.migration.baselines.gcn_gru import GCNGRU
from modules.migration.baselines.gravity import Gravity
from modules.migration.baselines.mpgcn import MPGCN
from modules.migration.baselines.naive import HistoricalMean, LastValue, SeasonalNaive
from modules.migration.baselines.ridge_ar import CalendarRidgeAR, RidgeAR
from modules.migration.dhg_sil.core import DHGSILCore
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.forecaster import Forecaster, Task
from modules.migration.residual_gru import ResidualGRU

NETWORKS: dict[str, type[Forecaster]] = {
    network.name: network
    for network in (
        LastValue,
        SeasonalNaive,
        HistoricalMean,
        RidgeAR,
        CalendarRidgeAR,
        Gravity,
        DeepGravity,
        ResidualGRU,
        GCNGRU,
        MPGCN,
        DHGSILCore,
        DHGSIL,
    )
}
FORMAT_VERSION = 4


def network_config(network: Forecaster) -> dict[str, object]:
    """Everything but the weights that rebuilds a network."""
    return {
        "format_version": FORMAT_VERSION,
        "model": network.name,
        "task": asdict(network.task),
        "hyperparameters": network.hyperparameters,
    }


def build_network(config: dict[str, object]) -> Forecaster:
    """A network without its weights.

    Raises:
        UserError: if the configuration is of another format or names no known model.
    """
    if config.get("format_version") != FORMAT_VERSION or config.get("model") not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise UserError(
            f"config.json: format {config.get('format_version')} of model {config.get('model')}; "
            f"this version reads format {FORMAT_VERSION} of {known}: rebuild the model"
        )
    task, hyperparameters = config["task"], config["hyperparameters"]
    return NETWORKS[str(config["model"])](Task(**task), **hyperparameters)  # type: ignore[arg-type]


def save_network(network: Forecaster, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into an existing folder."""
    state = {key: value.contiguous() for key, value in sorted(network.state_dict().items())}
    save_file(state, folder / "model.safetensors")
    config = json.dumps(network_config(network), indent=1, sort_keys=True)
    (folder / "config.json").write_text(config + "\n", encoding="utf-8")


def load_network(folder: Path) -> Forecaster:
    """Read what `save_network` wrote, ready to forecast."""
    network = build_network(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
