"""How letters are made comparable: a query's and, the same way, a term's."""

import re
import unicodedata

import polars as pl

_APART = re.compile(r"[\W_]+")
_WORD = re.compile(" ?([a-z]+) ?")


def normalised(column: str) -> pl.Expr:
    """NFKC, lower case, runs of anything but letters and digits as one blank, Latin words as `<word>`.

    The brackets are the word boundary: `<work>` is not in `<network>`, and words that meet share none. Two
    Chinese letters that stand alone side by side are one word: 上 海.
    """
    return (
        pl.col(column)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
        .str.replace_all(r"(^| )(\p{Han}) (\p{Han})( |$)", "$1$2$3$4")
        .str.replace_all(" ?([a-z]+) ?", "<$1>")
    )


def normal(term: str) -> str:
    """One term as it looks in a normalised text."""
    apart = _APART.sub(" ", unicodedata.normalize("NFKC", term).lower()).strip()
    return _WORD.sub(r"<\1>", apart)
