"""What a card says, in Markdown and as a page."""

import pytest

from pipelines.card import Card
from pipelines.card_page import LONGEST_DESCRIPTION, description, markdown, page
from pipelines.pages import short
from tests.pipelines.cards import LINEAGE, card
from tests.pipelines.migration.reporting.test_report import LOADS, words

TRACKS = {"migration": "tiny", "recommendation": "tiny_placements", "transfer": "tiny_articles"}


@pytest.mark.parametrize(("track", "run"), TRACKS.items())
def test_a_card_has_use_figures_with_intervals_limits_and_lineage(track: str, run: str) -> None:
    made = card(track, run)
    text, html = markdown(made, LINEAGE), words(page(made, LINEAGE, "tiny:v3-0123456789ab"))
    for said in (text, html):
        assert made.intended_use in said
        assert all(use in said for use in made.not_for)
        assert all(limit in said for limit in made.limits)
        assert "it is simulated" in said
        assert LINEAGE["stage_key"] in said
        assert "2019-01 to 2023-12" in said
    assert any(each.interval for each in made.test) or track == "transfer"
    assert made.improvement is not None
    assert short(made.improvement.low) in text
    assert "tiny:v3-0123456789ab" in html
    assert LOADS.search(page(made, LINEAGE, None)) is None
    assert Card.model_validate_json(made.model_dump_json(), strict=False) == made


def test_groups_are_shown_with_the_gap_between_them() -> None:
    text = markdown(card("recommendation", "tiny_placements"), LINEAGE)
    assert "| female | 746 | 0.859 | 0.8491 to 0.8691 |" in text
    assert "male above female by 0.017 [-0.013, 0.047]; 0.05 is tolerated" in text
    assert "1 groups of fewer than 30 students are not shown" in text
    assert "knows no groups of people" in markdown(card("migration", "tiny"), LINEAGE)


def test_intervals_that_do_not_hold_are_a_limit() -> None:
    made = card("migration", "tiny")
    assert made.nominal_coverage == 0.9
    assert {each.promised for each in made.kept} == {0.9}
    assert "in 1 of 9 classes" in " ".join(made.limits)


def test_a_licence_is_the_entrys_and_breaks_no_table() -> None:
    assert "CC BY 4.0" in markdown(card("migration", "scholars"), LINEAGE)
    assert "the run names none" in markdown(card("migration", "korea"), LINEAGE)
    odd = card("migration", "korea", licence="ours |\n## <b>all</b> rights")
    assert "Licence: ours \\| ## &lt;b>all&lt;/b> rights." in markdown(odd, LINEAGE)
    assert "<b>all</b>" not in page(odd, LINEAGE, None)


def test_a_long_card_is_cut_between_sections_and_says_where_the_rest_is() -> None:
    made = card("migration", "tiny")
    assert description(made, LINEAGE) == markdown(made, LINEAGE)
    long = made.model_copy(update={"slices": made.slices * 30})
    said = description(long, LINEAGE)
    assert len(said) <= LONGEST_DESCRIPTION
    assert said.endswith("`talentflow registry card cities`\n")
    assert "## Data" in said
    assert "## Parts of the test" not in said


def test_of_many_files_some_are_listed_and_the_others_counted() -> None:
    many = {**LINEAGE, "data": {f"part{at:03d}.csv": "d" * 64 for at in range(100)}}
    text = markdown(card("migration", "tiny"), many)
    assert "part005.csv" in text
    assert "part006.csv" not in text
    assert "- 94 more files" in text
