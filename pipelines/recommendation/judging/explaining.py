"""Whether our own model's explanations are true: judged on a sample of the test matches."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modules.recommendation.explanation import leave_one_out_pairs
from modules.recommendation.faithfulness import (
    TOP,
    Curves,
    by_importance,
    curves,
    jaccard,
    random_order,
    randomised,
    rank_correlation,
)
from modules.recommendation.features import Features, Pairs
from modules.recommendation.integrated_gradients import integrated_gradients
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.config.recommendation import RecommendationEvaluate
from pipelines.evaluation import Bounds
from pipelines.recommendation.judging.cards import cards
from pipelines.recommendation.judging.evaluation import (
    Explanations,
    Faithful,
    Margin,
    Ranking,
    Recovered,
    SideName,
    Stability,
)
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.planted import Planted

PAIRS = 300
"""Test matches that are explained, at most."""
_DRAWS = 10
_SIDES: tuple[SideName, SideName] = ("student", "employer")
Found = dict[tuple[SideName, Ranking], list[Curves]]


def explanations(judgement: Judgement, planted: Planted | None) -> Explanations | None:
    """Of our own model, every seed; none where none took part.

    Our own is judged where a baseline is the candidate too: that explanations are true is claimed of our own
    alone. Those of a baseline that ships are leave-one-out as well, untried; the report says so.

    Args:
        judgement: of the run.
        planted: what is true in a simulated run.
    """
    own = judgement.own
    if own is None:
        return None
    data = judgement.data.final.data
    generator = np.random.default_rng(judgement.seed)
    matches = data.judging.positive
    chosen = np.sort(generator.permutation(len(matches))[:PAIRS])
    pairs = matches[torch.from_numpy(chosen)]
    students, employers = data.students[pairs.student], data.employers[pairs.employer]
    networks = list(own.final.values())
    worth = [leave_one_out_pairs(network, students, employers) for network in networks]
    found, errors = _found(networks, worth, students, employers, judgement.seed)
    shuffled = leave_one_out_pairs(randomised(networks[0], judgement.seed), students, employers)
    return Explanations(
        model=own.name,
        pairs=len(pairs),
        faithful=tuple(_faithful(side, ranking, each) for (side, ranking), each in found.items()),
        margins=tuple(_margin(side, found, generator, judgement.settings) for side in _SIDES),
        completeness_error=float(np.mean(errors)) if errors else None,
        stability=tuple(
            _stability(side, [each[at] for each in worth], shuffled[at]) for at, side in enumerate(_SIDES)
        ),
        recovered=() if planted is None else _recovered(judgement, planted, pairs, worth),
        cards=cards(judgement, networks[0], pairs, worth[0]),
    )


def _found(
    networks: Sequence[PairModel],
    worth: Sequence[tuple[Tensor, Tensor]],
    students: Features,
    employers: Features,
    seed: int,
) -> tuple[Found, list[float]]:
    """Curves of every ranking of either side, a network (and a draw) each, and errors of completeness."""
    found: Found = {}
    errors: list[float] = []
    for network, left_out in zip(networks, worth, strict=True):
        rankings: dict[Ranking, tuple[Tensor, Tensor]] = {"leave_one_out": left_out}
        if isinstance(network, RCJR):
            path = integrated_gradients(network, students, employers)
            errors += [float(each.error.mean()) for each in path]
            rankings["integrated_gradients"] = path[0].fields, path[1].fields
            with torch.no_grad():
                rankings["attention"] = network.attention(students, employers)
        for at, side in enumerate(_SIDES):
            for ranking, attribution in rankings.items():
                order = by_importance(attribution[at])
                found.setdefault((side, ranking), []).append(
                    curves(network, students, employers, side, order)
                )
            for draw in range(_DRAWS):
                order = random_order(len(students), left_out[at].shape[1], seed + draw)
                found.setdefault((side, "random"), []).append(
                    curves(network, students, employers, side, order)
                )
    return found, errors


def _faithful(side: SideName, ranking: Ranking, found: Sequence[Curves]) -> Faithful:
    def mean(values: Sequence[Tensor]) -> float:
        return float(torch.stack(list(values)).mean())

    return Faithful(
        side=side,
        ranking=ranking,
        comprehensiveness=mean([each.comprehensiveness() for each in found]),
        sufficiency=mean([each.sufficiency() for each in found]),
        deletion=mean([each.deletion_area for each in found]),
        insertion=mean([each.insertion_area for each in found]),
    )


def _margin(
    side: SideName, found: Found, generator: np.random.Generator, settings: RecommendationEvaluate
) -> Margin:
    ours, random = (
        torch.stack([each.comprehensiveness() for each in found[side, ranking]]).mean(0).numpy()
        for ranking in ("leave_one_out", "random")
    )
    fields = found[side, "random"][0].deletion.shape[1] - 1
    above = interval(ours - random, generator, settings.bootstrap)
    needed: float = getattr(settings.comprehensiveness, side)
    held = None if fields <= TOP else above.low >= needed
    return Margin(side=side, fields=fields, above_random=above, needed=needed, held=held)


def interval(values: NDArray[np.float64], generator: np.random.Generator, resamples: int) -> Bounds:
    """A mean over pairs, the pairs resampled."""
    size = len(values)
    counts = draw_counts(generator, resamples, size)
    return Bounds(**percentile_interval(float(values.mean()), counts @ values / size))


def _stability(side: SideName, worth: Sequence[Tensor], shuffled: Tensor) -> Stability:
    orders = [by_importance(each) for each in worth]
    overlaps = [float(jaccard(*pair).mean()) for pair in combinations(orders, 2)]
    random = [random_order(10_000, worth[0].shape[1], seed) for seed in (0, 1)]
    return Stability(
        side=side,
        overlap=float(np.mean(overlaps)) if overlaps else None,
        chance=float(jaccard(random[0], random[1]).mean()),
        randomised=mean_of_known(rank_correlation(worth[0], shuffled)),
    )


def _recovered(
    judgement: Judgement, planted: Planted, pairs: Pairs, worth: Sequence[tuple[Tensor, Tensor]]
) -> tuple[Recovered, ...]:
    data = judgement.data
    truth = planted.of(
        data.students.column("id").take(pairs.student.numpy()).to_pylist(),
        [side.fields for side in data.schema.inputs],
    )
    return tuple(
        Recovered(
            side=side,
            correlation=float(np.mean([np.nanmean(rank_correlation(each[at], true)) for each in worth])),
            importance=float(
                np.mean([rank_correlation(each[at].std(0)[None], true.std(0)[None])[0] for each in worth])
            ),
        )
        for at, (side, true) in enumerate(zip(_SIDES, truth, strict=True))
    )


def mean_of_known(values: NDArray[np.float64]) -> float | None:
    """None where no value is known."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
