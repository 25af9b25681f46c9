"""Member C: a causal language model that copies its answer from the passage."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, Cache, DynamicCache

from modules.errors import UserError
from modules.transfer.causal_lm.batch import IGNORED, AnswerBatch, answer_batch
from modules.transfer.causal_lm.candidates import candidates
from modules.transfer.causal_lm.lines import Lines
from modules.transfer.causal_lm.weights import base_of
from modules.transfer.passage import Extraction, Passage, Span
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import FIELDS

_ADAPTER = "lora_"


class CausalLM(nn.Module):
    """A frozen language model with low-rank adapters (LoRA: Hu et al., ICLR 2022) on its last layers.

    The answer is never generated freely. `Yes` is weighed against `No`; then each slot in turn takes the
    candidate with the greatest mean log-probability of its tokens, given the passage and the slots before
    it. So every answer is valid, and every mention is a piece of the text.

    Only the adapters are in `state_dict`; the base is found on the machine, and its hash is checked.

    Args:
        layers: how many layers learn, from the last.
        rank: of the adapters, on every projection of those layers.
        longest: tokens of a passage that are read.
        base: a folder or an id in Hugging Face's local cache; empty: the packaged SmolLM2-135M.
        sha256: of the base that the adapters were trained on; empty: of whatever base is found.

    Raises:
        UserError: if there is no such base, or it is another one than the adapters were trained on.
    """

    name = "causal_lm"

    def __init__(
        self, *, layers: int = 8, rank: int = 8, longest: int = 192, base: str = "", sha256: str = ""
    ) -> None:
        super().__init__()
        found = base_of(base)
        if sha256 and sha256 != found.sha256:
            raise UserError(
                f"base {base or 'smollm2'}: sha256 {found.sha256[:12]}, but the adapters were trained on "
                f"{sha256[:12]}; install that base, or train again"
            )
        self.hyperparameters = {
            "layers": layers,
            "rank": rank,
            "longest": longest,
            "base": base,
            "sha256": found.sha256,
        }
        self.lines = Lines(AutoTokenizer.from_pretrained(found.folder, local_files_only=True), longest)
        self.model = AutoModelForCausalLM.from_pretrained(
            found.folder, dtype=_precision(), local_files_only=True
        )
        count = self.model.config.num_hidden_layers
        projections = {
            name.rpartition(".")[2]
            for name, part in self.model.base_model.named_modules()
            if isinstance(part, nn.Linear)
        }
        adapters = LoraConfig(
            r=rank,
            lora_alpha=2 * rank,
            lora_dropout=0.05,
            target_modules=sorted(projections),
            layers_to_transform=list(range(max(0, count - layers), count)),
        )
        self.model.requires_grad_(requires_grad=False)
        inject_adapter_in_model(adapters, self.model)
        for name, value in self.model.named_parameters():
            if _ADAPTER in name:  # steps of AdamW would be lost in bfloat16
                value.data = value.data.float()
        self.register_state_dict_post_hook(_without_base)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_post_hook(_base_is_there)  # type: ignore[no-untyped-call]

    def labelled(self, rows: Sequence[Labelled], *, with_slots: bool = True) -> AnswerBatch:
        """Encode labelled passages."""
        return answer_batch(self.lines, rows, with_slots=with_slots)

    def loss(self, batch: AnswerBatch, alignment: float) -> Tensor:
        """BCE of `Yes` against `No` + `alignment` * cross entropy of the slots' tokens."""
        width = batch.tokens.shape[1]
        kept = width - int(batch.decision.min())
        logits = self.model(
            input_ids=batch.tokens,
            attention_mask=batch.seen,
            position_ids=batch.positions,
            use_cache=False,
            logits_to_keep=_last(kept, width, batch.tokens),
        ).logits.float()
        rows = torch.arange(len(logits), device=logits.device)
        decided = self._decision(logits[rows, batch.decision - (width - kept)])
        loss = binary_cross_entropy_with_logits(decided, batch.circulation, batch.weights)
        if alignment and kept > 1:
            targets = batch.targets[:, 1 - kept :]
            aligned = cross_entropy(logits[:, :-1].flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
            loss = loss + alignment * aligned
        return loss

    @torch.inference_mode()
    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        """One extraction a passage, in their order."""
        if not passages:
            return []
        opening = DynamicCache(config=self.model.config)
        self._read(opening, self.lines.opening)
        return [self._answer(passage, deepcopy(opening)) for passage in passages]

    def _answer(self, passage: Passage, read: Cache) -> Extraction:
        logits = self._read(read, self.lines.passage(passage.text))
        score = float(self._decision(logits).sigmoid())
        told: dict[str, Span | None] = dict.fromkeys(FIELDS)
        if score > 1 / 2:
            said = [*self.lines.yes, *self.lines.bar]
            for field, found in candidates(passage.text).items():
                free = [span for span in found if not any(_overlap(span, other) for other in told.values())]
                slots = [self.lines.slot(span.text if span else None) for span in free]
                best = self._choose(read, said, slots)
                told[field], said = free[best], slots[best]
        return Extraction(circulation=score > 1 / 2, **told, score=score, model=self.name)

    def _choose(self, read: Cache, said: list[int], slots: list[list[int]]) -> int:
        """The likeliest slot behind what was `said`, which is then read.

        All slots stand in one row, without the bar that ends them: each sees what was said, and itself.
        """
        whose = torch.tensor(
            [0] * len(said) + [number for number, slot in enumerate(slots, start=1) for _ in slot[:-1]]
        )
        own = ((whose == whose[:, None]) | (whose == 0)).tril()
        sees = torch.cat([torch.ones(len(own), read.get_seq_length(), dtype=torch.bool), own], dim=1)
        hidden = torch.zeros(sees.shape, dtype=self.model.dtype).masked_fill(~sees, -torch.inf)
        told = [token for slot in slots for token in slot[:-1]]
        logits = self._read(
            read,
            [*said, *told],
            last=len(told) + 1,
            attention_mask=hidden[None, None].to(self.model.device),
            position_ids=(sees.sum(1) - 1)[None].to(self.model.device),
        )
        read.crop(-len(told))
        behind, at, scores = logits.log_softmax(1), 1, []
        for slot in slots:
            rows = [0, *range(at, at + len(slot) - 1)]
            scores.append(float(behind[rows, slot].mean()))
            at += len(slot) - 1
        return scores.index(max(scores))

    def _read(self, read: Cache, tokens: list[int], *, last: int = 1, **how: Tensor) -> Tensor:
        """Logits of the last tokens, `last` x V, behind those read before."""
        ids = torch.tensor([tokens], device=self.model.device)
        logits: Tensor = self.model(
            input_ids=ids,
            past_key_values=read,
            use_cache=True,
            logits_to_keep=_last(last, len(tokens), ids),
            **how,
        ).logits
        return logits[0].float()

    def _decision(self, logits: Tensor) -> Tensor:
        return logits[:, self.lines.yes[0]] - logits[:, self.lines.no[0]]


def _precision() -> torch.dtype:
    """Where the machine multiplies bfloat16 that is half the time; elsewhere it would be emulated."""
    able = torch.cpu.get_capabilities()
    is_able = torch.cuda.is_available() or able.get("avx512_bf16") or able.get("amx_bf16")
    return torch.bfloat16 if is_able else torch.float32


def _last(kept: int, width: int, tokens: Tensor) -> Tensor:
    """Which logits are kept: indices, not a number.

    A slice does not lie together, and PyTorch would then copy the vocabulary's matrix for every row, which
    takes half the time of a step.
    """
    return torch.arange(width - kept, width, device=tokens.device)


def _overlap(first: Span | None, second: Span | None) -> bool:
    return first is not None and second is not None and first.start < second.end and second.start < first.end


def _without_base(_module: nn.Module, state: dict[str, Tensor], _prefix: str, _metadata: Any) -> None:
    for key in [key for key in state if _ADAPTER not in key]:
        del state[key]


def _base_is_there(_module: nn.Module, incompatible: Any) -> None:
    missing = incompatible.missing_keys
    missing[:] = [key for key in missing if _ADAPTER in key]
