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
            # Indices, not a number: a slice does not lie together, and PyTorch would then copy the
            # vocabulary's matrix for every row, which takes half the time of a step.
            logits_to_keep=torch.arange(width - kept, width, device=batch.tokens.device),
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
        self._read(opening, [self.lines.opening], last=True)
        return [self._answer(passage, deepcopy(opening)) for passage in passages]

    def _answer(self, passage: Passage, read: Cache) -> Extraction:
        logits = self._read(read, [self.lines.passage(passage.text)], last=True)[:, -1]
        score = float(self._decision(logits).sigmoid())
        told: dict[str, Span | None] = dict.fromkeys(FIELDS)
        if score > 1 / 2:
            logits = self._read(read, [[*self.lines.yes, *self.lines.bar]])[:, -1]
            for field, found in candidates(passage.text).items():
                free = [span for span in found if not any(_overlap(span, other) for other in told.values())]
                best, logits = self._choose(read, logits, free)
                told[field] = free[best]
        return Extraction(circulation=score > 1 / 2, **told, score=score, model=self.name)

    def _choose(self, read: Cache, logits: Tensor, spans: Sequence[Span | None]) -> tuple[int, Tensor]:
        """The likeliest span of a slot, and the logits 1 x V behind it; it and its bar are then read."""
        slots = [self.lines.slot(span.text if span else None) for span in spans]
        width = max(map(len, slots))
        read.batch_repeat_interleave(len(slots))
        # What pads on the right is seen by nothing before it, and cropped afterwards.
        after = self._read(read, [[*slot, *[0] * (width - len(slot))] for slot in slots])
        before = torch.cat([logits.unsqueeze(1).expand(len(slots), -1, -1), after[:, :-1]], dim=1)
        targets = torch.tensor([[*slot, *[IGNORED] * (width - len(slot))] for slot in slots])
        losses = cross_entropy(before.transpose(1, 2), targets.to(before.device), reduction="none")
        lengths = torch.tensor([len(slot) for slot in slots], device=losses.device)
        best = int((losses.sum(1) / lengths).argmin())
        read.batch_select_indices(torch.tensor([best], device=losses.device))
        read.crop(len(slots[best]) - width)
        return best, after[best : best + 1, len(slots[best]) - 1]

    def _read(self, read: Cache, tokens: list[list[int]], *, last: bool = False) -> Tensor:
        """Logits B x T x V of tokens behind those read before, or of the last one alone."""
        ids = torch.tensor(tokens, device=self.model.device)
        kept = 1 if last else 0
        logits: Tensor = self.model(
            input_ids=ids, past_key_values=read, use_cache=True, logits_to_keep=kept
        ).logits
        return logits.float()

    def _decision(self, logits: Tensor) -> Tensor:
        return logits[:, self.lines.yes[0]] - logits[:, self.lines.no[0]]


def _precision() -> torch.dtype:
    """Where the machine multiplies bfloat16 that is half the time; elsewhere it would be emulated."""
    able = torch.cpu.get_capabilities()
    is_able = torch.cuda.is_available() or able.get("avx512_bf16") or able.get("amx_bf16")
    return torch.bfloat16 if is_able else torch.float32


def _overlap(first: Span | None, second: Span | None) -> bool:
    return first is not None and second is not None and first.start < second.end and second.start < first.end


def _without_base(_module: nn.Module, state: dict[str, Tensor], _prefix: str, _metadata: Any) -> None:
    for key in [key for key in state if _ADAPTER not in key]:
        del state[key]


def _base_is_there(_module: nn.Module, incompatible: Any) -> None:
    missing = incompatible.missing_keys
    missing[:] = [key for key in missing if _ADAPTER in key]
