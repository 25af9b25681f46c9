"""The phrase files beside the code."""

from pathlib import Path
from typing import Any

from pipelines.config import read_yaml

_FOLDER = Path(__file__).parent / "phrases"


def read_phrases(name: str) -> Any:
    """The content of phrases/<name>.yaml."""
    return read_yaml(_FOLDER / f"{name}.yaml")
