"""Members and ensemble held against answers, by members that say what they are told to."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from modules.transfer.consensus import UNKNOWN, Vote
from modules.transfer.passage import Extraction, Passage, Span
from modules.transfer.passage_data import PassageData
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.tagging.labelled import Labelled
from pipelines.judging import Contender
from pipelines.release.challenge import IncomparableError
from pipelines.transfer.fitting.data import Answer, Folds
from pipelines.transfer.judging.judgement import ENSEMBLE, Judgement, count_of
from pipelines.transfer.judging.rescore import compare
from pipelines.transfer.judging.selection import selection
from tests.modules.transfer.small import extractor

MOVE = "Anna Kovács moved from Budapest to {place} in March 2010."
PLACES = ("Berlin", "Vienna", "Toronto", "Lisbon")
CODES = ("DEU", "AUT", "CAN", "PRT")
QUIET = "The committee met in Budapest."
ROWS = [
    *(Labelled(Passage(MOVE.format(place=place), passage_id=place), circulation=True) for place in PLACES),
    Labelled(Passage(QUIET, passage_id="quiet"), circulation=False),
]
ANSWERS = [
    *(Answer(True, "Anna Kovács", "HUN", code, "2010-03", f"g{at}", "file") for at, code in enumerate(CODES)),
    Answer(False, "", UNKNOWN, UNKNOWN, UNKNOWN, "quiet", "file"),
]
FOLDS = Folds(PassageData([], ROWS), PassageData([], ROWS), {"backtest": ANSWERS, "final": ANSWERS})


class Says:
    """Right of everything but the destinations of some passages, of which it says another, or none."""

    hyperparameters: Mapping[str, float] = {}

    def __init__(self, name: str, wrong: Mapping[str, str | None]) -> None:
        self.name, self.wrong = name, wrong

    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        return [self._said(passage) for passage in passages]

    def _said(self, passage: Passage) -> Extraction:
        if passage.passage_id == "quiet":
            return Extraction(False, None, None, None, None, 0.1, self.name)
        place = self.wrong.get(passage.passage_id, passage.passage_id)
        who, origin, destination, when = (
            None if piece is None else Span(start := passage.text.index(piece), start + len(piece), piece)
            for piece in ("Anna Kovács", "Budapest", place, "March 2010")
        )
        return Extraction(True, who, origin, destination, when, 0.9, self.name)


def judged(
    gazetteer: Gazetteer, voters: tuple[str, ...] = (), **wrong: Mapping[str, str | None]
) -> Judgement:
    passages = [row.passage for row in ROWS]
    told = {name: {0: Says(name, its).extract(passages)} for name, its in wrong.items()}
    fits: list[Contender[Any]] = [
        Contender(name, "baseline" if name == "grammar" else "part", {}, said, said)
        for name, said in told.items()
    ]
    return Judgement(FOLDS, fits, voters or tuple(wrong), Normaliser(gazetteer), 100, 0)


@pytest.mark.parametrize(
    ("vote", "field", "counts"),
    [
        (Vote("m", True, destination="DEU"), "destination", (1, 1, 1)),
        (Vote("m", True, destination="FRA"), "destination", (1, 0, 1)),
        (Vote("m", True), "destination", (0, 0, 1)),
        (Vote("m", False, destination="DEU"), "destination", (0, 0, 1)),
        (Vote("m", True, subject="A. Kovács"), "subject", (1, 1, 1)),
        (Vote("m", True, subject="Béla Kovács"), "subject", (1, 0, 1)),
        (Vote("m", True, period="2010"), "period", (1, 1, 1)),
        (Vote("m", True, period="2010-04"), "period", (1, 0, 1)),
        (Vote("m", True, origin="HUN"), "origin", (1, 1, 1)),
        (Vote("m", False), "circulation", (0, 0, 1)),
    ],
)
def test_what_is_told_and_right(vote: Vote, field: Any, counts: tuple[int, int, int]) -> None:
    assert count_of(vote, ANSWERS[0], field) == counts


def test_what_tells_of_no_move_is_wrongly_told_whatever_is_said() -> None:
    assert count_of(Vote("m", True, destination="HUN"), ANSWERS[-1], "destination") == (1, 0, 0)
    assert count_of(Vote("m", True), ANSWERS[-1], "circulation") == (1, 0, 0)


def test_members_are_ranked_by_destinations_and_the_ensemble_has_a_row(
    gazetteer: Gazetteer,
) -> None:
    judgement = judged(gazetteer, grammar={"Berlin": None, "Vienna": None}, encoder={"Berlin": None})
    rows = {row.model: row for row in judgement.leaderboard()}
    assert judgement.ranked[0] == "encoder"
    assert rows["encoder"].backtest_f.mean == pytest.approx(6 / 7)
    assert rows["grammar"].fields["destination"].model_dump(include={"told", "right", "of"}) == {
        "told": 2,
        "right": 2,
        "of": 4,
    }
    assert rows["grammar"].improvement is None
    # Two of four destinations are told by both; on what one alone tells they do not agree.
    assert rows[ENSEMBLE].fields["destination"].told == 2
    gained = rows["encoder"].improvement
    assert gained is not None
    assert gained.estimate == pytest.approx(6 / 7 - 4 / 6)


def test_levels_count_what_narrower_ones_keep_and_a_wrong_country_is_wrong(gazetteer: Gazetteer) -> None:
    wrong = {"Toronto": "Budapest"}
    agreeing = judged(gazetteer, grammar=wrong, encoder=wrong).levels()
    assert [level.kept for level in agreeing] == [4, 4, 4, 4]
    assert [level.right for level in agreeing] == [3, 3, 3, 3]
    assert [level.coverage for level in agreeing] == [1.0, 1.0, 1.0, 1.0]
    split = judged(gazetteer, grammar={}, encoder={}, charseq={"Berlin": None}).levels()
    assert [level.kept for level in split] == [3, 3, 3, 4]


def test_members_that_err_alike_are_told_as_one(gazetteer: Gazetteer) -> None:
    judgement = judged(
        gazetteer, grammar={"Berlin": None}, encoder={"Berlin": None}, charseq={"Lisbon": None}
    )
    pairs = {(pair.first, pair.second): pair for pair in judgement.kappa() if pair.field == "destination"}
    assert pairs["grammar", "encoder"].error_correlation == pytest.approx(1)
    assert pairs["grammar", "encoder"].both_wrong == 1
    assert pairs["grammar", "charseq"].both_wrong == 0
    assert (pairs["grammar", "charseq"].error_correlation or 0) < 0


def test_a_member_without_a_vote_is_scored_and_changes_no_agreement(gazetteer: Gazetteer) -> None:
    without = judged(gazetteer, grammar={}, encoder={})
    beside = judged(
        gazetteer, voters=("grammar", "encoder"), grammar={}, encoder={}, charseq={"Berlin": None}
    )
    assert beside.levels() == without.levels()
    rows = {row.model: row for row in beside.leaderboard()}
    assert rows["charseq"].fields["destination"].right == 3
    assert {pair.second for pair in beside.kappa()} == {"encoder", "charseq"}


def test_whom_agreement_keeps_is_told_by_country(gazetteer: Gazetteer) -> None:
    judgement = judged(gazetteer, grammar={"Berlin": None}, encoder={})
    readings = [*judgement.final.readings[0]] * 5
    found = {each.part: each for each in selection(readings, [*ANSWERS] * 5)}
    assert (found["all"].moves, found["all"].kept["majority"].estimate) == (20, 0.75)
    assert found["to Germany"].kept["majority"].estimate == 0.0
    assert found["to Canada"].kept["strict"].estimate == 1.0
    assert "to any other country" not in found


def test_an_example_of_disagreement_names_nobody(gazetteer: Gazetteer) -> None:
    examples = judged(gazetteer, grammar={"Berlin": None}, encoder={}).examples()
    assert [each.differ for each in examples] == [("destination",)]
    assert "Kovács" not in str(examples)


def test_a_challenger_is_compared_on_passages_that_neither_was_trained_on(gazetteer_file: Any) -> None:
    many = [
        Labelled(Passage(row.passage.text, passage_id=f"{at}"), row.circulation)
        for at in range(8)
        for row in ROWS
    ]
    folds = Folds(PassageData([], []), PassageData([], many), {"final": ANSWERS * 8})
    new, old = extractor(gazetteer_file), extractor(gazetteer_file, ("charseq",))
    trained: list[dict[str, Any]] = [{"row_keys": {"train": "a", "validation": "b"}}] * 2
    found = compare(folds, (new, old), trained, 200, 0)
    assert found.candidate < found.champion
    assert found.improvement.low > 0
    assert found.blocks == len(CODES) + 1
    with pytest.raises(IncomparableError, match="was trained on the passages"):
        compare(folds, (new, old), [{"row_keys": {"test": "c"}}, trained[0]], 200, 0)
