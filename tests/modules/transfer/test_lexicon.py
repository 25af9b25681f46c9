import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.lexicon import cues, has_cue
from tests.modules.transfer.grammar.test_grammar import MOVES

NO_CUES = (
    "The senator moved to block the bill.",
    "She settled into a race for second place.",
    "Prices returned to normal in March.",
    "A professor at Harvard said so.",
    "He signed the bill on Tuesday.",
    "The court ruled against the state.",
)


@pytest.mark.parametrize("sentence", [text for _, text, *_ in MOVES])
def test_whatever_a_frame_can_read_passes(sentence: str) -> None:
    assert has_cue(sentence)


@pytest.mark.parametrize("sentence", NO_CUES)
def test_what_leads_to_no_name_does_not(sentence: str) -> None:
    assert not has_cue(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Returning to Spain, she taught.",
        "He transferred to Porto.",
        "They immigrated to Canada.",
        "A family that was resettled in Ohio spoke.",
        "He defected to Sweden.",
        "She is the one they appointed as head of Acme.",
        "He has joined Ajax.",
        "He left his native Peru.",
    ],
)
def test_every_inflection_and_a_capital_at_the_start_pass(sentence: str) -> None:
    assert has_cue(sentence)


def test_cues_say_where_they_stand() -> None:
    text = "It rained. Ana moved to Spain. In May she left Spain for Italy."
    found = cues(text)
    assert [text[cue.start : cue.end] for cue in found] == [cue.text for cue in found]
    assert [cue.text.split()[0] for cue in found] == ["moved", "left"]


@given(text=st.text(max_size=80))
def test_any_text_gives_cues_that_are_pieces_of_it(text: str) -> None:
    assert all(text[cue.start : cue.end] == cue.text for cue in cues(text))
