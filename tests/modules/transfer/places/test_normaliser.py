"""The named cases of the policy and of the rules, on the real gazetteer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.transfer.places.context import Context, around
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.places.policy import Settings

RESOLVED = {
    "HUN": ["Hungary", "Hungarians", "University of Szeged", "Szeged"],
    "GBR": [
        "England",
        "Scots",
        "Wales",
        "Northern Ireland",
        "the U.K.",
        "London",
        "Birmingham",
        "Oxford University",
    ],
    "USA": [
        "Athens, Georgia",
        "Paris, Texas",
        "Jordan, Utah",
        "Cook County",
        "Calif.",
        "NYC",
        "Hawaii",
        "MIT",
        "Hamilton, Ohio",
    ],
    "GBR+": ["Birmingham", "Oxford University"],
    "USA+": ["Hawaii", "MIT", "Hamilton, Ohio"],
    "GEO": ["Tbilisi, Georgia", "Tbilisi"],
    "FRA": ["Paris", "Brittany", "the French", "Google Paris"],
    "CAN": ["London, Ontario", "Hamilton (Ontario)"],
    "NZL": ["Hamilton, New Zealand"],
    "RUS": ["St. Petersburg", "Leningrad, USSR", "Siberia", "Königsberg"],
    "IND": ["Calcutta", "Bombay"],
    "CZE": ["Czechia", "Prague, Czechoslovakia"],
    "MMR": ["Burma"],
    "LKA": ["Ceylon"],
    "THA": ["Siam"],
    "IRN": ["Persia"],
    "COD": ["Zaire", "DRC"],
    "COG": ["Republic of the Congo"],
    "SWZ": ["Swaziland"],
    "TLS": ["East Timor"],
    "CPV": ["Cape Verde"],
    "MKD": ["Macedonia"],
    "TUR": ["Turkey", "Türkiye", "Constantinople"],
    "JOR": ["Jordan"],
    "LBN": ["Lebanon"],
    "TCD": ["Chad"],
    "NER": ["Niger"],
    "NGA": ["Nigeria"],
    "DOM": ["Dominican Republic"],
    "DMA": ["Dominica"],
    "KOR": ["South Korea"],
    "PRK": ["North Korea"],
    "GNQ": ["Equatorial Guinea"],
    "PNG": ["Papua New Guinea"],
    "ITA": ["northern Italy"],
    "NLD": ["the Netherlands", "Dutch"],
    "DEU": ["Bayern Munich", "Tübingen"],
    "CIV": ["Ivory Coast"],
    "AUS": ["Victoria, Australia"],
    "ISR": ["Jerusalem"],
    "ESP": ["Real Madrid"],
}
DROPPED = {
    "territory": [
        "Hong Kong",
        "Macao",
        "Puerto Rico",
        "Greenland",
        "Bermuda",
        "Gibraltar",
        "French Guiana",
        "Jersey",
    ],
    "non_member": ["Taiwan"],
    "observer": ["Palestine", "Holy See", "West Bank", "Gaza"],
    "disputed": ["Kosovo", "Western Sahara", "Northern Cyprus", "Abkhazia", "South Ossetia", "Transnistria"],
    "historical": [
        "USSR",
        "Yugoslavia",
        "Czechoslovakia",
        "East Germany",
        "Austria-Hungary",
        "Prussia",
        "British India",
    ],
}
AMBIGUOUS = [
    "Congo",
    "Guinea",
    "Korea",
    "Virgin Islands",
    "Georgia",
    "Cambridge",
    "Valencia",
    "Santiago",
    "Granada",
]
UNRESOLVED = ["Google", "FIFA", "the UN", "Europe", "Middle East", "Guy's", "xyzzy", "北京", "", "  ,"]


@pytest.fixture(scope="module")
def normaliser(gazetteer: Gazetteer) -> Normaliser:
    return Normaliser(gazetteer)


def pairs(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(said.rstrip("+"), name) for said, names in table.items() for name in names]


@pytest.mark.parametrize(("iso3", "mention"), pairs(RESOLVED))
def test_a_name_is_the_country_of_today(normaliser: Normaliser, iso3: str, mention: str) -> None:
    found = normaliser(mention)
    assert (found.status, found.iso3) == ("RESOLVED", iso3), found


@pytest.mark.parametrize(("why", "mention"), pairs(DROPPED))
def test_what_is_no_member_is_dropped_with_the_reason(normaliser: Normaliser, why: str, mention: str) -> None:
    found = normaliser(mention)
    assert (found.status, found.iso3) == ("DROPPED", None)
    assert found.rule.endswith(why)
    assert found.raw_entity


@pytest.mark.parametrize("mention", AMBIGUOUS)
def test_what_several_countries_may_be_is_not_guessed(normaliser: Normaliser, mention: str) -> None:
    found = normaliser(mention)
    assert (found.status, found.iso3) == ("AMBIGUOUS", None)
    assert len(found.candidates) > 1


@pytest.mark.parametrize("mention", UNRESOLVED)
def test_what_is_no_place_says_so(normaliser: Normaliser, mention: str) -> None:
    found = normaliser(mention)
    assert (found.status, found.iso3, found.candidates) == ("UNRESOLVED", None, ())


@pytest.mark.parametrize(
    ("mention", "text", "iso3"),
    [
        ("Congo", "She left Kinshasa for the Congo.", "COD"),
        ("Congo", "From Brazzaville he sailed up the Congo.", "COG"),
        ("Georgia", "He came home to Georgia and ran for governor in Atlanta.", "USA"),
        ("Georgia", "In Tbilisi, the capital of Georgia, he spoke Russian.", "GEO"),
        ("Korea", "Born in Seoul, she left Korea.", "KOR"),
        ("London", "In London, Ontario, a man was hurt. London has three hospitals.", "CAN"),
        ("Dublin", "Police in Ohio said that Dublin and Columbus, Ohio, were safe. Ohio!", "USA"),
        ("Cambridge", "Massachusetts is home. She teaches at Cambridge, in Massachusetts.", "USA"),
    ],
)
def test_the_text_around_a_name_decides(normaliser: Normaliser, mention: str, text: str, iso3: str) -> None:
    start = text.rindex(mention)
    near = around(text, start + len(mention), normaliser.context(text))
    assert normaliser(mention, near).iso3 == iso3


def test_a_text_counts_its_countries_once_a_word(normaliser: Normaliser) -> None:
    told = normaliser.context("South Korea and the Koreans: New South Wales, Hungarians, Ohio, N.Y., Georgia")
    assert told == {"KOR": 1, "AUS": 1, "AUS-NSW": 1, "HUN": 1, "USA": 2, "USA-OH": 1, "USA-NY": 1}


def test_settings_reach_the_answer(gazetteer: Gazetteer) -> None:
    merging = Normaliser(gazetteer, Settings(territories="to_sovereign", historical="successor"))
    assert (merging("Hong Kong").iso3, merging("Hong Kong").raw_entity) == ("CHN", "HKG")
    assert merging("USSR").iso3 == "RUS"
    assert merging("Taiwan").iso3 is None


@given(mention=st.text(max_size=40), text=st.text(max_size=120))
def test_no_text_breaks_it(normaliser: Normaliser, mention: str, text: str) -> None:
    found = normaliser(mention, Context(after=text, text=text, countries=normaliser.context(text)))
    assert (found.iso3 is not None) == (found.status == "RESOLVED")
    assert found.iso3 is None or found.iso3 in normaliser.policy.members
    assert sum(share for _, share in found.candidates) <= 1.001


@pytest.mark.parametrize(
    ("after", "iso3"),
    [
        (" in Berlin, where she stayed.", "DEU"),
        (", near Kyoto.", "JPN"),
        (" in the Netherlands", "NLD"),
        (" and went to Berlin", None),
        (" in 1990", None),
    ],
)
def test_what_nobody_lists_is_where_the_text_says_right_behind_it(
    gazetteer: Gazetteer, after: str, iso3: str | None
) -> None:
    mention = "the Akademie der Tonkunst"
    text = f"He taught at {mention}{after}"
    end = text.index(mention) + len(mention)
    normaliser = Normaliser(gazetteer)
    assert normaliser(mention, around(text, end, normaliser.context(text))).iso3 == iso3
    assert normaliser("London", around(f"London{after}", 6, normaliser.context(after))).iso3 == "GBR"
