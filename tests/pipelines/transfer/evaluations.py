"""What evaluation leaves of a run that extracts transfers, made up."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from modules.transfer.consensus import LEVELS
from pipelines.evaluation import Bounds, Spread
from pipelines.files import write_json, write_parquet
from pipelines.paths import RunPaths
from pipelines.transfer.importing.columns import ARTICLES
from pipelines.transfer.judging.evaluation import (
    Disagreement,
    FilterStep,
    LevelScore,
    Pair,
    Said,
    Selected,
    Step,
    TransferEvaluation,
    TransferRow,
    score,
    wilson,
)
from pipelines.validation import Check, CheckedTable, Validation

TRANSFERS = pa.schema(
    [
        *((name, pa.string()) for name in ("transfer_id", "article_id", "registered_domain")),
        ("published", pa.date32()),
        *((name, pa.string()) for name in ("subject", "origin", "destination", "period", "precision")),
        ("inferred", pa.bool_()),
        ("level", pa.string()),
        ("votes", pa.int32()),
        ("voters", pa.int32()),
        ("flow", pa.bool_()),
        ("domestic", pa.bool_()),
        ("syndication_count", pa.int32()),
    ]
)
COUNTRIES = (
    *("USA", "GBR", "DEU", "FRA", "CHN", "IND", "CAN", "AUS", "JPN", "BRA", "ITA", "ESP", "NLD", "CHE"),
    *("SWE", "POL", "HUN", "RUS", "TUR", "EGY", "NGA", "ZAF", "KEN", "MEX", "ARG", "CHL", "COL", "KOR"),
    *("SGP", "MYS", "IDN", "PHL", "VNM", "THA", "PAK", "BGD", "IRN", "IRQ", "SYR", "ISR", "SAU", "ARE"),
    *("NZL", "NOR", "DNK", "FIN"),
)
MEMBERS = ("encoder", "charseq", "causal_lm", "grammar")
SUBJECTS = ("Zsuzsanna Feketelaky", "Oluwaseun Brightwater")
"""Names that the articles tell and no page may."""


def articles(rows: int, seed: int = 0) -> pd.DataFrame:
    """Articles of a few large and some small domains."""
    rng = np.random.default_rng(seed)
    names = [f"site{at}.example.org" for at in range(30)]
    shares = 1 / np.arange(1, 31) ** 1.3
    hosts = rng.choice(names, rows, p=shares / shares.sum())
    days = [date(2008, 1, 1) + timedelta(int(day)) for day in rng.integers(0, 16 * 365, rows)]
    texts = [f"{SUBJECTS[at % 2]} moved to Berlin. Story {at}." for at in range(rows)]
    return pd.DataFrame(
        {
            "article_id": [f"a{at:05d}" for at in range(rows)],
            "url": [f"https://www.{host}/{at}" for at, host in enumerate(hosts)],
            "host": [f"www.{host}" for host in hosts],
            "registered_domain": hosts,
            "published": [None if at % 9 == 0 else day for at, day in enumerate(days)],
            "published_reason": ["empty" if at % 9 == 0 else None for at in range(rows)],
            "lang": "en",
            "title": "Away",
            "text": texts,
            "sha": [sha256(text.encode()).hexdigest() for text in texts],
            "syndication_count": 1,
        }
    )


def transfers(read: pd.DataFrame, rows: int, seed: int = 0) -> pd.DataFrame:
    """Transfers that a part of the articles tell, as evaluate writes them."""
    rng = np.random.default_rng(seed)
    pull = 1 / np.arange(1, len(COUNTRIES) + 1)
    told = read.iloc[np.sort(rng.choice(len(read), rows))].reset_index(drop=True)
    origins, destinations = (rng.choice(COUNTRIES, rows, p=pull / pull.sum()).tolist() for _ in range(2))
    found = [
        _row(at, told.iloc[at], rng, origin, destination)
        for at, (origin, destination) in enumerate(zip(origins, destinations, strict=True))
    ]
    return frame(found)


def labelled(rows: int) -> pd.DataFrame:
    """Passages with answers, every second one a move, in three parts."""
    found = []
    for at in range(rows):
        name, moves = SUBJECTS[at % 2], at % 4 < 2
        text = f"{name} moved from Budapest to Berlin in 2015." if moves else f"{name} likes Berlin."
        spans = {
            span: (text.index(said), text.index(said) + len(said)) if moves else (None, None)
            for span, said in (
                ("subject", name),
                ("origin", "Budapest"),
                ("destination", "Berlin"),
                ("time", "2015"),
            )
        }
        found.append(
            {
                "passage_id": f"p{at:03d}",
                "text": text,
                "published": date(2016, 1, 1),
                "circulation": moves,
                **{
                    f"{span}_{side}": value[end]
                    for span, value in spans.items()
                    for end, side in ((0, "start"), (1, "end"))
                },
                "origin_iso3": "HUN" if moves else None,
                "destination_iso3": "DEU" if moves else None,
                "period": "2015" if moves else None,
                "group": f"family {at // 5}",
                "part": ("train", "train", "train", "train", "validation", "test")[at // 5],
                "source": "made up",
            }
        )
    spans = {
        f"{span}_{side}": "Int32"
        for span in ("subject", "origin", "destination", "time")
        for side in ("start", "end")
    }
    return pd.DataFrame(found).astype(spans)


def frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows with the types of transfers.parquet, none as well."""
    return pa.Table.from_pylist(list(rows), TRANSFERS).to_pandas()


