import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.causal_lm.candidates import candidates
from modules.transfer.tagging.tags import FIELDS

WORDS = (
    "Ana",
    "O'Brien's",
    "U.S.",
    "of",
    "and",
    "the",
    "University",
    "St.",
    "in",
    "May",
    "2015",
    "1990s",
    "Jin-ho",
    "\n",
    "é",
    ",",
)


@given(st.text(max_size=80) | st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join))
def test_every_candidate_is_a_piece_of_the_text_and_unknown_is_always_one(text: str) -> None:
    found = candidates(text)
    assert tuple(found) == FIELDS
    for spans in found.values():
        assert spans[-1] is None
        assert len({span.text for span in spans if span}) == len(spans) - 1 <= 12
        for span in spans:
            assert span is None or (span.text == text[span.start : span.end] and span.text.strip())


@pytest.mark.parametrize(
    ("field", "text", "mention"),
    [
        ("subject", "In May Zsófia Nagy left.", "Zsófia Nagy"),
        ("subject", "Yesterday Jin-ho Kim's boss left.", "Jin-ho Kim"),
        ("subject", "The painter Jan van Eyck left.", "Jan van Eyck"),
        ("subject", "After that she left Rome.", "she"),
        ("subject", "Dr. J. K. O'Brien left.", "J. K. O'Brien"),
        ("origin", "Ana left the University of Szeged for good.", "University of Szeged"),
        ("origin", "Ana left the University of Szeged for good.", "Szeged"),
        ("origin", "Ana left the U.S. in May.", "U.S."),
        ("origin", "the Cairo-born Ana left.", "Cairo"),
        ("destination", "She went to Dar es Salaam, Tanzania.", "Dar es Salaam, Tanzania"),
        ("destination", "She went to Trinidad and Tobago.", "Trinidad and Tobago"),
        ("destination", "From Rome and Oslo to Guinea-Bissau.", "Guinea-Bissau"),
        ("time", "He left on March 15, 2015.", "March 15, 2015"),
        ("time", "He left in 2015, not in the 1990s.", "2015"),
        ("time", "He left two years ago.", "two years ago"),
        ("time", "He left last summer.", "last summer"),
        ("time", "He left in Sept. 2011.", "Sept. 2011"),
    ],
)
def test_what_a_slot_may_hold(field: str, text: str, mention: str) -> None:
    assert mention in [span.text for span in candidates(text)[field] if span]


def test_decades_and_months_are_no_places_and_of_many_the_last_stay() -> None:
    assert [span and span.text for span in candidates("In May, Ana left.")["origin"]] == ["Ana", None]
    assert candidates("He left in the 1990s.")["time"] == (None,)
    many = ". ".join(f"He saw City{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert [span.text for span in candidates(many)["origin"] if span][-1] == "CityZ"
