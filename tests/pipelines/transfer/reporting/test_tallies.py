import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from pipelines.transfer.reporting.tallies import (
    against_margins,
    busiest,
    concentration,
    expected,
    flows_of,
    gain,
    homes,
    regions,
    trajectories,
    yields,
)
from tests.pipelines.transfer import evaluations


def flows(*counts: tuple[str, str, int]) -> pd.DataFrame:
    rows = [
        {"flow": True, "origin": origin, "destination": destination, "period": "2015-03"}
        for origin, destination, count in counts
        for _ in range(count)
    ]
    return flows_of(evaluations.frame(rows).assign(flow=True))


def test_what_the_margins_expect_keeps_them_and_leaves_the_diagonal_empty() -> None:
    counts = np.random.default_rng(0).poisson(4, (7, 7)).astype(float)
    np.fill_diagonal(counts, 0)
    fitted = expected(counts)
    assert np.allclose(fitted.sum(0), counts.sum(0))
    assert np.allclose(fitted.sum(1), counts.sum(1))
    assert (np.diag(fitted) == 0).all()
    pull = np.outer([1, 2, 3, 4], [4, 3, 2, 1]) * (1 - np.eye(4))
    assert np.allclose(expected(pull), pull)


def test_a_pair_far_above_its_margins_comes_first_and_is_certain() -> None:
    codes = evaluations.COUNTRIES[:20]
    even = [(a, b, 2) for a in codes for b in codes if a != b and (a, b) != ("CHN", "DEU")]
    above, below = against_margins(flows(*even, ("CHN", "DEU", 60)), 3)
    assert (above[0].origin, above[0].destination, above[0].count) == ("China", "Germany", 60)
    assert above[0].certain
    assert all(cell.log_ratio < 0 for cell in below)
    assert not any(cell.certain for cell in against_margins(flows(*even, ("CHN", "DEU", 2)), 3)[0])


@pytest.mark.parametrize(("into", "out"), [(12, 30), (3, 0), (0, 4)])
def test_the_interval_of_a_ratio_covers_it(into: int, out: int) -> None:
    found = gain(into, out)
    assert found is not None
    assert found.low <= found.estimate <= found.high
    assert gain(0, 0) is None
    assert (found.high == float("inf")) == (out == 0)


def test_the_interval_of_a_ratio_holds_the_truth_nearly_always() -> None:
    draws = poisson.rvs([[20], [10]], size=(2, 300), random_state=0)
    held = [found.low <= 2 <= found.high for into, out in draws.T if (found := gain(into, out))]
    assert 0.94 <= np.mean(held) <= 1


def test_countries_regions_and_years_are_counted() -> None:
    found = flows(("HUN", "DEU", 3), ("DEU", "USA", 2), ("USA", "HUN", 1))
    assert busiest(found) == ["DEU", "HUN", "USA"]
    assert regions(found) == (["Americas", "Europe"], [[0, 1], [2, 3]])
    germany = trajectories(found, ["DEU"])[0]
    assert (germany.into, germany.out, germany.years) == (3, 2, ((2015, 3, 2),))


def test_one_site_alone_is_a_concentration_of_one() -> None:
    assert concentration(pd.Series(["a"] * 4)).hhi == 1
    four = concentration(pd.Series(["a", "b", "c", "d"]))
    assert (four.hhi, four.top_share, four.domains) == (0.25, 1, 4)


def test_a_site_is_where_its_address_ends_unless_anybody_may_buy_that() -> None:
    domains = pd.Series(["bbc.co.uk", "index.hu", "globo.com.br", "a.com", "b.org", "watch.tv"])
    assert homes(domains) == [("unknown", 3), ("Europe", 2), ("Americas", 1)]


def test_an_article_with_two_transfers_counts_once_and_one_without_a_day_is_named() -> None:
    articles = evaluations.articles(20)
    transfers = pd.DataFrame({"article_id": ["a00000", "a00000", "a00001"]})
    by_year = yields(articles, transfers, "year")
    assert by_year[-1].name == "no date"
    assert (by_year[-1].articles, by_year[-1].told) == (3, 1)
    assert sum(each.told for each in by_year) == 2
    by_domain = yields(articles, transfers, "registered_domain")
    assert sum(each.articles for each in by_domain) == 20
    assert by_domain[0].articles >= by_domain[-1].articles
