"""What was made of the texts of earlier chunks."""

import polars as pl

_MOST = 2_000_000
_FIRST_SET = 1_000_000


class Memory:
    """Outcomes of texts by their hash, as far as they hold in every chunk; bounded, so it forgets."""

    def __init__(self) -> None:
        self.known = pl.DataFrame(schema={"hash": pl.UInt64, "outcome": pl.UInt32})

    def split(self, texts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The texts (text, hash, query) that are new, and of the others text and outcome."""
        known = self.known.join(texts.select("hash", "text"), on="hash").select("text", "outcome")
        return texts.join(known, on="text", how="anti"), known

    def keep(self, outcomes: pl.DataFrame) -> None:
        """Keep new outcomes; numbers of sets mean something in their own chunk only."""
        lasting = outcomes.filter(pl.col("outcome") < _FIRST_SET).select(self.known.columns)
        room = self.known.height + lasting.height <= _MOST
        self.known = pl.concat([self.known, lasting]) if room else lasting
