"""Names in the form in which they are compared."""

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_SAINT = re.compile(r"\b(?:st|ste|sainte)\b")
_FOLDED = str.maketrans(
    {
        "ø": "o",
        "Ø": "o",
        "đ": "d",
        "Đ": "d",
        "ł": "l",
        "Ł": "l",
        "\u0131": "i",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
    }
)


def name_key(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words; empty of another script.

    `St. Petersburg`, `Saint Petersburg` and `St Petersburg` have one key, `U.S.` and `US` too.
    """
    folded = (
        unicodedata.normalize("NFKD", text.strip().casefold().translate(_FOLDED))
        .encode("ascii", "ignore")
        .decode()
    )
    folded = _POSSESSIVE.sub("", folded).replace("'", "")
    folded = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", "", folded)
    return _SAINT.sub("saint", _APART.sub(" ", folded).strip())
