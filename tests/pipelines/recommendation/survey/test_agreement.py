import pytest

from pipelines.recommendation.survey.agreement import interval, krippendorff_alpha, nominal

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D: four observers, twelve units.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def test_alpha_is_that_of_the_published_example() -> None:
    units = [[value for value in unit if value is not None] for unit in zip(*OBSERVERS, strict=True)]
    assert krippendorff_alpha(units, nominal) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(units, interval) == pytest.approx(0.849, abs=5e-4)


def test_agreement_needs_two_raters_and_two_values() -> None:
    assert krippendorff_alpha([[1], [2]], nominal) is None
    assert krippendorff_alpha([[1, 1], [1, 1]], nominal) is None
    assert krippendorff_alpha([[1, 1], [2, 2]], nominal) == 1
