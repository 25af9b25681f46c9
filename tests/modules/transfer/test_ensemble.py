from collections.abc import Sequence
from itertools import permutations

import pytest

from modules.transfer.ensemble import Ensemble
from modules.transfer.passage import Extraction, Located, Passage, Span
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser

TEXT = "Anna Kovács moved from Budapest to Athens, Georgia, in March 2010."


def said(model: str, text: str = TEXT, **mentions: str) -> Extraction:
    spans = {
        field: Span.of(text, text.index(mentions[field]), text.index(mentions[field]) + len(mentions[field]))
        if field in mentions
        else None
        for field in ("subject", "origin", "destination", "time")
    }
    return Extraction(circulation=bool(mentions), **spans, score=0.9, model=model)


class Says:
    """A member that says the same of every passage."""

    def __init__(self, name: str, **mentions: str) -> None:
        self.name, self.mentions = name, mentions

    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        return [said(self.name, passage.text, **self.mentions) for passage in passages]


class Knows(Says):
    """One that says besides which country it takes the places for."""

    def __init__(self, name: str, countries: dict[str, str], **mentions: str) -> None:
        super().__init__(name, **mentions)
        self.countries = countries

    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        return [Located(**vars(each), countries=self.countries) for each in super().extract(passages)]


@pytest.fixture(scope="module")
def normaliser(gazetteer: Gazetteer) -> Normaliser:
    return Normaliser(gazetteer)


WHOLE = {
    "subject": "Anna Kovács",
    "origin": "Budapest",
    "destination": "Athens, Georgia",
    "time": "March 2010",
}


def test_members_that_copy_the_same_agree_on_countries_and_month(normaliser: Normaliser) -> None:
    ensemble = Ensemble({"a": Says("a", **WHOLE), "b": Says("b", **WHOLE)}, ("a", "b"), normaliser)
    (reading,) = ensemble.read([Passage(TEXT)])
    agreed = reading.agreement
    assert agreed is not None
    assert (agreed.level, agreed.origin, agreed.destination, agreed.period) == (
        "strict",
        "HUN",
        "USA",
        "2010-03",
    )
    assert reading.period is not None
    assert reading.period.precision == "month"


def test_a_member_without_a_vote_is_not_heard(normaliser: Normaliser) -> None:
    members = {"a": Says("a", **WHOLE), "b": Says("b")}
    (alone,) = Ensemble(members, ("a",), normaliser).read([Passage(TEXT)])
    (both,) = Ensemble(members, ("a", "b"), normaliser).read([Passage(TEXT)])
    assert alone.agreement is not None
    assert alone.agreement.level == "strict"
    assert both.agreement is None


def test_the_order_of_the_voters_changes_nothing(normaliser: Normaliser) -> None:
    other = {"subject": "Anna Kovács", "destination": "Budapest"}
    members = {"a": Says("a", **WHOLE), "b": Says("b", **WHOLE), "c": Says("c", **other)}
    found = {
        Ensemble(members, order, normaliser).read([Passage(TEXT)])[0].agreement
        for order in permutations("abc")
    }
    assert len(found) == 1
    (agreed,) = found
    assert agreed is not None
    assert (agreed.level, agreed.destination) == ("majority", "USA")


def test_a_mention_that_means_another_country_alone_is_no_full_agreement(normaliser: Normaliser) -> None:
    # Athens lies in Georgia, USA, by what follows; alone it is Greece's.
    cut = WHOLE | {"destination": "Athens"}
    ensemble = Ensemble({"a": Says("a", **cut), "b": Says("b", **cut)}, ("a", "b"), normaliser)
    (reading,) = ensemble.read([Passage(TEXT)])
    assert reading.second is not None
    assert (reading.told[0].vote.destination, reading.second.destination) == ("USA", "GRC")
    assert reading.agreement is not None
    assert reading.agreement.level == "majority"


def test_a_member_that_knows_another_country_is_heard(normaliser: Normaliser) -> None:
    text = "Anna Kovács moved from Budapest to Athens in March 2010."

    named = WHOLE | {"destination": "Athens"}
    found = []
    for country in (
        {},
        {"destination": "Greece"},
        {"destination": "United States"},
        {"destination": "Qqqq"},
    ):
        ensemble = Ensemble(
            {"a": Says("a", **named), "b": Knows("b", country, **named)}, ("a", "b"), normaliser
        )
        (reading,) = ensemble.read([Passage(text)])
        assert reading.agreement is not None
        assert reading.second is not None
        found.append((reading.agreement.level, reading.agreement.destination, reading.second.destination))
    assert found == [
        ("strict", "GRC", "GRC"),
        ("strict", "GRC", "GRC"),
        ("majority", "GRC", "USA"),
        ("strict", "GRC", "GRC"),
    ]


def test_a_voter_must_be_a_member(normaliser: Normaliser) -> None:
    with pytest.raises(ValueError, match="voters b"):
        Ensemble({"a": Says("a")}, ("b",), normaliser)
