"""Pages: one Jinja environment for everything people read in a browser."""

from jinja2 import Environment, PackageLoader, StrictUndefined

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


def percent(value: float, places: int = 0) -> str:
    """A share as a percentage."""
    return number(100 * value, places) + "\N{NARROW NO-BREAK SPACE}%"


def plain(model: str) -> str:
    """A model's name as words."""
    words = (WORDS.get(word, word.upper() if word in ACRONYMS else word) for word in model.split("_"))
    return " ".join(words).replace("DHG SIL", "DHG-SIL").replace("GCN GRU", "GCN-GRU")


def render(template: str, **facts: object) -> str:
    """Fill a template of `pipelines/templates`; a fact it lacks is an error."""
    environment = Environment(
        loader=PackageLoader("pipelines"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=number, percent=percent, plain=plain)
    return environment.get_template(template).render(facts)
