from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import UserError
from modules.transfer.causal_lm.batch import IGNORED, NEGATIVES
from modules.transfer.causal_lm.candidates import candidates
from modules.transfer.causal_lm.causal_lm import CausalLM
from modules.transfer.causal_lm.data_module import AnswerBatches, AnswerDataModule, for_alignment
from modules.transfer.causal_lm.module import CausalLMModule
from modules.transfer.passage import Passage
from modules.transfer.tagging.tags import FIELDS
from tests.modules.transfer.causal_lm.conftest import write_base
from tests.modules.transfer.tagging.told import ROWS

Make = Callable[[], CausalLM]
TEXTS = [row.passage.text for row in ROWS[:20]] + [
    "",
    "Nobody.",
    "In 2015 Ana Costa left Szeged, Hungary. Oslo won. " * 20,
]


@pytest.fixture(scope="module")
def network(make: Make) -> CausalLM:
    """Adapters that do something: as made, they add nothing."""
    made = make()
    torch.manual_seed(3)
    for name, value in made.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value, std=0.3)
    return made


def log_probabilities(network: CausalLM, prompt: list[int], answer: list[int]) -> torch.Tensor:
    """Of each token of an answer, in one pass over all, without cache or padding."""
    with torch.no_grad():
        logits = network.model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0].float()
    behind = logits[len(prompt) - 1 : -1].log_softmax(1)
    return behind.gather(1, torch.tensor(answer)[:, None])[:, 0]


def test_each_slot_takes_the_likeliest_candidate_given_the_answer_so_far(network: CausalLM) -> None:
    lines, moved = network.lines, 0
    passages = [Passage(text) for text in TEXTS]
    for passage, found in zip(passages, network.extract(passages), strict=True):
        prompt = [*lines.opening, *lines.passage(passage.text)]
        yes, no = (float(log_probabilities(network, prompt, word)[0]) for word in (lines.yes, lines.no))
        assert found.score == pytest.approx(1 / (1 + torch.tensor(no - yes).exp().item()), abs=1e-4)
        if not found.circulation:
            assert (found.subject, found.origin, found.destination, found.time) == (None,) * 4
            continue
        moved += 1
        told = [*prompt, *lines.yes, *lines.bar]
        taken: set[int] = set()
        for field, spans in candidates(passage.text).items():
            free = [span for span in spans if span is None or not taken & set(range(span.start, span.end))]
            slots = [lines.slot(span.text if span else None) for span in free]
            scores = [float(log_probabilities(network, told, slot).mean()) for slot in slots]
            chosen = getattr(found, field)
            assert scores[free.index(chosen)] == pytest.approx(max(scores), abs=1e-4)
            taken |= set(range(chosen.start, chosen.end)) if chosen else set()
            told += lines.slot(chosen.text if chosen else None)
    assert 5 < moved < len(TEXTS)


@settings(max_examples=40, deadline=None)
@given(
    text=st.text(max_size=60)
    | st.lists(st.sampled_from(["Ana", "Rome", "left", "U.S.", "of", "2015", "é", "|", "Yes"])).map(" ".join)
)
def test_every_answer_is_valid(network: CausalLM, text: str) -> None:
    (found,) = network.extract([Passage(text)])
    spans = [span for field in FIELDS if (span := getattr(found, field)) is not None]
    assert all(span.text and span.text == text[span.start : span.end] for span in spans)
    assert sum(span.end - span.start for span in spans) == len(
        {at for span in spans for at in range(span.start, span.end)}
    )
    assert 0 <= found.score <= 1
    assert found.circulation == (found.score > 1 / 2)


def test_company_changes_no_answer(network: CausalLM) -> None:
    passages = [Passage(text) for text in TEXTS[:8]]
    assert network.extract(passages) == [network.extract([passage])[0] for passage in passages]
    assert network.extract([]) == []


def test_the_strict_line_is_learned_and_the_prompt_is_not(network: CausalLM) -> None:
    batch = network.labelled(ROWS[:4])
    decoded = network.lines._tokenizer.decode
    for at, row in enumerate(ROWS[:4]):
        learned = decoded([token for token in batch.targets[at].tolist() if token != IGNORED])
        end = int(batch.decision[at])
        assert decoded(batch.tokens[at, : end + 1][batch.seen[at, : end + 1] > 0]).endswith(
            f"{row.passage.text}\nAnswer:"
        )
        if row.circulation:
            told = [row.passage.text[slice(*row.spans[field])] for field in FIELDS]
            assert learned == f" | {' | '.join(told)} |"
            assert decoded(batch.tokens[at, end + 1 : end + 2]) == " Yes"
        else:
            assert learned == ""
            assert end == batch.tokens.shape[1] - 1
    assert (network.labelled(ROWS[:4], with_slots=False).targets == IGNORED).all()