def _row(
    at: int, article: pd.Series, rng: np.random.Generator, origin: Any, destination: str
) -> dict[str, Any]:
    origin = None if at % 11 == 0 else origin
    said = None if pd.isna(article["published"]) else article["published"]
    year = int(rng.integers(2000, said.year)) if said else 2005
    precision = ("month", "year", "year", "unknown")[at % 4]
    period = {"month": f"{year}-{1 + at % 12:02d}", "year": f"{year}", "unknown": None}[precision]
    return {
        "transfer_id": f"t{at:06d}",
        "article_id": article["article_id"],
        "registered_domain": article["registered_domain"],
        "published": said,
        "subject": sha256(str(at).encode()).hexdigest()[:16],
        "origin": origin,
        "destination": destination,
        "period": period,
        "precision": precision,
        "inferred": at % 13 == 0,
        "level": LEVELS[at % 4],
        "votes": 3 if LEVELS[at % 4] == "majority" else 4,
        "voters": 4,
        "flow": origin is not None and origin != destination,
        "domestic": origin == destination,
        "syndication_count": 1,
    }


def evaluation(simulated: bool = False) -> TransferEvaluation:
    """Scores of four members and of them all."""
    return TransferEvaluation(
        run="demo",
        candidate="ensemble",
        best_baseline="grammar",
        sha12="0123456789ab",
        slices=(),
        leaderboard=tuple(_member(model, at) for at, model in enumerate(("ensemble", *MEMBERS))),
        levels=tuple(
            LevelScore(
                level=level, kept=kept, right=right, precision=wilson(right, kept), coverage=kept / 300
            )
            for level, kept, right in zip(LEVELS, (17, 41, 66, 190), (17, 40, 63, 165), strict=True)
        ),
        selection=tuple(
            Selected(
                part=part,
                moves=moves,
                kept={
                    level: bounds
                    for level, share in zip(LEVELS, (0.05, 0.1, 0.2, 0.6), strict=True)
                    if (bounds := wilson(round(moves * share), moves))
                },
            )
            for part, moves in (("all", 300), ("to Germany", 80), ("to any other country", 220))
        ),
        kappa=tuple(
            Pair(
                first=first,
                second=second,
                field="destination",
                kappa=0.41,
                error_correlation=None if second == "grammar" else 0.23,
                both_wrong=12,
            )
            for at, first in enumerate(MEMBERS)
            for second in MEMBERS[at + 1 :]
        ),
        funnel=tuple(
            Step(name=name, kept=kept)
            for name, kept in (
                ("articles", 2_400),
                ("sentences", 91_233),
                ("lexicon", 4_017),
                ("gate", 2_210),
                ("filter", 1_408),
                ("circulation by a majority", 1_102),
                ("destination known", 1_004),
                ("agreed", 900),
                ("flow", 760),
            )
        ),
        dropped={"non_member_territory": 21, "observer": 3, "disputed": 2, "historical": 9, "ambiguous": 40},
        recall=tuple(
            FilterStep(name=name, kept=kept, of=300)
            for name, kept in (("lexicon", 291), ("gate", 280), ("filter", 266))
        ),
        examples=(
            Disagreement(
                votes=(
                    Said(
                        member="encoder", circulation=True, origin="HUN", destination="DEU", period="2015-03"
                    ),
                    Said(member="charseq", circulation=True, origin=None, destination="DEU", period="2015"),
                    Said(member="grammar", circulation=False, origin=None, destination=None, period=None),
                ),
                level=None,
                differ=("circulation", "origin", "period"),
            ),
        ),
        policy_version="2026-1",
        labelled={"train": 1800, "validation": 400, "test": 420},
        simulated=simulated,
    )


def _member(model: str, at: int) -> TransferRow:
    told = 250 - 30 * at
    return TransferRow(
        model=model,
        role="baseline" if model == "grammar" else "own",
        seeds=1 if model in {"grammar", "ensemble"} else 3,
        parameters={} if model in {"grammar", "ensemble"} else {"learning_rate": 0.001},
        test={"error": Spread(mean=0.3 + 0.05 * at, sd=0.01)},
        improvement=None if model == "grammar" else Bounds(estimate=0.05, low=0.01, high=0.09),
        backtest_f=Spread(mean=0.7 - 0.05 * at, sd=0.0 if at == 0 else 0.02),
        fields={
            field: score(told, told - 20 - 5 * at, 300)
            for field in ("circulation", "subject", "origin", "destination", "period")
        },
    )


def write(run: str, read: pd.DataFrame, found: pd.DataFrame, judged: TransferEvaluation) -> None:
    """Lay it all where the report looks for it, below the current folder."""
    paths = RunPaths(run)
    for folder in (paths.extracted, paths.evaluation, paths.validation):
        folder.mkdir(parents=True)
    write_parquet(paths.extracted / "articles.parquet", _table(read, ARTICLES))
    write_parquet(paths.evaluation / "transfers.parquet", _table(found, TRANSFERS))
    write_json(paths.evaluation / "evaluation.json", judged.model_dump(mode="json"))
    write_json(paths.validation / "result.json", _validation(run).model_dump(mode="json"))


def _validation(run: str) -> Validation:
    check = Check(
        type="expect_column_values_to_be_between",
        column="undated",
        severity="warning",
        success=False,
        says="At most 10 % of the articles have no day.",
        mend="look whether transfer.articles.date is the right column",
        unexpected=1,
        samples=("undated 0.111 (articles 600)",),
    )
    return Validation(
        run=run, tables=(CheckedTable(name="articles", title="Articles", rows=600, checks=(check,)),)
    )


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame, schema, preserve_index=False)


def reference(folder: Path, found: pd.DataFrame) -> Path:
    """A csv of flows that follow the same pairs."""
    known = found[found["flow"] & found["period"].notna()]
    counts = known.groupby([known["period"].str[:4], "origin", "destination"]).size().rename("count")
    path = folder / "scholars.csv"
    counts.mul(10).rename_axis(["year", "origin", "destination"]).reset_index().to_csv(path, index=False)
    return path
