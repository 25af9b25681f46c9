"""The transfer track's models: the filter, and the members of the ensemble."""

from collections.abc import Callable, Sequence
from typing import Literal

from torch import nn

from modules.errors import UserError, did_you_mean
from modules.track import Hyperparameters, ModelSpec, Phase
from modules.transfer.cascade.filter_module import EmbeddedBatches, EmbeddedDataModule, FilterModule
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.causal_lm.causal_lm import CausalLM
from modules.transfer.causal_lm.data_module import AnswerBatches, AnswerDataModule, for_alignment
from modules.transfer.causal_lm.endpoint import LANGUAGE_MODELS, Endpoint
from modules.transfer.causal_lm.module import CausalLMModule
from modules.transfer.grammar.network import GrammarNetwork
from modules.transfer.passage_data import PassageData
from modules.transfer.tagging.charseq import CharSeq
from modules.transfer.tagging.data_module import LabelledBatches, LabelledDataModule
from modules.transfer.tagging.encoder import Encoder
from modules.transfer.tagging.module import TaggingModule
from modules.transfer.tagging.tagger import Tagger

Spec = ModelSpec[PassageData, nn.Module]


def _encoder(_: PassageData, chosen: Hyperparameters) -> Encoder:
    return Encoder(trained=int(chosen["trained"]), dropout=float(chosen["dropout"]))


def _charseq(_: PassageData, chosen: Hyperparameters) -> CharSeq:
    return CharSeq(dropout=float(chosen["dropout"]), unseen=float(chosen["unseen"]))


def _filter(_: PassageData, chosen: Hyperparameters) -> MoveFilter:
    return MoveFilter(layers=int(chosen["layers"]))


def _causal_lm(_: PassageData, chosen: Hyperparameters) -> CausalLM:
    return CausalLM(layers=int(chosen["layers"]), rank=int(chosen["rank"]), base=str(chosen["base"]))


def _endpoint(name: str) -> Callable[[PassageData, Hyperparameters], Endpoint]:
    """Member C on a server; there is nothing to fit, and settings are no search."""

    def build(_: PassageData, chosen: Hyperparameters) -> Endpoint:
        return Endpoint(
            name=name,
            url=str(chosen["url"]),
            model=str(chosen["model"]),
            timeout=float(chosen["timeout"]),
            retries=int(chosen["retries"]),
            at_once=int(chosen["at_once"]),
        )

    return build


def _line_step(alignment: float) -> Callable[[nn.Module, PassageData, Hyperparameters, int], Phase]:
    """The two steps of member C, each of a given number of batches."""

    def phase(network: nn.Module, data: PassageData, chosen: Hyperparameters, seed: int) -> Phase:
        if not isinstance(network, CausalLM):
            raise TypeError(type(network).__name__)
        rows = for_alignment(data.training, seed) if alignment else data.training
        size = int(chosen["batch_size"])
        batches = AnswerBatches(rows, size, network, seed, with_slots=alignment > 0)
        steps = int(chosen["alignment_steps" if alignment else "construction_steps"])
        module = CausalLMModule(network, float(chosen["learning_rate"]), steps, alignment)
        return Phase(module, AnswerDataModule(batches), steps)

    return phase


def _step(alignment: float) -> Callable[[nn.Module, PassageData, Hyperparameters, int], Phase]:
    """One of the two steps of tuning: construction (alignment 0), then alignment."""

    def phase(network: nn.Module, data: PassageData, chosen: Hyperparameters, seed: int) -> Phase:
        if not isinstance(network, Tagger):
            raise TypeError(type(network).__name__)
        batches = LabelledBatches(data.training, int(chosen["batch_size"]), network, seed)
        steps = int(chosen["alignment_epochs" if alignment else "construction_epochs"]) * len(batches)
        module = TaggingModule(network, float(chosen["learning_rate"]), steps, alignment)
        return Phase(module, LabelledDataModule(batches), steps)

    return phase


def _classify(network: nn.Module, data: PassageData, chosen: Hyperparameters, seed: int) -> Phase:
    if not isinstance(network, MoveFilter):
        raise TypeError(type(network).__name__)
    batches = EmbeddedBatches(data.training, network, seed)
    rate, decay, recall = (float(chosen[key]) for key in ("learning_rate", "weight_decay", "recall"))
    module = FilterModule(network, rate, decay, batches, recall)
    return Phase(module, EmbeddedDataModule(batches), int(chosen["epochs"]) * len(batches))


MODELS: tuple[Spec, ...] = (
    ModelSpec(
        MoveFilter.name,
        _filter,
        {
            "layers": (0,),
            "learning_rate": (1e-3, 3e-3),
            "weight_decay": (0.01, 0.1),
            "epochs": (10, 20),
            "recall": (0.95,),
        },
        phases=(_classify,),
        role="part",
    ),
    ModelSpec(GrammarNetwork.name, lambda _data, _chosen: GrammarNetwork()),
    ModelSpec(
        CharSeq.name,
        _charseq,
        {
            "dropout": (0.2, 0.4),
            "unseen": (0.3, 0.6),
            "learning_rate": (2e-3, 4e-3),
            "batch_size": (16,),
            "construction_epochs": (1,),
            "alignment_epochs": (3, 6),
        },
        phases=(_step(0.0), _step(1.0)),
        role="part",
    ),
    ModelSpec(
        Encoder.name,
        _encoder,
        {
            "trained": (2, 3),
            "dropout": (0.1, 0.3),
            "learning_rate": (2e-4, 5e-4),
            "batch_size": (16,),
            "construction_epochs": (1,),
            "alignment_epochs": (2, 3),
        },
        phases=(_step(0.0), _step(1.0)),
        role="part",
    ),
    ModelSpec(
        CausalLM.name,
        _causal_lm,
        # One configuration: a fit is too dear to search by default; `tune.space` gives it others.
        {
            "base": ("",),
            "layers": (8,),
            "rank": (8,),
            "learning_rate": (1e-3,),
            "batch_size": (8,),
            "construction_steps": (30,),
            "alignment_steps": (70,),
        },
        phases=(_line_step(0.0), _line_step(1.0)),
        role="part",
    ),
)
ENDPOINTS: tuple[Spec, ...] = tuple(
    ModelSpec(
        name,
        _endpoint(name),
        {
            "url": ("http://127.0.0.1:8000/v1",),
            "model": (model,),
            "timeout": (60.0,),
            "retries": (4,),
            "at_once": (8,),
        },
        role="part",
    )
    for name, model in LANGUAGE_MODELS.items()
)
"""Models that ask a server, and so none of `all`."""


def models_for(chosen: Literal["all"] | Sequence[str] = "all") -> tuple[Spec, ...]:
    """All models that need no server, or the chosen ones.

    Raises:
        UserError: naming a model that is unknown.
    """
    if chosen == "all":
        return MODELS
    known = {model.name: model for model in (*MODELS, *ENDPOINTS)}
    for name in chosen:
        if name not in known:
            said = f"no model {name!r}{did_you_mean(name, known)}"
            raise UserError(f"tune.models: {said}; there are {', '.join(known)}")
    return tuple(model for name, model in known.items() if name in chosen)
