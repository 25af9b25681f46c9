"""The sections that the runs of every track have."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, field_validator

from modules.errors import UserError
from pipelines.config.section import Section, list_to_tuple

Values = Annotated[tuple[float | int | str, ...], BeforeValidator(list_to_tuple), Field(min_length=1)]
"""Of a hyperparameter."""


class Tune(Section):
    """The sweep."""

    models: Annotated[Literal["all"] | tuple[str, ...], BeforeValidator(list_to_tuple)] = "all"
    """All that mean something for the data, or a list of names; one that inherits needs its ancestors."""
    trials: int = Field(default=8, ge=1)
    """Configurations drawn for every model that learns by gradient."""
    closed_form_trials: int = Field(default=32, ge=1)
    """The same for every model that is solved in closed form, in a fraction of a second."""
    parallel: int = Field(default=2, ge=1)
    """Trials and fits that run at a time, a thread each; changes no result, so DVC does not watch it."""
    space: Mapping[str, Values] = {}
    """Hyperparameter -> the values that every model which has it draws from, in place of its own; behind a
    model's name and a dot, that model alone."""


class Train(Section):
    """The fits that are kept."""

    seeds: Annotated[tuple[int, ...], BeforeValidator(list_to_tuple)] = (0, 1, 2)
    """Every learned model is fitted once per seed; the first seed's is the one packaged."""
    accelerator: Literal["cpu", "gpu", "auto"] = "cpu"
    """Lightning's accelerator."""

    @field_validator("seeds")
    @classmethod
    def _some_and_distinct(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) != len(value):
            msg = "name at least one seed, each once"
            raise ValueError(msg)
        return value


Mode = Literal["auto", "review", "dry-run"]
"""Of a release, each stricter than the one before."""


class Release(Section):
    """The promotion. Nothing in the graph depends on it, so DVC does not watch it."""

    mode: Mode = "auto"
    """auto: the rule decides; review: a person does (`registry approve`); dry-run: only say what would be."""
    slice_tolerance: float = Field(default=0.1, ge=0)
    """Share by which a slice's error may exceed the champion's (without one: the best baseline's)."""


class RunConfig(Section):
    """One run: a track, its data and its settings. Every section stands in params.yaml, for DVC to watch."""

    track: str
    data: str
    """The one input path, a file or folder, relative to params.yaml."""
    reference: str = "params/no-reference"
    """What the project builds once for all runs of the track, for DVC to watch; here nothing."""
    licence: str | None = Field(default=None, min_length=1)
    """Of the data, in words for the model's card; none: not said."""
    seed: int = 0
    """Seed of the simulation, of the drawn trials and of the bootstrap."""
    tune: Tune = Tune()
    train: Train = Train()
    release: Release = Release()


Own = TypeVar("Own", bound=RunConfig)


def of_track(config: RunConfig, kind: type[Own]) -> Own:
    """A run as what its track makes of it.

    Raises:
        UserError: if it is of another track.
    """
    if not isinstance(config, kind):
        raise UserError(f"the run is of track {config.track}; name one of the track that this is about")
    return config
