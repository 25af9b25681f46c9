"""Pages: one Jinja environment for everything people read in a browser."""

import math

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

MINUS = "\N{MINUS SIGN}"
ACRONYMS = frozenset({"afn", "ar", "dcn", "dhg", "fm", "gcn", "gru", "mpgcn", "rcjr", "sil"})
WORDS = {"autoint": "AutoInt", "deepfm": "DeepFM", "explore": "EXPLORE", "hist": "histogram"}
SMALL, MIDDLE, LARGE = 1, 10, 100


def decimals(values: list[float]) -> int:
    """Decimals that show the values of one column with about three figures."""
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if largest >= LARGE else 1 if largest >= MIDDLE else 2 if largest >= SMALL else 3


def number(value: float, places: int = 0) -> str:
    """A number with thousands separators, a true minus sign and no negative zero."""
    return f"{value:z,.{places}f}".replace("-", MINUS)


def short(value: float) -> str:
    """A number with about four figures, whatever its size."""
    whole = math.floor(math.log10(abs(value))) if value else 0
    return number(value, min(max(3 - whole, 0), 6))


def percent(value: float, places: int = 0) -> str:
    """A share as a percentage."""
    return number(100 * value, places) + "\N{NARROW NO-BREAK SPACE}%"


def plain(model: str) -> str:
    """A model's name as words."""
    words = (WORDS.get(word, word.upper() if word in ACRONYMS else word) for word in model.split("_"))
    return " ".join(words).replace("DHG SIL", "DHG-SIL").replace("GCN GRU", "GCN-GRU")


def cell(text: str) -> str:
    """A text that breaks no table of a Markdown file, and brings no markup into it."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def render(template: str, **facts: object) -> str:
    """Fill a template of `pipelines/templates`; a fact it lacks is an error."""
    environment = Environment(
        loader=PackageLoader("pipelines"),
        autoescape=select_autoescape(disabled_extensions=("md",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(cell=cell, number=number, percent=percent, plain=plain, short=short)
    return environment.get_template(template).render(facts)
