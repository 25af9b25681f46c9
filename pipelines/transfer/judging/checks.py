"""What the table of transfers must look like: Great Expectations suites, declared in code.

A sample names a row by the hash that is its id.
"""

import great_expectations.expectations as gxe
import pandas as pd

from modules.transfer.consensus import LEVELS
from modules.transfer.places.policy import policy
from pipelines.suite import Suite, says
from pipelines.transfer.checking.expected import at_least, at_most, members, none, one_of, unique
from pipelines.transfer.checking.suites import PERIOD

FIRST = 1900
"""The first year that is believed."""
LATE = 1
"""Months after the article's that a move may lie."""
PRECISIONS = ("month", "year", "unknown")
SAME = ["subject", "origin", "destination", "period", "registered_domain"]
"""What makes two rows one."""
_AGAIN = "evaluate the run again; if it stays, report it"


def suites(transfers: pd.DataFrame, articles: pd.DataFrame, largest: float) -> list[Suite]:
    """The suites on the rows of the table and on what they sum to.

    Args:
        transfers: as evaluate writes them.
        articles: as import wrote them.
        largest: share of the transfers that one domain may tell without a warning.
    """
    return [_transfers(transfers, articles), _hosts(transfers, largest), _sums(transfers), _levels(transfers)]


def _transfers(transfers: pd.DataFrame, articles: pd.DataFrame) -> Suite:
    frame = transfers.assign(**_derived(transfers, articles))
    expectations = (
        *unique("transfer_id", _AGAIN),
        gxe.ExpectColumnValuesToNotBeNull(
            column="destination", **says("Every transfer has a destination.", _AGAIN)
        ),
        members("destination", "look into the policy table"),
        members("origin", "look into the policy table"),
        none("stray", "Every transfer is of a known article and of its domain.", _AGAIN),
        gxe.ExpectColumnValuesToMatchRegex(
            column="period", regex=PERIOD, **says("period is a month like 2015-03 or a year.", _AGAIN)
        ),
        one_of("precision", PRECISIONS, _AGAIN),
        none("imprecise", "precision says what period is.", _AGAIN),
        at_least(
            "year", FIRST, f"No period is before {FIRST}-01.", "look how the period was read", "warning"
        ),
        at_most(
            "months_after",
            LATE,
            f"No period is more than {LATE} month after its article.",
            "look how the period was read; a plan is no move",
            "warning",
        ),
        none("no_flow", "flow says whether both places are known, members of the UN and different.", _AGAIN),
        none("not_domestic", "domestic says whether origin and destination are the same.", _AGAIN),
        none("repeated", f"No two rows share {', '.join(SAME)}.", "keep the first of them"),
        one_of("level", LEVELS, _AGAIN),
        at_least("votes", 1, "Somebody votes for every transfer.", _AGAIN),
        none("too_many", "No transfer has more votes than voters.", _AGAIN),
    )
    return Suite("transfers", "Transfers", frame, ("transfer_id",), expectations)


def _derived(transfers: pd.DataFrame, articles: pd.DataFrame) -> dict[str, pd.Series]:
    period = transfers["period"].astype("string")
    published = pd.to_datetime(transfers["published"])
    year, month = (
        pd.to_numeric(period.str.extract(rf"^{part}", expand=False)).astype("Float64")
        for part in (r"(\d{4})", r"\d{4}-(\d{2})")
    )
    # A year may lie ahead of its article by as much as its first month does.
    told, written = 12 * year + month.fillna(1), 12 * published.dt.year + published.dt.month
    precision = period.str.len().map({7: "month", 4: "year"}).fillna("unknown")
    origin, destination = transfers["origin"], transfers["destination"]
    same = (origin == destination) & origin.notna()
    codes = list(policy().members)
    flow = origin.isin(codes) & destination.isin(codes) & ~same
    domain = transfers["article_id"].map(articles.set_index("article_id")["registered_domain"])
    wrong = {
        "stray": domain.isna() | (domain != transfers["registered_domain"]),
        "imprecise": precision != transfers["precision"],
        "no_flow": flow != transfers["flow"],
        "not_domestic": same != transfers["domestic"],
        # Who moved must be known for two rows to be one.
        "repeated": transfers.duplicated(SAME) & transfers["subject"].notna(),
        "too_many": transfers["votes"] > transfers["voters"],
    }
    counts = {name: each.astype(bool).astype(int) for name, each in wrong.items()}
    return {"year": year.astype("float64"), "months_after": (told - written).astype("float64"), **counts}


def _hosts(transfers: pd.DataFrame, largest: float) -> Suite:
    shares = transfers["registered_domain"].value_counts(normalize=True)
    frame = pd.DataFrame({"registered_domain": shares.index, "share": shares.to_numpy(float)})
    what = f"No registered domain tells more than {largest:.0%} of the transfers."
    expectations = (at_most("share", largest, what, "add other sources: one site decides the counts"),)
    return Suite("hosts", "Where the transfers come from", frame, ("registered_domain",), expectations)


def _sums(transfers: pd.DataFrame) -> Suite:
    flows = transfers[transfers["flow"].astype(bool)]
    out, into = (int(flows[side].value_counts().sum()) for side in ("origin", "destination"))
    frame = pd.DataFrame({"out": [out], "in": [into], "difference": [abs(out - into)]})
    expectations = (none("difference", "As many flows leave countries as reach them.", _AGAIN),)
    return Suite("sums", "What leaves and what arrives", frame, ("out", "in"), expectations)


def _levels(transfers: pd.DataFrame) -> Suite:
    """Whether who agrees on more agrees on less: unanimous rows have all votes, and no level shrinks."""
    rows = [transfers[transfers["level"] == level] for level in LEVELS]
    frame = pd.DataFrame(
        {
            "level": LEVELS,
            "rows": [sum(len(each) for each in rows[: at + 1]) for at in range(len(LEVELS))],
            "split": [
                0 if level == LEVELS[-1] else int((each["votes"] < each["voters"]).sum())
                for level, each in zip(LEVELS, rows, strict=True)
            ],
        }
    )
    frame["fewer"] = (-frame["rows"].diff().fillna(0)).clip(lower=0)
    expectations = (
        none("fewer", "Every level has at least the rows of the narrower ones.", _AGAIN),
        none("split", f"Above {LEVELS[-1]}, all voters agree on both places.", _AGAIN, "warning"),
    )
    return Suite("levels", "Levels of agreement", frame, ("level", "rows"), expectations)
