from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modules.errors import UserError
from pipelines.transfer.reporting.references import compare, read_reference
from pipelines.transfer.reporting.tallies import flows_of
from tests.pipelines.transfer import evaluations


@pytest.fixture(scope="module")
def transfers() -> pd.DataFrame:
    return evaluations.transfers(evaluations.articles(1200), 900)


def test_a_series_of_the_same_pairs_agrees_and_one_of_renamed_countries_does_not(
    transfers: pd.DataFrame, tmp_path: Path
) -> None:
    same = evaluations.reference(tmp_path, transfers)
    rng = np.random.default_rng(1)
    names = dict(zip(evaluations.COUNTRIES, rng.permutation(evaluations.COUNTRIES), strict=True))
    other = pd.read_csv(same).replace({"origin": names, "destination": names})
    other.to_csv(tmp_path / "other.csv", index=False)
    found = compare(flows_of(transfers), {"same": same, "other": tmp_path / "other.csv"}, seed=0)
    other_one, same_one = found
    assert same_one.level is not None
    assert same_one.change is not None
    assert same_one.level.rho > 0.95
    assert same_one.level.p < 0.01
    assert same_one.change.p < 0.01
    assert other_one.level is not None
    assert other_one.level.p > 0.05
    assert same_one.leads is not None
    assert same_one.leads.verdict == "not testable"


def test_too_little_in_common_is_not_tested(transfers: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("year,origin,destination,count\n1950,HUN,DEU,3\n", encoding="utf-8")
    found = compare(flows_of(transfers), {"old": path}, seed=0)[0]
    assert (found.years, found.level, found.change, found.leads) == ((), None, None, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("year,origin,destination\n2000,HUN,DEU\n", "column 'count' is missing"),
        ("year,origin,destination,count\n2000,HUN,DEU,3\n2000,DEU,HUN,many\n", "'many' in line 3"),
        ("year,origin,destination,count\n2000,Hungary,Germany,3\n", "alpha-3"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "reference.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_reference(path)
    with pytest.raises(UserError, match="no such file"):
        read_reference(tmp_path / "none.csv")
