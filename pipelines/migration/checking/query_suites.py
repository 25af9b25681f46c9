"""What a log of queries and the flows extracted from it must look like."""

import great_expectations.expectations as gxe
import pandas as pd

from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.rules import REASONS, RULES
from pipelines.suite import Suite, says

ALL = "all"
"""The line of the whole log, rows without a period included."""

_MENDS = {
    "ragged_row": "quote fields that hold the separator",
    "unclosed_quote": "double a mark inside a field, or set source.quote: none where the log does not quote",
    "no_query_id": "export the column of ids, or set source.columns.query_id: null",
    "bad_time": "write times as 2021-03-05T12:34:56Z",
    "time_out_of_range": "look at the clock or the time zone of the export",
    "no_user": "export the hashed user; anonymous rows cannot be counted as people",
    "bad_user": "export users as texts, not as decimal numbers",
    "bad_origin": "write the 6-digit adcode of the address's city, or nothing",
    "no_text": "look whether the column of texts is the right one",
    "garbled_text": "name the file's source.encoding, or export it as utf-8",
    "duplicate_id": "look whether a file was exported twice",
}


def query_suite(queries: pd.DataFrame, flows: pd.DataFrame, config: MigrationRun) -> Suite:
    """What became of the rows, by period and over all: accounts that close, and shares that are not odd."""
    limits = config.checks
    shares = {
        **{
            reason: (limits.max_quarantined, f"are in quarantine as {reason}", mend)
            for reason, mend in _MENDS.items()
        },
        "bot": (limits.max_bots, "are of machines", "look for a crawler, or set extract.max_queries_a_user"),
        "repeat": (limits.max_repeats, "repeat a user's search", "look whether rows were exported twice"),
        "unknown_origin": (
            limits.max_unknown_origin,
            "have no known origin",
            "look at the table of addresses",
        ),
    }
    expectations: list[gxe.Expectation] = [
        _zero(
            "unaccounted", "Every row read is kept, dropped by a named rule or in quarantine.", "report this"
        ),
        _zero(
            "unlisted_users", "The users of all cells are those listed and those suppressed.", "report this"
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="kept",
            min_value=1,
            **says(
                "Every period has queries that name a place.", "add its queries, or name it in period.gaps"
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="jump",
            max_value=limits.max_jump,
            **says(
                f"No period has over {limits.max_jump:g} times its neighbour's rows, or under one over it.",
                "look for a half exported month, or for a change of what was logged",
                "warning",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="suppressed_share",
            max_value=limits.max_suppressed,
            **says(
                f"At most {limits.max_suppressed:.0%} of the people are in cells too small to be shown.",
                "keep fewer regions, take longer periods, or lower extract.k_anonymity if the law allows",
                "warning",
            ),
        ),
        _zero("in_gap", "No query lies in a declared gap.", "shorten period.gaps", "warning"),
    ]
    for name, (limit, what, mend) in shares.items():
        text = says(f"At most {limit:.1%} of the rows {what}.", mend, "warning")
        expectations.append(
            gxe.ExpectColumnValuesToBeBetween(column=f"{name}_share", max_value=limit, **text)
        )
    frame = _accounts(queries, flows, config)
    return Suite("queries", "Queries, what became of the rows", frame, ("period",), tuple(expectations))


def cell_expectations(config: MigrationRun) -> tuple[gxe.Expectation, ...]:
    """What holds for every row of extracted flows beyond what holds for every flow."""
    k = config.migration.extract.k_anonymity
    return (
        gxe.ExpectColumnValuesToBeBetween(
            column="n_users",
            min_value=k,
            **says(
                f"No cell shows fewer than {k} users.", "import the run again: extract.k_anonymity changed"
            ),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="n_queries",
            column_B="n_users",
            or_equal=True,
            **says("No cell has more users than queries.", "import the run again: the table was changed"),
        ),
    )


def search_suite(search: pd.DataFrame, flows: pd.DataFrame) -> Suite:
    """Who searched where: from no region may come more than its own users named, as it would turned round."""
    key = ["period", "region"]
    sent = flows.rename(columns={"origin": "region"}).groupby(key)["n_queries"].sum()
    frame = search.set_index(key).join(sent.rename("sent"), how="outer").fillna(0).reset_index()
    frame["excess"] = frame["sent"] - frame["named"]
    return Suite(
        "search",
        "Search, against what the flows say of each region",
        frame,
        tuple(key),
        (
            gxe.ExpectColumnValuesToBeBetween(
                column="excess",
                max_value=0,
                **says(
                    "From no region come more queries than its users made, as if flows were turned round.",
                    "look whether origin and destination were swapped, and import the run again",
                ),
            ),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="rows",
                column_B="users",
                or_equal=True,
                **says("No region has more search users than searches.", "import the run again"),
            ),
        ),
    )


def _zero(column: str, what: str, mend: str, severity: str = "critical") -> gxe.Expectation:
    text = says(what, mend, "critical" if severity == "critical" else "warning")
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=0, **text)


def _accounts(queries: pd.DataFrame, flows: pd.DataFrame, config: MigrationRun) -> pd.DataFrame:
    """The periods of the run outside gaps and ALL, with the shares that are judged."""
    calendar, period = config.migration.period.calendar, config.migration.period
    observed = [calendar.label(ordinal) for ordinal in period.observed]
    names = queries.columns.drop("period")
    listed = flows.groupby("period")["n_users"].sum().reindex(queries["period"]).fillna(0)
    frame = queries.assign(listed=listed.to_numpy()).set_index("period")
    whole = frame.sum().to_frame(ALL).T
    frame = pd.concat([frame.reindex(observed), whole]).fillna(0)
    frame["unaccounted"] = frame["read"] - frame[["kept", *RULES, *REASONS]].sum(axis=1)
    frame["unlisted_users"] = frame["users"] - frame["suppressed_users"] - frame["listed"]
    rows = frame["read"].where(frame["read"] > 0)
    for name in (*RULES, *REASONS):
        frame[f"{name}_share"] = (frame[name] / rows).fillna(0.0)
    people = frame["people"].where(frame["people"] > 0)
    share = (frame["suppressed_people"] / people).fillna(0.0)
    frame["suppressed_share"] = share.where(frame.index == ALL, 0.0)  # of the log: single periods vary
    ratio = frame.loc[observed, "read"] / frame.loc[observed, "read"].shift()
    adjacent = pd.Series(period.observed, index=observed).diff() == 1
    frame["jump"] = ratio.where(ratio >= 1, 1 / ratio).where(adjacent)
    return frame[[*names, *frame.columns.drop(names)]].rename_axis("period").reset_index()
