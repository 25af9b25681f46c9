"""What a run is: one entry of `runs:` in params.yaml, parsed once into frozen, typed, strict records."""

import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from modules.errors import UserError, did_you_mean
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import Mode as Mode
from pipelines.config.run import Release as Release
from pipelines.config.run import RunConfig as RunConfig
from pipelines.config.run import Train as Train
from pipelines.config.run import Tune as Tune
from pipelines.config.section import Section as Section
from pipelines.config.transfer import TransferRun

PARAMS = Path("params.yaml")
NAME = re.compile(r"[a-z](?:[a-z0-9_]{0,38}[a-z0-9])?")
TRACKS: dict[str, type[RunConfig]] = {
    "migration": MigrationRun,
    "recommendation": RecommendationRun,
    "transfer": TransferRun,
}
"""Track -> what its runs are."""


def one_line(error: ValidationError, where: str) -> UserError:
    """The first fault of a configuration as one line: where, key, what; and how many more there are."""
    faults = error.errors()
    fault = faults[0]
    path = [str(part) for part in fault["loc"]]
    if path[:1] == ["source"]:  # pydantic puts the union's tag into the path
        del path[1:2]
    key = ".".join(path)
    what = {
        "extra_forbidden": "no such key (misspelt?)",
        "missing": "is required and was not given",
    }.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    given = "" if fault["type"] in {"missing", "value_error"} else f", given {fault['input']!r}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return UserError(f"{where}: {key or 'entry'}: {what}{given}{more}")


def parse_run(entry: Any, where: str) -> RunConfig:
    """Read one entry strictly.

    Raises:
        UserError: naming the misspelt, missing or out-of-range key.
    """
    track = entry.get("track") if isinstance(entry, dict) else None
    if track is not None and track not in TRACKS:
        raise UserError(
            f"{where}: track: {track!r}{did_you_mean(track, TRACKS)} is none of {', '.join(TRACKS)}"
        )
    try:
        return TRACKS.get(track or "", RunConfig).model_validate(entry)
    except ValidationError as error:
        raise one_line(error, where) from error


def read_yaml(path: Path) -> Any:
    """A YAML file's content, plain types.

    Raises:
        UserError: if the file is absent or not YAML.
    """
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file; run this in the project's top folder or give the right path"
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except MarkedYAMLError as error:
        at = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UserError(f"{path}: {at}not valid YAML: {error.problem or error}; mend the line") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not utf-8 text; save it as utf-8") from error


def load_run(name: str, params: Path = PARAMS) -> RunConfig:
    """The run `name` of params.yaml.

    Raises:
        UserError: if there is no such run or its entry is wrong.
    """
    document = read_yaml(params)
    runs = document.get("runs") if isinstance(document, dict) else None
    if not isinstance(runs, dict):
        raise UserError(f"{params}: has no `runs:` mapping")
    if name not in runs:
        raise UserError(
            f"{params}: no run {name!r}; it has {', '.join(sorted(runs))} (add one: talentflow runs add FILE)"
        )
    return parse_run(runs[name], f"{params}: runs.{name}")
