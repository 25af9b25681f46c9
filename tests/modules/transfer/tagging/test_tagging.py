import pytorch_lightning as pl
import torch
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.passage import Passage
from modules.transfer.tagging.batch import word_batch
from modules.transfer.tagging.charseq import CharSeq
from modules.transfer.tagging.tags import FIELDS, to_spans, to_tags
from modules.transfer.tagging.words import words
from tests.modules.transfer.tagging.told import ROWS, tuned


@given(st.text(max_size=60), st.data())
def test_spans_of_whole_words_survive_the_tags(text: str, data: st.DataObject) -> None:
    places = words(text)
    chosen = sorted(data.draw(st.sets(st.integers(0, max(0, len(places) - 1)), max_size=len(FIELDS))))
    spans = {field: places[at] for field, at in zip(FIELDS, chosen, strict=False) if at < len(places)}
    tags = to_tags(places, spans)
    assert len(tags) == len(places)
    assert to_spans(places, tags, [1.0] * len(tags)) == spans


def test_of_two_spans_of_a_field_the_surer_counts() -> None:
    places = words("Paris or Rome or New York")
    tags = to_tags(places, {"origin": (0, 5)})
    tags[4], tags[5], tags[2] = 3, 4, 3
    assert to_spans(places, tags, [0.1, 0, 0.2, 0, 0.5, 0.5]) == {"origin": (17, 25)}


def test_every_word_is_encoded_and_long_passages_are_cut() -> None:
    batch = word_batch(["Zsófia moved.", "", "a " * 30], longest=20)
    assert batch.mask.sum(1).tolist() == [3, 0, 20]
    assert bool((batch.characters[0, 0, :7] > 0).all())
    assert batch.hashes[2, 0] == batch.hashes[2, 1]
    tagged = CharSeq().labelled(ROWS[:3])
    assert tagged.circulation.tolist() == [1.0, 0.0, 1.0]
    assert tagged.tags[1].sum() == 0


def fitted() -> CharSeq:
    pl.seed_everything(0, verbose=False)
    return tuned(CharSeq(word_dim=32, hidden=48, dropout=0.1), ROWS, learning_rate=1e-2, epochs=(2, 14))


def test_two_steps_of_tuning_teach_who_moved_from_where_to_where_and_when() -> None:
    network = fitted()
    texts = [row.passage.text.replace("Lisbon", "Nairobi").replace("Ana Costa", "Eva Lind") for row in ROWS]
    found = network.extract([Passage(text) for text in texts])
    assert [each.circulation for each in found] == [row.circulation for row in ROWS]
    right = 0
    for text, each in zip(texts, found, strict=True):
        parts = [each.subject, each.origin, each.destination, each.time]
        who, origin, destination, time = (part.text if part else "" for part in parts)
        right += text == f"{who} moved from {origin} to {destination} in {time}."
    assert right > 0.9 * sum(row.circulation for row in ROWS)
    assert fitted().extract([Passage(text) for text in texts]) == found


def test_the_order_and_company_of_passages_change_nothing() -> None:
    torch.manual_seed(0)
    network = CharSeq().eval()
    passages = [row.passage for row in ROWS[:9]] + [Passage("Nobody went anywhere.")]
    together = network.extract(passages)
    for passage, expected in zip(reversed(passages), reversed(together), strict=True):
        (alone,) = network.extract([passage])
        assert alone.destination == expected.destination
        assert abs(alone.score - expected.score) < 1e-5
    assert network.extract([]) == []
