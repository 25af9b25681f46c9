from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.sentences import sentences

PIECES = st.sampled_from(
    ["Dr.", "Smith", "U.S.", "The", "a", "!", "?", "…", "“", "”", "J.", "1998", "é", " ", "  ", "\n", "\n\n"]
)


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. J. Smith moved to the U.S. in Jan. 2015.", "He works for the U.S. Army."],
        ["She left the U.S.", "The end."],
        ["“Is it so?”", "“Yes!” he said."],
        ["It grew in the 1980s.", "“Amazing,” he said."],
        ["It cost 3.5 million.", "No. 10 was silent."],
        ["He waited...", "Then he left at 5 p.m. on Friday."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(expected: list[str]) -> None:
    assert [span.text for span in sentences(" ".join(expected))] == expected


def test_a_new_line_and_a_quotation_without_space_end_sentences() -> None:
    assert [span.text for span in sentences("A headline\nIt fell in May.“No,” he said.")] == [
        "A headline",
        "It fell in May.",
        "“No,” he said.",
    ]


@given(text=st.text(max_size=120) | st.lists(PIECES, max_size=40).map("".join))
def test_each_character_that_is_no_space_lies_in_one_sentence_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(span.text == text[span.start : span.end] and span.text.strip() == span.text for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    covered = {i for span in spans for i in range(span.start, span.end)}
    assert {i for i, character in enumerate(text) if not character.isspace()} <= covered
