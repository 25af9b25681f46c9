"""What the members of a run's ensemble are fitted to, and judged on."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.transfer.tagging.labelled import Labelled


@dataclass(frozen=True)
class PassageData:
    """Labelled passages of one fold."""

    training: Sequence[Labelled]
    judged: Sequence[Labelled]
