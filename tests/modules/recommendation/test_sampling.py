from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from modules.errors import UserError
from modules.recommendation import similarity
from modules.recommendation.features import Features, Pairs
from modules.recommendation.sampling import NegativeSampler
from modules.recommendation.similarity import Traits, Unlike
from modules.schema import Method, Sampling
from tests.modules.recommendation import algorithm_1

METHODS: tuple[Method, ...] = ("random", "similar_c", "similar_s", "similar_u", "ours")


def features(count: int, sizes: list[int], numbers: int, seed: int = 0) -> Features:
    rng = np.random.default_rng(seed)
    codes = np.stack([rng.integers(1, size + 1, count) for size in sizes], 1)
    return Features(torch.from_numpy(codes), torch.from_numpy(rng.normal(size=(count, numbers))).float())


def records(side: Features) -> list[algorithm_1.Record]:
    scaled = Traits.of(side).values.T.astype(float)
    rows = zip(side.codes.tolist(), scaled.tolist(), strict=True)
    return [([str(code) if code else None for code in codes], values) for codes, values in rows]


def pairs(student: list[int], employer: list[int]) -> Pairs:
    return Pairs(torch.tensor(student), torch.tensor(employer), torch.ones(len(student)))


def small(numbers: int, seed: int = 0) -> tuple[Features, Features, list[int]]:
    hires = np.random.default_rng(seed).integers(0, 7, 12).tolist()
    return features(12, [2, 3, 4], numbers, seed), features(7, [7, 2, 2], numbers, seed + 1), hires


@pytest.mark.parametrize("method", ["similar_s", "similar_u", "ours"])
def test_draws_weigh_as_the_printed_lists_do(method: Method) -> None:
    # Numbers leave no ties, so the lists of a student are the same in every run and their weights are known.
    students, employers, hires = small(numbers=2)
    sampling = Sampling(method, threshold=0.5, negatives=1)
    sampler = NegativeSampler(students, employers, pairs(list(range(12)), hires), sampling, seed=3)
    drawn = torch.cat([sampler.draw(seed) for seed in range(900)], dim=1).numpy()
    arguments = (
        records(students),
        records(employers),
        hires,
        sampling.threshold,
        method,
        np.random.default_rng(0),
    )
    worst = []
    for student in range(12):
        listed = Counter(algorithm_1.candidates(student, *arguments))
        assert set(drawn[student]) == set(listed)
        observed = [int((drawn[student] == employer).sum()) for employer in listed]
        expected = np.array(list(listed.values())) * (drawn.shape[1] / listed.total())
        worst.append(chisquare(observed, expected).pvalue)
    assert min(worst) > 0.001


@pytest.mark.parametrize("method", ["random", "similar_s", "similar_u", "ours"])
def test_with_ties_several_negatives_fall_together_as_in_the_printed_algorithm(method: Method) -> None:
    students, employers, hires = small(numbers=0, seed=5)
    truth, sampling = pairs(list(range(12)), hires), Sampling(method, threshold=0.7, negatives=2)
    ours, theirs = Counter[Any](), Counter[Any]()
    rng = np.random.default_rng(1)
    tables = records(students), records(employers), hires
    for seed in range(400):
        drawn = NegativeSampler(students, employers, truth, sampling, seed).draw(seed + 10_000).tolist()
        printed = algorithm_1.negatives(*tables, sampling.threshold, method, 2, rng)
        for student in (0, 4, 8):
            ours[student, *sorted(drawn[student])] += 1
            theirs[student, *sorted(printed[student])] += 1
    assert set(ours) <= set(theirs) | {key for key, count in ours.items() if count < 10}
    keys = sorted(set(ours) | set(theirs))
    table = np.array([[ours[key] for key in keys], [theirs[key] for key in keys]])
    rare = table.sum(0) < 10
    table = np.concatenate([table[:, ~rare], table[:, rare].sum(1, keepdims=True)], axis=1)
    assert chi2_contingency(table[:, table.sum(0) > 0]).pvalue > 0.001


def test_the_least_similar_employers_are_those_of_the_printed_equation() -> None:
    students, employers, hires = small(numbers=1)
    truth = pairs(list(range(12)), hires)
    drawn = NegativeSampler(students, employers, truth, Sampling("similar_c", negatives=3), 0).draw(0)
    table = records(employers)
    for student, chosen in enumerate(drawn.tolist()):
        alike = [algorithm_1.similarity(table[hires[student]], each) for each in table]
        others = sorted((value, at) for at, value in enumerate(alike) if at != hires[student])
        assert sorted(chosen) == sorted(at for _, at in others[:3])


