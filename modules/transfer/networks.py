"""Saving and loading the track's networks: what was trained as safetensors, the rest as JSON, no pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from modules.errors import UserError
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.grammar.network import GrammarNetwork
from modules.transfer.passage import Extractor
from modules.transfer.pretrained import pretrained_sha
from modules.transfer.tagging.charseq import CharSeq
from modules.transfer.tagging.encoder import Encoder

FORMAT_VERSION = 2
NETWORKS: dict[str, type[nn.Module]] = {
    "encoder": Encoder,
    "charseq": CharSeq,
    "grammar": GrammarNetwork,
    "filter": MoveFilter,
}
"""Member C is not among them: it is imported where it is asked for, and its library with it."""
CAUSAL_LM = "causal_lm"
ENDPOINTS = ("mistral", "openchat", "solar")
"""Member C on a server; imported where it is asked for as well."""
_PRETRAINED = frozenset({"encoder", "filter"})
"""Those that stand on MiniLM, of which only what was trained is kept."""


@runtime_checkable
class Member(Extractor, Protocol):
    """A network that extracts."""

    hyperparameters: Mapping[str, float]


def trained_state(network: nn.Module) -> dict[str, Tensor]:
    """The weights that training changed, and buffers of the network's own."""
    state: dict[str, Tensor] = network.state_dict()
    if network.name not in _PRETRAINED:
        kept = set(state)
    else:
        learned = {name for name, weight in network.named_parameters() if weight.requires_grad}
        kept = learned | {name for name in state if not name.startswith("bert.")}
    return {name: state[name].contiguous() for name in sorted(kept)}


def network_config(network: nn.Module) -> dict[str, Any]:
    """Everything but the weights that rebuilds a network."""
    base = {"pretrained": pretrained_sha()} if network.name in _PRETRAINED else {}
    return {"model": network.name, "hyperparameters": dict(vars(network)["hyperparameters"]), **base}


def build_network(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> nn.Module:
    """A network of a configuration and its trained weights, ready to extract.

    Raises:
        UserError: if it names no known model, or stands on other pretrained weights than are installed.
    """
    name = str(config.get("model"))
    if name not in {*NETWORKS, CAUSAL_LM, *ENDPOINTS}:
        known = ", ".join([*NETWORKS, CAUSAL_LM, *ENDPOINTS])
        raise UserError(f"config.json: no model {name}; this version knows {known}")
    base = config.get("pretrained")
    if base is not None and base != pretrained_sha():
        raise UserError(
            f"config.json: {config['model']} was trained on other weights of MiniLM ({base[:12]}) than are "
            f"installed ({pretrained_sha()[:12]}); install what requirements.lock pins, or train it anew"
        )
    network = _type_of(name)(**config["hyperparameters"])
    odd = network.load_state_dict(dict(state), strict=False)
    lacking = [name for name in odd.missing_keys if name in trained_state(network)]
    if odd.unexpected_keys or lacking:
        raise UserError(
            f"model.safetensors: does not fit {config['model']}: {(odd.unexpected_keys + lacking)[0]}"
        )
    return network.eval()


def _type_of(name: str) -> type[nn.Module]:
    if name == CAUSAL_LM:
        from modules.transfer.causal_lm.causal_lm import CausalLM  # noqa: PLC0415 - see NETWORKS

        return CausalLM
    if name in ENDPOINTS:
        from modules.transfer.causal_lm.endpoint import Endpoint  # noqa: PLC0415 - see NETWORKS

        return Endpoint
    return NETWORKS[name]


def save_network(network: nn.Module, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into an existing folder."""
    save_file(trained_state(network), folder / "model.safetensors")
    config = {"format_version": FORMAT_VERSION, **network_config(network)}
    text = json.dumps(config, indent=1, sort_keys=True)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def load_network(folder: Path) -> nn.Module:
    """Read what `save_network` wrote, ready to extract."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("format_version") != FORMAT_VERSION:
        raise UserError(
            f"{folder}: format {config.get('format_version')}; this version reads {FORMAT_VERSION}"
        )
    return build_network(config, load_file(folder / "model.safetensors"))
