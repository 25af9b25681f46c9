"""Saving and loading the track's networks: weights as safetensors, the rest as JSON, never a pickle."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from modules.errors import UserError
from modules.recommendation.baselines.afn import AFN
from modules.recommendation.baselines.autoint import AutoInt
from modules.recommendation.baselines.concatenation import Concatenation
from modules.recommendation.baselines.dcn import DCN
from modules.recommendation.baselines.deepfm import DeepFM
from modules.recommendation.baselines.explore import EXPLORE
from modules.recommendation.baselines.fm import FM
from modules.recommendation.baselines.hist_gradient_boosting import HistGradientBoosting
from modules.recommendation.baselines.logistic_regression import LogisticRegression
from modules.recommendation.baselines.popularity import Popularity
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.rcjr.rcjr import RCJR

NETWORKS: dict[str, type[PairModel]] = {
    network.name: network
    for network in (
        Popularity,
        LogisticRegression,
        FM,
        EXPLORE,
        Concatenation,
        DeepFM,
        DCN,
        AutoInt,
        AFN,
        HistGradientBoosting,
        RCJR,
    )
}
FORMAT_VERSION = 1


def network_config(network: PairModel) -> dict[str, Any]:
    """Everything but the weights that rebuilds a network."""
    return {
        "format_version": FORMAT_VERSION,
        "model": network.name,
        "shape": asdict(network.shape),
        "hyperparameters": dict(network.hyperparameters),
    }


def build_network(config: dict[str, Any]) -> PairModel:
    """A network without its weights.

    Raises:
        UserError: if the configuration is of another format or names no known model.
    """
    if config.get("format_version") != FORMAT_VERSION or config.get("model") not in NETWORKS:
        raise UserError(
            f"config.json: format {config.get('format_version')} of model {config.get('model')}; "
            f"this version reads format {FORMAT_VERSION} of {', '.join(NETWORKS)}: rebuild the model"
        )
    return NETWORKS[config["model"]](Shape.from_json(config["shape"]), **config["hyperparameters"])


def save_network(network: PairModel, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into an existing folder."""
    state = {key: value.contiguous() for key, value in sorted(network.state_dict().items())}
    save_file(state, folder / "model.safetensors")
    config = json.dumps(network_config(network), indent=1, sort_keys=True)
    (folder / "config.json").write_text(config + "\n", encoding="utf-8")


def load_network(folder: Path) -> PairModel:
    """Read what `save_network` wrote, ready to score."""
    network = build_network(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    network.load_state_dict(load_file(folder / "model.safetensors"))
    return network.eval()
