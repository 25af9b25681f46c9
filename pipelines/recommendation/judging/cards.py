"""Explanations of single matches that may be printed: nothing on them points at one person."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from modules.recommendation.faithfulness import TOP, by_importance
from modules.recommendation.features import Pairs
from modules.recommendation.pair_model import PairModel
from modules.schema import Side
from pipelines.recommendation.fitting.judged import Judged
from pipelines.recommendation.judging.evaluation import Card, Told
from pipelines.recommendation.judging.judgement import Judgement

SHARED = 10
"""Students who have all values of a card together, at least."""
RARE, MISSING = "rare", "not recorded"
_CARDS = 3
_FIFTHS = ("lowest fifth", "second fifth", "middle fifth", "fourth fifth", "highest fifth")
Words = dict[str, list[str]]
"""Field -> what is said of each row."""


def cards(
    judgement: Judgement, network: PairModel, pairs: Pairs, worth: tuple[Tensor, Tensor]
) -> tuple[Card, ...]:
    """Three of the pairs, those first whose employer is in the student's list.

    Args:
        judgement: of the run.
        network: that explains.
        pairs: P test matches.
        worth: attributions P x M and P x N.
    """
    data, top = judgement.data, judgement.settings.top
    fold = data.final.data
    sides = data.schema.inputs
    words = [said(table, side) for table, side in zip((data.students, data.employers), sides, strict=True)]
    went = [each.positive for each in (fold.hires, fold.judging)]
    rows = [torch.cat([getattr(each, side) for each in went]).numpy() for side in ("student", "employer")]
    ranks = ranks_of(judgement.test, network, pairs)
    found = []
    for at in sorted(range(len(pairs)), key=lambda at: (ranks[at] > top, at))[:_CARDS]:
        pair = pairs[at : at + 1]
        shown = sorted(
            (
                (float(values[at, place]), side, place)
                for side, values in enumerate(worth)
                for place in by_importance(values[at : at + 1])[0, :TOP].tolist()
            ),
            key=lambda each: (-each[0], each[1], each[2]),
        )
        columns = [np.array(words[side][sides[side].fields[place]]) for _, side, place in shown]
        own = [int(pair.student), int(pair.employer)]
        values = shareable(
            [str(column[own[side]]) for column, (_, side, _) in zip(columns, shown, strict=True)],
            [column[rows[side]] for column, (_, side, _) in zip(columns, shown, strict=True)],
            rows[0],
        )
        told = [
            (side, Told(field=sides[side].fields[place], value=value, worth=value_worth))
            for (value_worth, side, place), value in zip(shown, values, strict=True)
        ]
        student, employer = fold.students[pair.student], fold.employers[pair.employer]
        with torch.no_grad():
            logit, intents = network(student, employer), network.intent_logits(student)
        found.append(
            Card(
                probability=float(logit.sigmoid()),
                rank=ranks[at],
                student=tuple(each for side, each in told if side == 0),
                employer=tuple(each for side, each in told if side == 1),
                intents={}
                if intents is None
                else dict(zip(fold.intents, intents[0].softmax(0).tolist(), strict=True)),
                shared=SHARED,
            )
        )
    return tuple(found)


def ranks_of(test: Judged, network: PairModel, pairs: Pairs) -> list[int]:
    """Where each pair's employer stands among those that its student could have matched with."""
    person = torch.searchsorted(test.rows, pairs.student)
    scores = test.scores(network)[person]
    above = scores > scores.gather(1, pairs.employer[:, None])
    if test.candidates is not None:
        above &= test.candidates[person]
    ranks: list[int] = (1 + above.sum(1)).tolist()
    return ranks


def shareable(
    values: Sequence[str], everyone: Sequence[NDArray[np.str_]], students: NDArray[np.int64]
) -> list[str]:
    """The values, most telling first, each only while enough students have it with all that were shown.

    k-anonymity (Sweeney, 2002) of what is shown together, not of each value alone.

    Args:
        values: V, of the one who is shown.
        everyone: V x P, what each match has there.
        students: P, whose match it is.
    """
    alike = np.ones(len(students), dtype=np.bool_)
    told = []
    for value, column in zip(values, everyone, strict=True):
        narrowed = alike & (column == value)
        shown = len(np.unique(students[narrowed])) >= SHARED
        alike = narrowed if shown else alike
        told.append(value if shown else RARE)
    return told


def said(table: pa.Table, side: Side) -> Words:
    """What a card says of each row's fields: the text, or the fifth in which a number lies."""
    words: Words = {
        name: [MISSING if value is None else str(value) for value in table.column(name).to_pylist()]
        for name in side.categorical
    }
    for name in side.numbers:
        numbers = np.array(table.column(name).to_pylist(), dtype=float)
        cuts = np.nanquantile(numbers, [0.2, 0.4, 0.6, 0.8]) if np.isfinite(numbers).any() else []
        places = np.searchsorted(cuts, numbers, side="right")
        words[name] = [
            MISSING if np.isnan(number) else _FIFTHS[place]
            for number, place in zip(numbers, places.tolist(), strict=True)
        ]
    return words
