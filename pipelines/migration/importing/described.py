"""What a run would read, before anything is written."""

from pathlib import Path

from pipelines.config.migration import FlowsSource, MigrationRun
from pipelines.config.simulate import SimulateSource
from pipelines.migration.importing import ingest
from pipelines.migration.importing.extracting.foresee import foresee
from pipelines.tables.locate import by_name, locate


def files(config: MigrationRun) -> dict[str, Path]:
    """The user's files by the name they have in import.json; none of a simulated run.

    Raises:
        UserError: if there are none where the run says.
    """
    if isinstance(config.source, SimulateSource):
        return {}
    data = Path(config.data)
    return by_name(data, locate(data, config.source.path, "source.path"))


def described(name: str, config: MigrationRun) -> str:
    """Rows, periods, regions and windows of a run, in a few lines.

    Raises:
        UserError: naming what is wrong with its data.
    """
    if not isinstance(config.source, FlowsSource):
        return foresee(name, config)
    record = ingest.read(config).record
    rows, periods, regions = record["rows"], record["periods"], record["regions"]
    windows = config.migration.windows
    rules = ", ".join(f"{count} {rule}" for rule, count in rows["dropped"].items() if count)
    train = periods["observed"] - windows.validation - windows.test
    geography = {
        "table": "from the table of distances",
        "coordinates": "great circles between the regions' coordinates",
        "none": "unknown: the geographic parts of a model are off",
    }[record["distances"]]
    span = f"{periods['observed']} ({config.migration.period.unit}), {periods['first']} to {periods['last']}"
    left_out = f"{regions['not_kept']} not kept, {regions['listed_without_flows']} listed without flows"
    parts = f"{train} train, {windows.validation} validation, {windows.test} test periods"
    lines = {
        "rows": f"{rows['read']} read, {rows['kept']} kept; dropped: {rules or 'none'}",
        "periods": f"{span}, {periods['in_gaps']} in declared gaps",
        "regions": f"{regions['kept']} kept, {regions['merged']} merged, {left_out}",
        "distances": geography,
        "windows": f"{parts}; a window is {windows.length} seen, {windows.horizon} forecast",
    }
    title = f"{name}: {config.track}, data {config.data}, files {', '.join(record['files'])}"
    return "\n".join([title, *(f"  {what:10}{text}" for what, text in lines.items())])