def test_equals_at_the_end_of_a_list_are_told_apart_at_random() -> None:
    # Twenty employers that agree in nothing: half of them are unlike, and the seed alone says which half.
    traits = Traits.of(Features(torch.arange(1, 21)[:, None], torch.zeros(20, 0)))
    among = np.zeros(20)
    for seed in range(400):
        unlike = Unlike(traits, 0.5, seed)(np.zeros(20, np.int64), np.arange(20))
        assert unlike.sum() == 10
        assert not unlike[0]
        among += unlike
    assert chisquare(among[1:]).pvalue > 0.001


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 30),
    st.floats(0.01, 1),
    st.lists(st.integers(1, 4), max_size=3),
    st.integers(0, 2),
    st.integers(0, 99),
)
def test_a_share_of_the_rows_is_unlike_however_many_are_equal(
    count: int, share: float, sizes: list[int], numbers: int, seed: int
) -> None:
    side = features(count, [1, *sizes], numbers, seed)
    unlike = Unlike(Traits.of(side), share, seed)
    row, other = (each.ravel() for each in np.indices((count, count)))
    assert (unlike(row, other).reshape(count, count).sum(1) == max(1, round(share * count))).all()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(METHODS), st.integers(0, 50), st.floats(0.3, 1), st.integers(1, 3))
def test_nobody_is_a_negative_of_a_student_of_theirs(
    method: Method, seed: int, threshold: float, negatives: int
) -> None:
    rng = np.random.default_rng(seed)
    truth = pairs(rng.integers(0, 15, 40).tolist(), rng.integers(0, 12, 40).tolist())
    own = set(zip(truth.student.tolist(), truth.employer.tolist(), strict=True))
    sampling = Sampling(method, threshold, negatives)
    sampler = NegativeSampler(
        features(20, [3, 3], 1, seed), features(12, [12, 3], 0, seed), truth, sampling, seed
    )
    try:
        drawn = sampler.draw(seed)
    except UserError:  # as where a student was at nearly every employer
        reject()
    assert drawn.shape == (40, negatives)
    assert drawn.dtype == torch.int64
    assert not own & {(s, int(e)) for s, row in zip(truth.student.tolist(), drawn, strict=True) for e in row}
    assert torch.equal(drawn, sampler.draw(seed))
    if method in {"random", "similar_u", "similar_c"}:
        assert all(len(set(row)) == negatives for row in drawn.tolist())


def test_students_that_are_judged_change_no_draw() -> None:
    students, employers, hires = small(numbers=2)
    others = features(9, [2, 3, 4], 2, seed=9)
    codes, values = (
        torch.cat([students.codes, others.codes]),
        torch.cat([students.values, 50 * others.values]),
    )
    more = Features(codes, values)
    truth, sampling = pairs(list(range(12)), hires), Sampling("ours", 0.6, 3)
    alone = NegativeSampler(students, employers, truth, sampling, 0)
    beside = NegativeSampler(more, employers, truth, sampling, 0)
    assert all(torch.equal(alone.draw(seed), beside.draw(seed)) for seed in range(20))


def test_missing_values_are_like_nothing() -> None:
    traits = Traits.of(Features(torch.tensor([[0, 1], [0, 1], [2, 1]]), torch.zeros(3, 0)))
    alike = similarity.similarity(traits[np.arange(3)[:, None]], traits)
    assert alike.tolist() == [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.5, 1.0]]


def test_large_sets_are_measured_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "EXACT", 500)
    monkeypatch.setattr(similarity, "SAMPLE", 400)
    side = features(600, [4, 9], 2)
    unlike = Unlike(Traits.of(side), 0.8, 0)
    row, other = (each.ravel() for each in np.indices((600, 600)))
    shares = unlike(row, other).reshape(600, 600).mean(1)
    assert abs(shares - 0.8).max() < 0.06
    assert abs(shares.mean() - 0.8) < 0.01


def test_too_few_candidates_are_one_line_that_says_what_to_change() -> None:
    students, employers, hires = small(numbers=0)
    for method in METHODS:
        sampler = NegativeSampler(
            students, employers, pairs(list(range(12)), hires), Sampling(method, 0.1, 20), 0
        )
        with pytest.raises(UserError, match="negatives"):
            sampler.draw(0)
