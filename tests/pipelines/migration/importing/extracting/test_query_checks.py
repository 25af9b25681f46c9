"""What validation says of a run from queries: nothing of a clean log, and of each dirt its name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from modules.errors import UserError
from pipelines import validate
from pipelines.config import RunConfig
from pipelines.migration.importing.extracting.extract import extract
from pipelines.migration.judging.score import score
from pipelines.migration.simulating import stage as simulate
from pipelines.paths import RunPaths
from pipelines.validation import read_validation
from tests.pipelines.migration.importing.extracting.logs import (
    BEIJING,
    SHANGHAI,
    SHENZHEN,
    SUZHOU,
    Row,
    digests,
    entry,
    extracted,
    fates,
    rows,
)

CONFIG = {
    "checks": {"min_rows": 1},
    "extract": {"k_anonymity": 2, "normalise": "none", "max_queries_a_user": 20},
}
PAIRS = [
    (BEIJING, "上海"),
    (BEIJING, "深圳"),
    (SHANGHAI, "苏州"),
    (SHENZHEN, "上海"),
    (SUZHOU, "上海"),
    (SUZHOU, "北京"),
]
REPEATS = [(f"{BEIJING}-上海-{at}", BEIJING, "上海 找工作") for at in range(8)]
LIMITS = ("max_quarantined", "max_bots", "max_repeats", "max_unknown_origin", "max_suppressed")
Dirt = Callable[[list[Row]], list[Row]]
EXTRACTED = Path("runs/try/extracted")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def clean() -> list[Row]:
    """Eight months in which people of four cities search for work in another, and many for something else."""
    log = []
    for month in range(1, 9):
        wishes = [(f"{o}-{d}-{at}", o, f"{d} 招聘") for o, d in PAIRS for at in range(8)]
        others = [
            (f"{o}-x-{at}", o, "天气") for o in (BEIJING, SHANGHAI, SHENZHEN, SUZHOU) for at in range(12)
        ]
        log += rows(*wishes, *others, month=f"2021-{month:02d}")
    return log


@pytest.fixture(scope="module")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the clean log was extracted; tests copy it."""
    folder = tmp_path_factory.mktemp("clean")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        extracted(entry(**CONFIG), clean())
    return folder


def warnings(config: RunConfig) -> set[str | None]:
    validate.run("try", config)
    found = read_validation(RunPaths("try").validation / "result.json")
    return {f"{table.name}.{check.column}" for table, check in found.failed("warning")}


def test_a_clean_log_raises_nothing() -> None:
    tables = extracted(entry(**CONFIG), clean())
    assert set(fates(tables)) == {"read", "kept", "no_job_intent"}
    assert warnings(entry(**CONFIG)) == set()


def spoil(column: int, value: str | None, first: int = 0) -> Dirt:
    def dirty(log: list[Row]) -> list[Row]:
        return [
            row if at % 20 != first else (*row[:column], value, *row[column + 1 :])
            for at, row in enumerate(log)
        ]

    return dirty


def more(*queries: tuple[str, str | None, str]) -> Dirt:
    return lambda log: [*log, *((f"extra-{row[0]}", *row[1:]) for row in rows(*queries))]


SPOILT: list[tuple[Dirt, str, str | None]] = [
    (spoil(0, None, 1), "no_query_id", "no_query_id_share"),
    (spoil(0, "same", 2), "duplicate_id", "duplicate_id_share"),
    (spoil(1, "", 3), "no_user", "no_user_share"),
    (spoil(1, "12.0", 4), "bad_user", "bad_user_share"),
    (spoil(2, "n/a", 5), "bad_time", "bad_time_share"),
    (spoil(2, "1970-01-01T00:00:00Z", 6), "time_out_of_range", "time_out_of_range_share"),
    (spoil(2, "2020-12-31T00:00:00Z", 7), "outside_period", None),
    (spoil(3, "北京", 8), "bad_origin", "bad_origin_share"),
    (spoil(3, None, 9), "unknown_origin", "unknown_origin_share"),
    (spoil(3, "999999", 10), "unknown_origin", "unknown_origin_share"),
    (spoil(4, None, 11), "no_text", "no_text_share"),
    (spoil(4, "\ufffd\ufffd", 12), "garbled_text", "garbled_text_share"),
    (more(*[("bot", BEIJING, "上海 招聘")] * 40), "bot", "bot_share"),
    (more(*REPEATS), "repeat", "repeat_share"),
    (more(("ann", BEIJING, "鼓楼 招聘")), "ambiguous_place", None),
    (more(("ann", BEIJING, "发布招聘 上海")), "blocked", None),
    (more(("ann", BEIJING, "boss直聘官网")), "navigational", None),
    (more(("ann", BEIJING, "会计 招聘")), "no_place", None),
]


