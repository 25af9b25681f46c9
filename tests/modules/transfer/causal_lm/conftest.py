"""A base that is made in a moment: a random Llama of two layers, and a tokeniser of a few hundred pieces."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from modules.transfer.causal_lm.causal_lm import CausalLM
from tests.modules.transfer.causal_lm.protocol import Server, serving
from tests.modules.transfer.tagging.told import ROWS


def write_base(folder: Path, *, known: bool = True) -> Path:
    """A base; one whose tokeniser knows no word begins Yes and No with the same piece."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<end>"],
        show_progress=False,
    )
    texts = [f" {row.passage.text} | Yes | No | UNKNOWN\n" for row in ROWS] if known else []
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")  # noqa: S106
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def make(base: Path) -> Callable[[], CausalLM]:
    """A network in float32: what is scored in parts and as a whole is then the same to many digits."""

    def made() -> CausalLM:
        torch.manual_seed(1)
        return CausalLM(base=str(base), layers=2, rank=4).float().eval()

    return made


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serving() as served:
        yield served


@pytest.fixture
def server(running: Server) -> Server:
    running.replies, running.asked = [], []
    return running
