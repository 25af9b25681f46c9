"""What a simulated run planted, to hold explanations against."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import torch
from torch import Tensor

_SIDES = "students", "employers"


@dataclass(frozen=True)
class Planted:
    """What each field truly adds to the utility of every placement."""

    contributions: pa.Table
    """`student`, and `students:<field>` and `employers:<field>` of each field."""

    @classmethod
    def read(cls, gold: Path) -> "Planted | None":
        """None of a run that is not simulated."""
        path = gold / "contributions.parquet"
        return cls(pq.read_table(path)) if path.exists() else None

    def of(self, students: Sequence[str], fields: Sequence[Sequence[str]]) -> tuple[Tensor, ...]:
        """Contributions of the students' placements, P x M and P x N, in the order of the fields given."""
        known = self.contributions.column("student").combine_chunks()
        rows = self.contributions.take(pc.index_in(pa.array(students), value_set=known))
        return tuple(
            torch.stack([torch.tensor(rows.column(f"{side}:{name}").to_pylist()) for name in names], dim=1)
            for side, names in zip(_SIDES, fields, strict=True)
        )
