"""Interactive charts inside a page that asks the network for nothing."""

import json
import re
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

_ERRORS = 1
"""Vega's level of log: a scale of nothing is no fault where a year has no small country."""


@cache
def script() -> Markup:
    """The scripts that draw, to stand once in a page."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return _in_script(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", version))


def chart(shown: Any, place: str) -> Markup:
    """The script that draws a chart in the element of that id."""
    text = json.dumps(shown.to_dict(), sort_keys=True, allow_nan=False)
    return _in_script(
        f'vegaEmbed("#{place}", {text}, {{actions: false, renderer: "svg", logLevel: {_ERRORS}}});'
    )


def _in_script(text: str) -> Markup:
    # The one thing that could end the script element that it stands in.
    return Markup(re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE))  # noqa: S704
