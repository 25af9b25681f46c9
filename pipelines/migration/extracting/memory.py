"""What was made of the texts of earlier chunks."""

import polars as pl

_MOST = 2_000_000
_FIRST_SET = 1_000_000


class Memory:
    """Outcomes of texts by their hash, as far as they hold in every chunk; bounded, so it forgets."""

    def __init__(self) -> None:
        self.known = pl.DataFrame(schema={"text": pl.UInt64, "outcome": pl.UInt32})

    def of(self, texts: pl.DataFrame) -> pl.DataFrame:
        """What is known of some texts: text, outcome."""
        return texts.select("text").join(self.known, on="text")

    def keep(self, outcomes: pl.DataFrame) -> None:
        """Keep new outcomes; numbers of sets mean something in their own chunk only."""
        lasting = outcomes.filter(pl.col("outcome") < _FIRST_SET)
        room = self.known.height + lasting.height <= _MOST
        self.known = pl.concat([self.known, lasting]) if room else lasting
