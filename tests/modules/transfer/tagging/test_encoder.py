import pytest
import pytorch_lightning as pl
import torch

from modules.transfer.passage import Passage
from modules.transfer.tagging.encoder import Encoder
from tests.modules.transfer.tagging.told import ROWS, tuned


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    pl.seed_everything(0, verbose=False)
    return Encoder(trained=1).eval()


def test_a_word_is_its_first_piece(encoder: Encoder) -> None:
    text = "Zsófia Nagy emigrated to Côte d\u2019Ivoire in 1999."
    batch = encoder.encode([text, "", "a"])
    pieces = encoder.tokenizer.encode(text)
    assert [text[start:end] for start, end in batch.places[0]][:3] == ["Zsófia", "Nagy", "emigrated"]
    assert batch.mask.sum(1).tolist() == [len(batch.places[0]), 0, 1]
    for at, (start, _) in enumerate(batch.places[0]):
        assert pieces.offsets[int(batch.first[0, at])][0] == start
    assert batch.seen[1].sum() == 2


def test_what_is_too_long_is_cut(encoder: Encoder) -> None:
    batch = encoder.encode(["word " * 400])
    assert batch.pieces.shape == (1, encoder.longest)
    assert len(batch.places[0]) == encoder.longest - 1


def test_company_changes_no_answer(encoder: Encoder) -> None:
    passages = [row.passage for row in ROWS[:5]] + [
        Passage("Nobody went anywhere at all that day, they said.")
    ]
    together = encoder.extract(passages)
    for passage, expected in zip(passages, together, strict=True):
        (alone,) = encoder.extract([passage])
        assert abs(alone.score - expected.score) < 1e-5
        assert alone.destination == expected.destination


def test_only_the_last_layers_learn_and_they_learn_who_moved_where() -> None:
    pl.seed_everything(0, verbose=False)
    encoder = Encoder(trained=2)
    before = {name: value.clone() for name, value in encoder.named_parameters()}
    tuned(encoder, ROWS, learning_rate=1e-3, epochs=(2, 6))
    moved = {name for name, value in encoder.named_parameters() if not torch.equal(value, before[name])}
    assert {name.split(".")[3] for name in moved if name.startswith("bert.")} == {"4", "5"}
    found = encoder.extract([row.passage for row in ROWS])
    assert sum(each.circulation == row.circulation for each, row in zip(found, ROWS, strict=True)) == len(
        ROWS
    )
    right = sum(
        each.destination is not None
        and (each.destination.start, each.destination.end) == row.spans["destination"]
        for each, row in zip(found, ROWS, strict=True)
        if row.circulation
    )
    assert right > 0.9 * sum(row.circulation for row in ROWS)
