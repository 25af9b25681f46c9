"""The report stage: who moved between which countries by what the articles say, and how far to trust it."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from modules.transfer.consensus import LEVELS
from pipelines.config.transfer import TransferRun
from pipelines.evaluation import read_evaluation
from pipelines.files import whole_folder
from pipelines.pages import number, percent, render
from pipelines.paths import RunPaths
from pipelines.suite import read_frame
from pipelines.transfer.judging.evaluation import TransferEvaluation, wilson
from pipelines.transfer.reporting import figures, vega
from pipelines.transfer.reporting.heat_map import heat_map
from pipelines.transfer.reporting.references import compare
from pipelines.transfer.reporting.tallies import (
    against_margins,
    busiest,
    by_level,
    concentration,
    flows_of,
    homes,
    name_of,
    regions,
    trajectories,
    yields,
)
from pipelines.transfer.reporting.world_map import world_map
from pipelines.validation import Validation, read_validation
from pipelines.verdict import Verdict

FOCUS = 6
"""Countries whose trajectories are drawn."""
DOMAINS = 15
TOTALS = 15
"""Countries whose totals are listed."""
CELLS = 8
NEEDED = 0.9
"""Lower bound of the strict level's precision."""
ARTICLE_COLUMNS = ["article_id", "registered_domain", "published"]


def run(name: str, config: TransferRun) -> None:
    """Write the report of what evaluation, validation and import found.

    Raises:
        UserError: if one of their records is absent, or a reference is not as it must be.
    """
    paths = RunPaths(name)
    evaluation = read_evaluation(paths.evaluation / "evaluation.json", TransferEvaluation)
    page = report(
        evaluation,
        read_frame(paths.evaluation / "transfers.parquet"),
        read_frame(paths.extracted / "articles.parquet")[ARTICLE_COLUMNS],
        read_validation(paths.validation / "result.json"),
        {each: Path(config.data) / path for each, path in config.transfer.references.items()},
        config.seed,
    )
    with whole_folder(paths.report) as folder:
        (folder / "index.html").write_text(page, encoding="utf-8")


def report(
    evaluation: TransferEvaluation,
    transfers: pd.DataFrame,
    articles: pd.DataFrame,
    validation: Validation,
    references: Mapping[str, Path],
    seed: int,
) -> str:
    """The page: the same facts give the same bytes."""
    flows = flows_of(transfers)
    countries = busiest(flows)
    return render(
        "transfer.html",
        evaluation=evaluation,
        validation=validation,
        verdict=verdict(evaluation, transfers, articles, flows),
        articles=len(articles),
        told_by=transfers["article_id"].nunique(),
        transfers=len(transfers),
        flows=len(flows),
        domestic=int(transfers["domestic"].sum()),
        without_origin=int((transfers["origin"].isna() & transfers["destination"].notna()).sum()),
        inferred=int(flows["inferred"].sum()),
        countries=len(countries),
        levels=by_level(transfers),
        span=span(transfers),
        drawn=_drawn(flows) if len(flows) else None,
        tables=_tables(flows, countries) if len(flows) else None,
        time=_time(flows),
        domains=_domains(articles, transfers),
        compared=compare(flows, references, seed),
        precision_coverage=figures.precision_coverage(evaluation.levels),
        recall=[(step, wilson(step.kept, step.of)) for step in evaluation.recall],
        focus=[
            (each, figures.trajectory(each) if each.years else None)
            for each in trajectories(flows, countries[:FOCUS])
        ],
    )


def verdict(
    evaluation: TransferEvaluation, transfers: pd.DataFrame, articles: pd.DataFrame, flows: pd.DataFrame
) -> Verdict:
    """What was found, and whether the strictest level is precise enough to be believed."""
    read = f"{number(len(articles))} articles"
    if transfers.empty:
        return Verdict("bad", f"No transfer was found in {read}", "The members agree on no passage.")
    several = "transfer was" if len(transfers) == 1 else "transfers were"
    headline = (
        f"{number(len(transfers))} {several} read in {read}, {number(len(flows))} between two countries"
    )
    strict = next((each for each in evaluation.levels if each.level == LEVELS[0]), None)
    if strict is None or strict.precision is None:
        return Verdict(
            "warn", headline, "No labelled passage reaches the strict level: precision is not known."
        )
    low, high = percent(strict.precision.low), percent(strict.precision.high)
    detail = (
        f"Where all members agree on every field, {percent(strict.precision.estimate)} of the labelled test "
        f"passages are right ({low} to {high}, n = {number(strict.kept)}); that is "
        f"{percent(strict.coverage)} of the moves there."
    )
    if evaluation.simulated:
        return Verdict(
            "warn", headline, f"{detail} These passages are simulated: it is no accuracy on real text."
        )
    return Verdict("good" if strict.precision.low >= NEEDED else "warn", headline, detail)


def span(transfers: pd.DataFrame) -> tuple[str, str] | None:
    """The first and last year that is told; none where none is."""
    known = transfers["period"].dropna().str[:4]
    return (min(known), max(known)) if len(known) else None


def _drawn(flows: pd.DataFrame) -> dict[str, Any]:
    counted = flows.groupby(["year", "origin", "destination"], dropna=False).size().reset_index(name="count")
    on_map = [
        (None if pd.isna(year) else int(year), origin, destination, int(count))
        for year, origin, destination, count in counted.itertuples(index=False)
    ]
    return {
        "vega": vega.script(),
        "map": vega.chart(world_map(on_map), "world-map"),
        "heat": vega.chart(heat_map(flows), "heat-map"),
    }


def _tables(flows: pd.DataFrame, countries: list[str]) -> dict[str, Any]:
    names, between = regions(flows)
    out, into = flows["origin"].value_counts(), flows["destination"].value_counts()
    above, below = against_margins(flows, CELLS)
    return {
        "regions": names,
        "between": between,
        "out": int(out.sum()),
        "into": int(into.sum()),
        "totals": [
            (name_of(iso3), int(out.get(iso3, 0)), int(into.get(iso3, 0))) for iso3 in countries[:TOTALS]
        ],
        "above": above,
        "below": below,
    }


def _time(flows: pd.DataFrame) -> dict[str, Any]:
    dated = flows[flows["year"].notna()]
    found: dict[str, Any] = {
        precision: int((flows["precision"] == precision).sum()) for precision in ("month", "year", "unknown")
    }
    if len(dated):
        by_year = Counter(zip(dated["year"].astype(int), dated["precision"], strict=True))
        between = range(int(dated["year"].min()), int(dated["year"].max()) + 1)
        found["years"] = figures.years(
            {year: {kind: by_year[year, kind] for kind in ("month", "year")} for year in between}
        )
    monthly = flows[flows["precision"] == "month"]
    if len(monthly):
        found["months"] = figures.months(dict(sorted(Counter(monthly["period"]).items())))
    return found


def _domains(articles: pd.DataFrame, transfers: pd.DataFrame) -> dict[str, Any]:
    by_domain = yields(articles, transfers, "registered_domain")
    largest = by_domain[:DOMAINS]
    return {
        "figure": figures.domains({each.name: each.articles for each in largest}) if largest else None,
        "concentration": [
            (what, concentration(frame["registered_domain"]))
            for what, frame in (("articles", articles), ("transfers", transfers))
            if len(frame)
        ],
        "homes": homes(articles["registered_domain"]),
        "by_domain": largest,
        "by_year": yields(articles, transfers, "year"),
        "all": wilson(int(articles["article_id"].isin(transfers["article_id"]).sum()), len(articles)),
    }
