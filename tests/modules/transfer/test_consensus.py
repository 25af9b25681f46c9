from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.consensus import LEVELS, UNKNOWN, Opinion, Vote, consensus, same_person

ANNA = Vote("encoder", True, "Anna Kovács", "HUN", "DEU", "2015-03")
CODES = st.sampled_from(["HUN", "DEU", "FRA", UNKNOWN])
VOTES = st.lists(
    st.builds(
        Vote,
        member=st.just("any"),
        circulation=st.booleans(),
        subject=st.sampled_from(["Anna Kovács", "A. Kovács", "Kovács", "Béla Kovács", "Li Wei"]),
        origin=CODES,
        destination=CODES,
        period=st.sampled_from(["2015", "2015-03", UNKNOWN]),
    ),
    min_size=1,
    max_size=4,
)


def others(**said: str) -> list[Vote]:
    return [ANNA, replace(ANNA, member="grammar"), replace(ANNA, member="causal_lm", **said)]


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({}, "strict"),
        ({"subject": "Kovács"}, "strict"),
        ({"period": "2015"}, "core"),
        ({"subject": "Béla Kovács"}, "pair"),
        ({"origin": UNKNOWN}, "majority"),
        ({"destination": "FRA", "period": "2016"}, "majority"),
    ],
)
def test_the_level_is_the_narrowest_on_which_all_agree(said: dict[str, str], level: str) -> None:
    found = consensus(others(**said))
    assert found is not None
    assert found.level == level
    assert (found.origin, found.destination) == ("HUN", "DEU")
    assert found.complete
    assert found.subject == ("" if "Béla" in said.get("subject", "") else "Anna Kovács")
    assert found.period == "2015-03"


def test_each_field_is_what_more_than_half_say() -> None:
    elsewhere = [
        ANNA,
        replace(ANNA, origin="FRA", period="2016"),
        replace(ANNA, origin=UNKNOWN, period=UNKNOWN),
    ]
    found = consensus(elsewhere)
    assert found is not None
    assert (found.level, found.origin, found.destination) == ("majority", UNKNOWN, "DEU")
    assert (found.period, found.votes, found.complete) == (UNKNOWN, 3, False)
    assert consensus([*elsewhere, ANNA, ANNA]).origin == "HUN"
    assert consensus(elsewhere[:1] * 2, Opinion("FRA", "DEU")).origin == "HUN"
    assert consensus([ANNA], Opinion("FRA", "DEU")).origin == UNKNOWN


def test_a_member_that_sees_no_move_is_a_vote_against() -> None:
    quiet = replace(ANNA, member="charseq", circulation=False)
    assert consensus([*others(), quiet]).level == "majority"
    assert consensus([ANNA, quiet]) is None
    assert consensus([quiet, quiet]) is None


def test_a_second_opinion_is_a_voice_on_the_places() -> None:
    assert consensus(others(), Opinion("HUN", "DEU")).level == "strict"
    assert consensus(others(), Opinion("HUN", "FRA")).level == "majority"
    assert consensus([ANNA], Opinion("HUN", "FRA")) is None


def test_not_knowing_is_agreed_on_but_is_no_flow() -> None:
    found = consensus([replace(vote, origin=UNKNOWN) for vote in others()])
    assert (found.level, found.origin, found.complete) == ("strict", UNKNOWN, False)
    assert not consensus([replace(vote, origin="DEU") for vote in others()]).complete
    assert consensus([replace(vote, destination=UNKNOWN) for vote in others()]) is None


def test_names_of_one_person() -> None:
    assert same_person("Anna Kovács", "A. Kovacs")
    assert same_person("Dr. Kovács", "Anna Kovacs")
    assert not same_person("Anna Kovács", "Anna Nagy")
    assert not same_person("Anna Kovács", "Béla Kovács")
    assert same_person("", "")


@given(VOTES, st.randoms())
def test_the_order_of_the_members_does_not_matter(votes: list[Vote], shuffler: st.DataObject) -> None:
    mixed = list(votes)
    shuffler.shuffle(mixed)
    found, again = consensus(votes), consensus(mixed)
    assert found == again


@given(VOTES)
def test_one_more_who_differs_never_narrows_the_level(votes: list[Vote]) -> None:
    before, after = consensus(votes), consensus([*votes, replace(ANNA, origin="PER", destination="CHL")])
    if before is not None and after is not None:
        assert before.destination == after.destination
        assert after.origin in {before.origin, UNKNOWN}
        assert LEVELS.index(after.level) >= LEVELS.index(before.level)
        assert after.level == "majority"


def test_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody"):
        consensus([])
