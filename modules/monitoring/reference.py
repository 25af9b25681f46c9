"""What a model was made from, as histograms: what served requests are held against."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from modules.monitoring.feature import Feature, Role, Value


@dataclass(frozen=True)
class Unit:
    """One question, student or text, by feature; several values of a feature share its weight."""

    asked: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    predicted: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    def of(self, role: Role) -> Mapping[str, Sequence[Value]]:
        """One of the two."""
        return self.asked if role == "asked" else self.predicted


class Observer(Protocol):
    """What a track has to say: which features a request and its answer have."""

    def __call__(self, request: Any, answer: Mapping[str, Any]) -> Sequence[Unit]:
        """The units of a request as the predictor takes it, and of what the predictor answered."""


@dataclass(frozen=True)
class Reference:
    """The features of a run, in the order in which they are named."""

    features: tuple[Feature, ...]

    @classmethod
    def of(cls, units: Iterable[Unit]) -> Self:
        """Histograms of some units."""
        found: dict[tuple[Role, str], list[Sequence[Value]]] = {}
        roles: tuple[Role, ...] = ("asked", "predicted")
        for unit in units:
            for role in roles:
                for name, values in unit.of(role).items():
                    found.setdefault((role, name), []).append(values)
        return cls(tuple(Feature.of(name, role, its) for (role, name), its in found.items()))

    def count(self, units: Iterable[Unit]) -> dict[str, list[float]]:
        """Weight of each bin of each feature that some units say something of."""
        every = list(units)
        found = {}
        for feature in self.features:
            its = [unit.of(feature.role).get(feature.name, ()) for unit in every]
            if any(its):
                found[feature.name] = feature.weigh(its)
        return found

    def to_json(self) -> list[dict[str, Any]]:
        """Plain types."""
        return [
            {
                "name": each.name,
                "role": each.role,
                "values": list(each.values),
                "cuts": None if each.cuts is None else list(each.cuts),
                "counts": list(each.counts),
            }
            for each in self.features
        ]

    @classmethod
    def from_json(cls, content: Iterable[Mapping[str, Any]]) -> Self:
        """The reference of `to_json`, after a trip through JSON."""
        return cls(
            tuple(
                Feature(
                    name=each["name"],
                    role=each["role"],
                    values=tuple(each["values"]),
                    cuts=None if each["cuts"] is None else tuple(each["cuts"]),
                    counts=tuple(each["counts"]),
                )
                for each in content
            )
        )
