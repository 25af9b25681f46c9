"""Stories told in the same words are found, others are left apart."""

from itertools import pairwise

import numpy as np

from pipelines.config.transfer import NearDuplicates
from pipelines.transfer.importing.near_duplicates import clusters, shingles
from tests.pipelines.transfer.importing.stories import reworded, story

SETTINGS = NearDuplicates()


def similarity(one: str, other: str) -> float:
    a, b = shingles(one, 5), shingles(other, 5)
    return len(a & b) / len(a | b)


def test_pairs_just_above_the_threshold_are_found_and_just_below_are_not() -> None:
    originals = [story(seed, 300) for seed in range(60)]
    above = [reworded(text, 6) for text in originals]
    below = [reworded(text, 9) for text in originals]
    assert all(0.81 < similarity(*pair) < 0.84 for pair in zip(originals, above, strict=True))
    assert all(0.71 < similarity(*pair) < 0.78 for pair in zip(originals, below, strict=True))
    found = clusters([*originals, *above], SETTINGS)
    assert found[:60] == list(range(60))
    assert sum(found[60 + seed] == seed for seed in range(60)) >= 54
    assert all(found[60 + seed] in {seed, 60 + seed} for seed in range(60))
    assert clusters([*originals, *below], SETTINGS) == list(range(120))


def test_a_chain_of_near_duplicates_is_one_story_in_any_order() -> None:
    chain = [story(1, 300)]
    for step in range(4):
        words = chain[-1].split()
        words[60 * step : 60 * step + 12] = [f"new{step}x{i}" for i in range(12)]
        chain.append(" ".join(words))
    assert all(similarity(one, other) >= 0.8 for one, other in pairwise(chain))
    assert similarity(chain[0], chain[-1]) < 0.8
    texts = [*chain, story(2, 300), story(3, 300)]
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(texts)).tolist()
        found = clusters([texts[position] for position in order], SETTINGS)
        stories = {tuple(sorted(order[i] for i in range(7) if found[i] == first)) for first in set(found)}
        assert stories == {(0, 1, 2, 3, 4), (5,), (6,)}


def test_texts_shorter_than_a_shingle_are_one_where_their_words_are() -> None:
    assert clusters(["Three short words", "three, short words!", "Three other words"], SETTINGS) == [0, 0, 2]
