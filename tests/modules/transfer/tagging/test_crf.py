"""The forward and Viterbi recursions against sums and maxima over every sequence."""

import itertools

import pytest
import torch

from modules.transfer.tagging.crf import CRF
from modules.transfer.tagging.tags import OUTSIDE, TAGS, may_follow

LENGTHS = (4, 2)


@pytest.fixture
def crf() -> CRF:
    torch.manual_seed(1)
    made = CRF()
    torch.nn.init.normal_(made.transitions)
    return made


def sequences(length: int) -> list[tuple[int, ...]]:
    return [
        tags
        for tags in itertools.product(range(len(TAGS)), repeat=length)
        if all(may_follow(to, after) for after, to in itertools.pairwise((OUTSIDE, *tags)))
    ]


def score(crf: CRF, emissions: torch.Tensor, tags: tuple[int, ...]) -> float:
    moves = crf.transitions.detach()
    pairs = zip((OUTSIDE, *tags), tags, strict=False)
    return float(sum(emissions[at, to] + moves[after, to] for at, (after, to) in enumerate(pairs)))


def test_loss_and_decoding_agree_with_every_sequence(crf: CRF) -> None:
    emissions = torch.randn(len(LENGTHS), max(LENGTHS), len(TAGS))
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    tags = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.int64)
    expected, best = [], []
    for row, length in enumerate(LENGTHS):
        scores = {each: score(crf, emissions[row], each) for each in sequences(length)}
        chosen = sorted(scores)[len(scores) // 2]
        tags[row, :length] = torch.tensor(chosen)
        total = torch.logsumexp(torch.tensor(list(scores.values()), dtype=torch.float64), 0)
        expected.append(float(total) - scores[chosen])
        best.append([*max(scores, key=lambda each: scores[each]), *[OUTSIDE] * (max(LENGTHS) - length)])
    assert crf.loss(emissions, mask, tags).item() == pytest.approx(sum(expected) / len(expected), rel=1e-4)
    assert crf.decode(emissions, mask).tolist() == best


def test_what_bio_forbids_is_never_decoded(crf: CRF) -> None:
    torch.manual_seed(2)
    emissions = 20 * torch.randn(50, 12, len(TAGS))
    for row in crf.decode(emissions, torch.ones(50, 12, dtype=torch.bool)).tolist():
        assert all(may_follow(to, after) for after, to in itertools.pairwise((OUTSIDE, *row)))


def test_a_span_goes_on_only_in_its_own_field() -> None:
    at = {tag: number for number, tag in enumerate(TAGS)}
    assert may_follow(at["I-origin"], at["B-origin"])
    assert may_follow(at["I-origin"], at["I-origin"])
    assert may_follow(at["B-time"], at["I-origin"])
    for after in ("O", "B-destination", "I-destination"):
        assert not may_follow(at["I-origin"], at[after])
