from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from modules.transfer.cascade.cascade import STEPS, Cascade
from modules.transfer.cascade.filter_module import EmbeddedBatches, EmbeddedDataModule, FilterModule
from modules.transfer.cascade.gate import Gate
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.networks import load_network, save_network
from modules.transfer.passage import Passage, Span
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from tests.modules.transfer.tagging.told import ROWS

MOVES = [row.passage for row in ROWS if row.circulation]
OTHERS = [row.passage for row in ROWS if not row.circulation]


def train(network: MoveFilter, batches: EmbeddedBatches) -> MoveFilter:
    """90 % of the moves are to pass."""
    pl.Trainer(
        max_steps=20 * len(batches),
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(FilterModule(network, 1e-2, 0.01, batches, 0.9), datamodule=EmbeddedDataModule(batches))
    return network.eval()


@pytest.fixture(scope="module")
def trained() -> MoveFilter:
    """A classifier that has seen the rows."""
    torch.manual_seed(0)
    network = MoveFilter()
    return train(network, EmbeddedBatches(ROWS, network, seed=0))


@pytest.mark.parametrize(
    ("sentence", "passes"),
    [
        ("Anna Kovács moved to Berlin.", True),
        ("She moved to Hungary in 2010.", True),
        ("He joined the University of Szeged.", True),
        ("Ömer moved to Berlin in 2010.", True),
        ("Berlin is a city.", False),
        ("Anna Kovács moved to a larger flat.", False),
        ("the committee went home", False),
    ],
)
def test_the_gate_asks_for_somebody_and_a_place(gazetteer: Gazetteer, sentence: str, passes: bool) -> None:
    assert Gate(Normaliser(gazetteer))(Span.of(sentence, 0, len(sentence))) is passes


def test_the_threshold_lets_moves_pass_and_most_others_not(trained: MoveFilter) -> None:
    assert sum(trained.passes(MOVES)) >= 0.9 * len(MOVES)
    assert sum(trained.passes(OTHERS)) < 0.5 * len(OTHERS)


def test_the_threshold_lets_the_share_of_moves_pass_that_were_never_seen() -> None:
    # Where there is nothing to learn, a classifier still tells what it has seen apart.
    torch.manual_seed(0)
    network = MoveFilter()
    batches = EmbeddedBatches(ROWS, network, seed=0)
    batches.embedded, unseen = torch.randn(2, len(ROWS), network.tells.in_features)
    seen = train(network, batches)(batches.embedded)
    assert seen[batches.moves > 0].min() > seen[batches.moves == 0].max()
    assert float((network(unseen) >= network.threshold).float().mean()) == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize("layers", [0, 1])
def test_the_last_sentence_decides_in_whatever_company_it_is_read(trained: MoveFilter, layers: int) -> None:
    network = trained if layers == 0 else MoveFilter(layers=layers)
    alone = network.embed(MOVES[:1])
    behind = Passage(f"Nobody was hurt in the fire, police said. {MOVES[0].text}")
    longer = Passage(" and ".join(["He spoke of the harvest"] * 9) + ".")
    assert torch.allclose(network.embed([longer, behind])[1], alone[0], atol=1e-5)


def test_only_what_was_trained_is_saved_and_it_decides_alike(trained: MoveFilter, tmp_path: Path) -> None:
    save_network(trained, tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < 10_000
    again = load_network(tmp_path)
    assert isinstance(again, MoveFilter)
    assert torch.equal(again.scores(MOVES), trained.scores(MOVES))
    assert again.passes(OTHERS) == trained.passes(OTHERS)


def test_articles_become_passages_that_pass_every_step_and_each_step_is_counted(
    trained: MoveFilter, gazetteer: Gazetteer
) -> None:
    text = f"It rained. {MOVES[0].text} Nothing else happened. {OTHERS[0].text}"
    counts: Counter[str] = Counter()
    articles = [("one", text, date(2015, 1, 1)), ("two", "It rained.", None)]
    windows = list(Cascade(Normaliser(gazetteer), None)(articles, counts))
    assert [text[each.start : each.start + len(each.passage.text)] for each in windows] == [
        each.passage.text for each in windows
    ]
    assert windows[0].passage.text == f"It rained. {MOVES[0].text}"
    assert windows[0].passage.published == date(2015, 1, 1)
    assert windows[0].passage.passage_id == f"one:{text.index(MOVES[0].text)}"
    kept = [counts[step] for step in STEPS]
    assert kept == sorted(kept, reverse=True)
    assert counts["sentences"] == 5
    assert kept[-1] == len(windows)
    stricter: Counter[str] = Counter()
    passed = list(Cascade(Normaliser(gazetteer), trained)(articles, stricter))
    assert [stricter[step] for step in STEPS[:-1]] == kept[:-1]
    assert passed == [each for each in windows if trained.passes([each.passage])[0]]


def test_a_labelled_passage_tells_where_it_would_be_lost(gazetteer: Gazetteer) -> None:
    cascade = Cascade(Normaliser(gazetteer), None)
    assert cascade.steps(Passage("Anna Kovács moved to Berlin.")) == dict.fromkeys(STEPS[1:], True)
    lost = cascade.steps(Passage("The team moved to the Democratic side."))
    assert lost == {"lexicon": True, "gate": False, "filter": False}