def test_the_loss_is_of_the_decision_and_of_the_slots(network: CausalLM) -> None:
    row = ROWS[0]
    prompt = [*network.lines.opening, *network.lines.passage(row.passage.text)]
    yes = float(log_probabilities(network, prompt, [*network.lines.yes])[0])
    no = float(log_probabilities(network, prompt, [*network.lines.no])[0])
    slots = log_probabilities(network, [*prompt, *network.lines.yes], network.lines.slots(row))
    decided = float(torch.nn.functional.softplus(torch.tensor(no - yes)))
    batch = network.labelled([row])
    with torch.no_grad():
        assert float(network.loss(batch, 0.0)) == pytest.approx(decided, abs=1e-4)
        assert float(network.loss(batch, 0.5)) == pytest.approx(decided - 0.5 * float(slots.mean()), abs=1e-4)


def test_padding_changes_no_loss(network: CausalLM) -> None:
    pair = [ROWS[0], ROWS[2]]
    with torch.no_grad():
        alone = [float(network.loss(network.labelled([row], with_slots=False), 0.0)) for row in pair]
        together = float(network.loss(network.labelled(pair, with_slots=False), 0.0))
    assert together == pytest.approx(sum(alone) / 2, abs=1e-4)


def tuned(network: CausalLM, epochs: tuple[int, int]) -> CausalLM:
    pl.seed_everything(0, verbose=False)
    for alignment, times in zip((0.0, 1.0), epochs, strict=True):
        rows = for_alignment(ROWS, 0) if alignment else ROWS
        batches = AnswerBatches(rows, 16, network, 0, with_slots=alignment > 0)
        steps = times * len(batches)
        pl.Trainer(
            max_steps=steps,
            max_epochs=-1,
            accelerator="cpu",
            deterministic=True,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        ).fit(CausalLMModule(network.train(), 1e-2, steps, alignment), datamodule=AnswerDataModule(batches))
    return network.eval()


def test_two_steps_teach_the_adapters_alone(make: Make) -> None:
    network = make()
    before = {name: value.clone() for name, value in network.named_parameters()}
    with torch.no_grad():
        untaught = float(network.loss(network.labelled(ROWS), 1.0))
    tuned(network, (3, 4))
    with torch.no_grad():
        assert float(network.loss(network.labelled(ROWS), 1.0)) < 0.7 * untaught
    changed = {name for name, value in network.named_parameters() if not torch.equal(value, before[name])}
    assert changed
    assert all("lora_" in name for name in changed)
    passages = [row.passage for row in ROWS]
    found = network.extract(passages)
    assert [each.circulation for each in found] == [row.circulation for row in ROWS]
    assert tuned(make(), (3, 4)).extract(passages) == found


@given(steps=st.integers(1, 60))
@settings(deadline=None)
def test_the_rate_rises_and_falls_over_any_number_of_steps(network: CausalLM, steps: int) -> None:
    made: Any = CausalLMModule(network, 1e-2, steps, 0.5).configure_optimizers()
    optimizer, schedule = made["optimizer"], made["lr_scheduler"]["scheduler"]
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < steps:
            schedule.step()
    assert 0 < min(rates) <= max(rates) <= 1e-2 * (1 + 1e-9)
    if steps > 2:
        assert rates[0] < max(rates) > rates[-1]


def test_alignment_keeps_full_moves_and_some_of_the_rest() -> None:
    rows = ROWS * 20
    kept = for_alignment(rows, 1)
    assert [row for row in kept if row.circulation] == [row for row in rows if row.circulation]
    share = sum(not row.circulation for row in kept) / sum(not row.circulation for row in rows)
    assert abs(share - NEGATIVES) < 0.05
    assert for_alignment(rows, 1) == kept != for_alignment(rows, 2)
    spans = {field: span for field, span in ROWS[0].spans.items() if field != "destination"}
    assert for_alignment([type(ROWS[0])(ROWS[0].passage, circulation=True, spans=spans)], 1) == []


def test_only_the_adapters_are_saved_and_only_on_their_base_they_load(network: CausalLM, base: Path) -> None:
    state = {name: value.clone() for name, value in network.state_dict().items()}
    assert state
    assert all("lora_" in name for name in state)
    loaded = CausalLM(**network.hyperparameters).float().eval()
    loaded.load_state_dict(state)
    passages = [Passage(text) for text in TEXTS[:8]]
    assert loaded.extract(passages) == network.extract(passages)
    with pytest.raises(RuntimeError, match="lora_A"):
        loaded.load_state_dict(dict(list(state.items())[1:]))
    with pytest.raises(UserError, match="trained on 000000000000"):
        CausalLM(base=str(base), sha256="0" * 64)


def test_only_the_last_layers_have_adapters(base: Path) -> None:
    names = CausalLM(base=str(base), layers=1).state_dict().keys()
    assert {name.split(".")[3] for name in names} == {"1"}


def test_a_tokeniser_that_cannot_tell_yes_from_no(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="begins Yes and No alike"):
        CausalLM(base=str(write_base(tmp_path, known=False)))
