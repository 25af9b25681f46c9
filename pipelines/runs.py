"""Add a run to params.yaml, take one out, and say what a run would read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modules.errors import UserError, did_you_mean
from pipelines.config import NAME, PARAMS, RunConfig, load_run, parse_run, read_yaml
from pipelines.config.migration import MigrationRun
from pipelines.params_file import ParamsFile
from pipelines.paths import RunPaths
from pipelines.release.home import Releases
from pipelines.tracks import described
from pipelines.transfer.bridge import Unit, entry_of, run_name

NO_INPUT = "params/no-input"


def check(file: Path, data: Path | None) -> str:
    """Say what the runs of an entry file would read and keep; touches nothing.

    Raises:
        UserError: naming what is wrong with the entry or its data.
    """
    return "\n".join(described(name, config) for name, config in _entries(file, data).items())


def add(file: Path, data: Path | None) -> str:
    """Check the runs of an entry file, then write them into params.yaml in full.

    Raises:
        UserError: naming what is wrong with the entry, its data or params.yaml; nothing is written then.
    """
    return _merge(_entries(file, data))


def add_from_transfers(run: str, unit: Unit, regions: int) -> str:
    """Write a migration run on the flows that a transfer run has found into params.yaml.

    Raises:
        UserError: if the run is of another track, is not built, or tells of too little.
    """
    return _merge({run_name(run, unit): entry_of(run, unit, regions)})


def _merge(entries: Mapping[str, RunConfig]) -> str:
    params = ParamsFile(PARAMS)
    said = [described(name, config) for name, config in entries.items()]
    for name, config in entries.items():
        if _same(params.runs.get(name), config):
            said.append(f"{PARAMS}: {name} is there already, nothing to change")
            continue
        said.append(f"{PARAMS}: {'replaced' if name in params.runs else 'added'} {name}")
        written = config.model_dump(mode="json", by_alias=True)
        params.put(name, {key: written[key] for key in sorted(written, key=_order(config).index)})
    params.save()
    return "\n".join([*said, *(f"build it: make demo RUN={name}" for name in entries)])


def remove(name: str) -> str:
    """Take a run out of params.yaml; what it built stays.

    Raises:
        UserError: if there is no such run, or no other.
    """
    params = ParamsFile(PARAMS)
    if name not in params.runs:
        hint = did_you_mean(name, params.runs)
        raise UserError(f"{PARAMS}: no run {name!r}{hint}; it has {', '.join(sorted(params.runs))}")
    if len(params.runs) == 1:
        raise UserError(f"{PARAMS}: {name} is the only run, and the graph needs one; add another first")
    params.drop(name)
    params.save()
    return f"{PARAMS}: removed {name}; what it built stays in {RunPaths(name).top}, delete it if you like"


def show(name: str) -> str:
    """Where a run's report, data checks, champion and MLflow runs are.

    Raises:
        UserError: if there is no such run.
    """
    paths = RunPaths(name)
    pages = {"report": paths.report / "index.html", "data checks": paths.validation / "index.html"}
    if isinstance(load_run(name), MigrationRun):
        pages["city report"] = paths.report / "cities.html"
    absent = f"not built yet (make demo RUN={name})"
    said = [f"{what:12}{page if page.exists() else absent}" for what, page in pages.items()]
    if Releases(name).pointer.exists():
        said.append(f"{'champion':12}make serve RUN={name}, then http://127.0.0.1:3000/model")
    else:
        said.append(f"{'champion':12}none yet (make release RUN={name})")
    return "\n".join([*said, f"{'MLflow UI':12}make mlflow, then http://127.0.0.1:5000"])


def _entries(file: Path, data: Path | None) -> dict[str, RunConfig]:
    document = read_yaml(file)
    if not isinstance(document, dict) or not document:
        raise UserError(f"{file}: holds no run; write `name: {{track: migration, source: ...}}`")
    return {name: _entry(file, name, entry, data) for name, entry in document.items()}


def _entry(file: Path, name: Any, entry: Any, data: Path | None) -> RunConfig:
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise UserError(
            f"{file}: {name!r} is no name for a run; write small letters, digits and _, a letter first, "
            "no _ last"
        )
    if not isinstance(entry, dict):
        raise UserError(f"{file}: {name}: is not a mapping of sections")
    source = entry.get("source")
    if isinstance(source, dict) and source.get("kind") == "simulate":
        where: str | None = NO_INPUT
    else:
        where = entry.get("data") if data is None else data.as_posix()
    if where is None:
        raise UserError(f"{file}: {name}: reads the user's files; say where they are with --data DIR")
    return parse_run({**entry, "data": where}, f"{file}: {name}")


def _order(config: RunConfig) -> list[str]:
    """The sections as an entry reads best: what the data are, then what is done with them."""
    settings = ["checks", "tune", "train", "evaluate", "release"]
    return ["track", "data", "reference", "licence", "seed", "source", config.track, *settings]


def _same(existing: Any, config: RunConfig) -> bool:
    if not isinstance(existing, dict) or set(existing) != set(type(config).model_fields):
        return False  # DVC looks for every section
    try:
        return parse_run(existing, str(PARAMS)) == config
    except UserError:
        return False