@pytest.mark.parametrize(("dirty", "fate", "_warning"), SPOILT)
def test_each_dirt_has_its_own_name(dirty: Dirt, fate: str, _warning: str | None) -> None:
    found = fates(extracted(entry(**CONFIG), dirty(clean())))
    assert set(found) == {"read", "kept", "no_job_intent", fate}


def test_too_much_of_a_dirt_is_a_warning_of_its_name() -> None:
    log = clean()
    for dirty, _, _ in SPOILT:
        log = dirty(log)
    config = entry(**{**CONFIG, "checks": {"min_rows": 1, "max_repeats": 0.01}})
    extracted(config, log)
    expected = {f"queries.{warning}" for _, _, warning in SPOILT if warning}
    assert {name for name in warnings(config) if str(name).endswith("_share")} >= expected
    tolerant = entry(**{**CONFIG, "checks": {"min_rows": 1, **dict.fromkeys(LIMITS, 0.5)}})
    assert not {name for name in warnings(tolerant) if str(name).startswith("queries.")} - {"queries.jump"}


def rewrite(name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    path = EXTRACTED / f"{name}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        (
            "flows",
            lambda flows: flows.rename({"origin": "destination", "destination": "origin"}),
            "as if flows were turned round",
        ),
        ("flows", lambda flows: flows.with_columns(n_queries=pl.lit(3)), "more users than queries"),
        ("flows", lambda flows: flows.slice(1), "users of all cells are those listed"),
        ("queries", lambda queries: queries.with_columns(pl.col("kept") - 1), "Every row read is kept"),
        (
            "queries",
            lambda queries: queries.slice(2),
            "Every period has queries",
        ),
    ],
)
def test_what_cannot_be_stops_the_run(
    clean_run: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame], says: str
) -> None:
    shutil.copytree(clean_run, ".", dirs_exist_ok=True)
    rewrite(table, change)
    with pytest.raises(UserError, match=says):
        validate.run("try", entry(**CONFIG))


def test_a_cell_of_fewer_users_than_k_stops_the_run(clean_run: Path) -> None:
    shutil.copytree(clean_run, ".", dirs_exist_ok=True)
    with pytest.raises(UserError, match=r"n_users: No cell shows fewer than 9 users\. Found 48"):
        validate.run("try", entry(**{**CONFIG, "extract": {"k_anonymity": 9}}))


def test_a_hole_a_gap_with_rows_and_a_drift_are_named() -> None:
    log = [row for row in clean() if row[0][:7] not in {"2021-04", "2021-07"}]
    extracted(entry(**CONFIG), log)
    with pytest.raises(UserError, match=r"queries\.kept: Every period has queries .* 2021-04"):
        validate.run("try", entry(**CONFIG))
    gaps = [{"from": "2021-04", "to": "2021-05"}, {"from": "2021-07", "to": "2021-07"}]
    thin = [row for row in log if row[0][:7] != "2021-02" or row[1][-1] == "7"]
    few = {"k_anonymity": 1, "normalise": "none"}
    windows = {"length": 1, "test": 1}
    config = entry(**{**CONFIG, "extract": few}, period={"gaps": gaps}, windows=windows)
    extracted(config, thin)
    assert warnings(config) == {"queries.in_gap", "queries.jump", "periods.jump"}


def test_the_simulated_log_is_read_as_it_was_meant() -> None:
    """The real simulation: a clean log raises no warning of dirt, a dirty one has each class caught.

    Without gold, which only evaluation reads, the same is extracted.
    """
    source = {"kind": "simulate", "cities": 4, "queries": 4e4, "dirt": {"scale": 0.0}}
    config = entry(
        source=source, extract={"k_anonymity": 2, "normalise": "population"}, checks={"min_rows": 1}
    )
    paths = RunPaths("try")
    simulate.run("try", config)
    extract("try", config)
    assert {each for each in warnings(config) if str(each).startswith("queries.")} == set()
    before, record = digests(), (paths.extracted / "import.json").read_bytes()
    shutil.rmtree(paths.gold)  # only evaluation reads it
    extract("try", config)
    assert (digests(), (paths.extracted / "import.json").read_bytes()) == (before, record)
    config = entry(source={**source, "dirt": {"scale": 2.0}}, extract={"normalise": "population"})
    simulate.run("try", config)
    extract("try", config)
    found = score(paths.raw, paths.gold, paths.extracted, config)
    assert min(found.caught.values()) > 0.9
    assert found.main.precision > 0.98
    assert found.main.recall > 0.9
    assert found.held_back.precision > 0.97
    assert found.held_back.recall > 0.6
    assert found.recovery is not None
    assert found.recovery.cpc > 0.85
    assert found.recovery.spearman_listed > 0.8
