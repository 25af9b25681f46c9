import pycountry
import pytest

from modules.transfer.places.names import name_key
from modules.transfer.places.policy import Entity, Settings, policy

NOT_MEMBERS = 56
"""ISO 3166 has so many countries that are no members: territories, two observers, Taiwan, Western Sahara."""


def test_there_are_193_members_and_iso_knows_each() -> None:
    members = policy().members
    assert len(members) == 193
    known = {each.alpha_3: each for each in pycountry.countries}
    for iso3, member in members.items():
        assert (known[iso3].alpha_2, known[iso3].numeric) == (member.iso2, member.m49)
        assert abs(member.latitude) <= 90
        assert abs(member.longitude) <= 180
        assert member.capital
    assert len({member.subregion for member in members.values()}) == 17
    others = {entity.code for entity in policy().entities.values() if entity.kind != "member"}
    assert len(known.keys() - members.keys()) == NOT_MEMBERS
    assert known.keys() - members.keys() <= others


def test_every_code_that_the_tables_name_is_one() -> None:
    rules = policy()
    named = {code for shared in rules.shared.values() for code in shared.cues}
    named |= {shared.otherwise for shared in rules.shared.values() if shared.otherwise}
    named |= {code for code, _ in rules.abbreviations.values()}
    named |= {*rules.parts.values(), *rules.institutions.values()}
    named |= {entity.successor for entity in rules.entities.values() if entity.successor}
    assert named - rules.entities.keys() == set()


@pytest.mark.parametrize(
    ("code", "settings", "expected"),
    [
        ("HUN", Settings(), "HUN"),
        ("HKG", Settings(), None),
        ("HKG", Settings(territories="to_sovereign"), "CHN"),
        ("PRI", Settings(territories="to_sovereign"), "USA"),
        ("ATA", Settings(territories="to_sovereign"), None),
        ("TWN", Settings(territories="to_sovereign"), None),
        ("TWN", Settings(taiwan="merge"), "CHN"),
        ("PSE", Settings(), None),
        ("VAT", Settings(observers="include"), "VAT"),
        ("XKX", Settings(observers="include"), None),
        ("Soviet Union", Settings(), None),
        ("Soviet Union", Settings(historical="successor"), "RUS"),
        ("Ottoman Empire", Settings(historical="successor"), None),
    ],
)
def test_what_counts_for_whom_is_a_setting(code: str, settings: Settings, expected: str | None) -> None:
    entity = policy().entities[code]
    found, why = policy().decide(entity, settings)
    assert found == expected
    assert why
    assert isinstance(entity, Entity)


def test_names_that_differ_in_writing_only_have_one_key() -> None:
    for same in (
        ("St. Petersburg", "Saint Petersburg", "ST PETERSBURG"),
        ("U.S.", "US", "u.s"),
        ("Türkiye", "Turkiye"),
        ("Côte d'Ivoire", "Cote d\u2019Ivoire"),
        ("Łódź", "Lodz"),
        ("Szeged's", "Szeged"),
    ):
        assert len({name_key(text) for text in same}) == 1, same
    assert name_key("北京") == ""
