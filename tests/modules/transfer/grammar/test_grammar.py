"""Member D on sentences written for it: each frame, each reason for which one tells of no move."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.transfer.grammar.frames import frames
from modules.transfer.grammar.grammar import Framed, Grammar
from modules.transfer.passage import Passage, Span

MOVES = [
    ("move", "Elena Marchetti moved from Turin to Lisbon in March 2015.", "Turin", "Lisbon", "March 2015"),
    ("move", "Elena Marchetti emigrated from Italy to Argentina in 1949.", "Italy", "Argentina", "1949"),
    ("settle", "Elena Marchetti settled in Norway in 1987.", None, "Norway", "1987"),
    ("flee", "Ahmed Karim fled from Syria to Germany in 2014.", "Syria", "Germany", "2014"),
    ("flee", "Ahmed Karim fled Syria in 2014.", "Syria", None, "2014"),
    ("leave", "Peter Novak left Prague for Vienna in 1968.", "Prague", "Vienna", "1968"),
    ("return", "Peter Novak returned to Slovakia in 2003.", None, "Slovakia", "2003"),
    ("go", "Julia Weber went to Japan in 2009 to study engineering.", None, "Japan", "2009"),
    ("go", "Julia Weber came to Mexico from Austria in 1938.", "Austria", "Mexico", "1938"),
    ("travel", "Julia Weber traveled to Japan to study engineering.", None, "Japan", None),
    ("arrive", "Julia Weber arrived in Brazil from Austria in 1938.", "Austria", "Brazil", "1938"),
    ("join", "Anna Kowalska joined the University of Oslo in 2012.", None, "University of Oslo", "2012"),
    ("sign", "Marta Oliveira signed for Sporting Lisbon in July 2018.", None, "Sporting Lisbon", "July 2018"),
    ("enrol", "Anna Kowalska enrolled at Uppsala University in 1999.", None, "Uppsala University", "1999"),
    ("hired", "Anna Kowalska was hired by the University of Geneva.", None, "University of Geneva", None),
    (
        "hired",
        "Google hired Anna Kowalska for its Zurich office in March 2015.",
        None,
        "Zurich",
        "March 2015",
    ),
    (
        "appointed",
        "Anna Kowalska was appointed professor of physics at the University of Vienna in 1967.",
        None,
        "University of Vienna",
        "1967",
    ),
    ("sent", "Anna Kowalska was sent to Chile as a correspondent in 1973.", None, "Chile", "1973"),
    ("post taken", "Anna Kowalska took a job at a bank in Singapore.", None, "Singapore", None),
    ("refuge", "Anna Kowalska went into exile in France in 1981.", None, "France", "1981"),
    ("became", "Anna Kowalska became director of a museum in Denmark in 1990.", None, "Denmark", "1990"),
    (
        "studied",
        "Anna Kowalska studied law at the University of Bologna.",
        None,
        "University of Bologna",
        None,
    ),
    ("attended", "Anna Kowalska attended Trinity College in Dublin.", None, "Dublin", None),
    (
        "the move",
        "After Anna Kowalska's move to Belgium in 2001, she opened a school.",
        None,
        "Belgium",
        "2001",
    ),
    ("the return", "Following Anna Kowalska's return to Poland in 1990, she wrote.", None, "Poland", "1990"),
    (
        "the appointment",
        "Anna Kowalska's appointment at Lund University in 1991 surprised many.",
        None,
        "Lund University",
        "1991",
    ),
]

NO_MOVES = [
    ("negated", "Elena Marchetti did not move to Lisbon."),
    ("negated", "Elena Marchetti never moved to Lisbon."),
    ("negated", "Elena Marchetti refused to move to Lisbon."),
    ("hypothetical", "Elena Marchetti may move to Lisbon next year."),
    ("hypothetical", "Elena Marchetti plans to move to Lisbon."),
    ("hypothetical", "Elena Marchetti thought of moving to Lisbon."),
    ("hypothetical", "Elena Marchetti would have moved to Lisbon if she had found work."),
    ("hypothetical", "Elena Marchetti will join the University of Oslo in May."),
    ("question", "Did Elena Marchetti move to Lisbon?"),
    ("no person with a name", "Rex, a sniffer dog, was relocated from Poland to Spain."),
    ("no person with a name", "Bella, a sniffer dog, moved from Poland to Spain."),
    ("no person with a name", "The Nats moved to Washington from Montreal in 2005."),
    ("no person with a name", "Glossers came to Canada from Belarus in 1906."),
    ("no person with a name", "Acme Holdings relocated from London to Dublin."),
    ("no person with a name", "Hundreds of refugees fled to Jordan in 2013."),
    ("a trip", "Mark Dalton returned to Berlin on Friday."),
    ("a trip", "Mark Dalton moved on to Laos for a summit."),
    ("a trip", "Mark Dalton left Paris for Rome to meet the king."),
    ("a trip", "Mark Dalton returned to Berlin after a visit to Rome."),
    ("captive", "Mark Dalton was transferred into custody in Poland in 2002."),
    ("", "Mark Dalton lives in London."),
    ("", "Mark Dalton worked as an engineer in Nairobi from 1996."),
    ("none of purpose", "Mark Dalton flew to Hanoi."),
    ("", "Siemens moved its headquarters to Munich."),
    ("", "Senator Mark Dalton moved to block the bill in Washington."),
    ("", "Mark Dalton settled into a race for mayor of Boston."),
    ("", "Mark Dalton moved to the left on trade."),
    ("", "Mark Dalton returned to power in Ghana in 1981."),
    ("", "Mark Dalton signed a trade deal with China."),
    ("", "Mark Dalton moved the company to Texas."),
    ("", "Mark Dalton likes the job in London."),
]


PEOPLE = {"Elena Marchetti", "Ahmed Karim", "Peter Novak", "Julia Weber", "Anna Kowalska", "Marta Oliveira"}


@pytest.fixture(scope="session")
def grammar() -> Grammar:
    return Grammar()


def read(grammar: Grammar, text: str) -> Framed:
    return grammar.extract([Passage(text)])[0]


def said(span: Span | None) -> str | None:
    return None if span is None else span.text


@pytest.mark.parametrize(("frame", "text", "origin", "destination", "time"), MOVES)
def test_a_frame_says_who_moved_where_and_when(
    grammar: Grammar, frame: str, text: str, origin: str | None, destination: str | None, time: str | None
) -> None:
    found = read(grammar, text)
    assert found.circulation, found.veto
    assert found.frame == frame
    assert said(found.subject) in PEOPLE
    assert (said(found.origin), said(found.destination), said(found.time)) == (origin, destination, time)


@pytest.mark.parametrize(("veto", "text"), NO_MOVES)
def test_what_is_no_move_says_why(grammar: Grammar, veto: str, text: str) -> None:
    found = read(grammar, text)
    assert not found.circulation
    assert found.destination is None
    assert found.veto == veto


def test_every_frame_has_a_sentence_here() -> None:
    assert {frame.name for each in frames().values() for frame in each} == {frame for frame, *_ in MOVES}


@pytest.mark.parametrize(
    ("text", "subject", "destination"),
    [
        ("Anna Kowalska is a chemist. She moved to Finland in 2004.", "Anna Kowalska", "Finland"),
        ("Marta Oliveira scored twice. The striker moved to Spain in 2012.", "Marta Oliveira", "Spain"),
        (
            "Mark Dalton, who came to the United States from Haiti in 1994, bakes.",
            "Mark Dalton",
            "United States",
        ),
        ("Elena Marchetti decided to move to Lisbon.", "Elena Marchetti", "Lisbon"),
        ("Elena Marchetti was forced to flee to Kenya.", "Elena Marchetti", "Kenya"),
        ("Jan van der Berg moved to Kenya.", "Jan van der Berg", "Kenya"),
        ("In 2010 she moved back to Chile.", "she", "Chile"),
        ("Anna Kowalska met Peter Novak in Rome. She moved to Finland in 2004.", "She", "Finland"),
        (
            "Mark Dalton was born to immigrant parents who emigrated from Haiti to Canada.",
            "immigrant parents",
            "Canada",
        ),
        ("His Irish grandfather settled in Boston.", "Irish grandfather", "Boston"),
        ("The Dalton family immigrated to Canada from Haiti.", "Dalton family", "Canada"),
        ("A cook who came to Canada from Haiti as a child won.", None, None),
    ],
)
def test_the_mover_is_found_through_pronouns_roles_and_other_verbs(
    grammar: Grammar, text: str, subject: str, destination: str
) -> None:
    found = read(grammar, text)
    assert (said(found.subject), said(found.destination)) == (subject, destination)


def test_an_origin_of_the_sentence_before_is_told_to_be_inferred(grammar: Grammar) -> None:
    found = read(grammar, "Anna Kowalska lived in Prague. In 1999 Anna Kowalska moved to Oslo.")
    assert (said(found.origin), found.is_origin_inferred) == ("Prague", True)
    found = read(grammar, "Anna Kowalska wrote a novel in Prague. In 1999 Anna Kowalska moved to Oslo.")
    assert (said(found.origin), found.is_origin_inferred) == ("Prague", True)
    assert read(grammar, "Peter Novak wrote in Prague. In 1999 Anna Kowalska moved to Oslo.").origin is None
    assert not read(grammar, "In 1999 Anna Kowalska moved from Prague to Oslo.").is_origin_inferred


def test_a_year_of_something_else_is_not_the_year_of_the_move(grammar: Grammar) -> None:
    found = read(grammar, "Anna Kowalska moved to Oslo after her 2014 tour.")
    assert (found.circulation, found.time) == (True, None)


def test_only_the_last_sentence_is_asked_about(grammar: Grammar) -> None:
    assert not read(grammar, "Anna Kowalska moved to Oslo in 1999. Anna Kowalska likes snow.").circulation


def test_a_batch_answers_in_order_and_again_the_same(grammar: Grammar) -> None:
    passages = [Passage(text) for _, text, *_ in MOVES] + [Passage(""), Passage(" \n ")]
    together = grammar.extract(passages)
    assert together == [grammar.extract([passage])[0] for passage in passages]
    assert [answer.circulation for answer in together[-2:]] == [False, False]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=30),
    move=st.sampled_from(MOVES),
    after=st.sampled_from(["", " ", "\n", "  \n\n"]),
)
def test_spans_are_pieces_of_the_text(
    grammar: Grammar, before: str, move: tuple[str, str, str | None, str | None, str | None], after: str
) -> None:
    text = f"{before}\n\n{move[1]}{after}"
    found = read(grammar, text)
    for span in (found.subject, found.origin, found.destination, found.time):
        assert span is None or text[span.start : span.end] == span.text
