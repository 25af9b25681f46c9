"""A passage with its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modules.transfer.passage import Passage


@dataclass(frozen=True)
class Labelled:
    """What there is to learn from one passage."""

    passage: Passage
    circulation: bool
    """Whether it tells of somebody who moved to another country of own accord."""
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Start and end of subject, origin, destination and time, as far as they are told."""
    group: str = ""
    """What must not be split: a family of sentences, a person."""
