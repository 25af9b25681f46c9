"""Which columns of two tables hold what: the only place where a field's name is known."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, Self

Method = Literal["random", "similar_c", "similar_s", "similar_u", "ours"]
"""Where negatives come from: see `sampling.NegativeSampler`."""


@dataclass(frozen=True)
class Side:
    """The columns of students, or of employers; a field is categorical, numeric or part of the sequence."""

    id: str
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    """Numbers in no order."""
    sequence: tuple[str, ...] = ()
    """Numbers in order of time, like grades by semester."""
    protected: tuple[str, ...] = ()
    """Fields by which nobody may be ranked; they audit."""
    changeable: tuple[str, ...] = ()
    """Fields that a person can change; they may stand in a counterfactual."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns of `Features.values`: numeric fields, then the sequence."""
        return self.numeric + self.sequence

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field, in the order in which models see them: categorical, numeric, sequence."""
        return self.categorical + self.numbers

    def inputs(self, use_protected: bool) -> Self:
        """The side as models and similarities see it: without the protected fields unless they are wanted."""
        if use_protected:
            return self

        def kept(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(name for name in names if name not in self.protected)

        return replace(
            self,
            categorical=kept(self.categorical),
            numeric=kept(self.numeric),
            sequence=kept(self.sequence),
            changeable=kept(self.changeable),
            protected=(),
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """A side from `dataclasses.asdict` that went through JSON, where tuples are lists."""
        roles = (each.name for each in fields(cls) if each.name != "id")
        return cls(id=content["id"], **{role: tuple(content[role]) for role in roles})


@dataclass(frozen=True)
class Schema:
    """The two sides, and what else is known of a student."""

    students: Side
    employers: Side
    intent: str | None = None
    """Column of what a student did after graduation; none: not recorded."""
    use_protected: bool = False
    """Whether models and similarities see the protected fields."""

    @property
    def inputs(self) -> tuple[Side, Side]:
        """Students and employers as models see them."""
        return self.students.inputs(self.use_protected), self.employers.inputs(self.use_protected)

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """A schema from its plain types."""
        return cls(
            students=Side.from_json(content["students"]),
            employers=Side.from_json(content["employers"]),
            intent=content["intent"],
            use_protected=content["use_protected"],
        )


@dataclass(frozen=True)
class Sampling:
    """How negatives are drawn."""

    method: Method = "ours"
    threshold: float = 0.8
    """Share of students and of employers that count as unlike: Algorithm 1's N over their number."""
    negatives: int = 4
    """Drawn for every hire."""
