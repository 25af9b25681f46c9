"""What a run that starts from queries would read, said before it is added."""

import tempfile
from pathlib import Path

from pipelines.config.migration import MigrationRun
from pipelines.config.simulate import SimulateSource
from pipelines.migration.importing.extracting.batches import batches
from pipelines.migration.importing.extracting.sources import log_source


def foresee(name: str, config: MigrationRun) -> str:
    """Check that the files are there and have their columns, and the table of regions; rows are read later.

    Raises:
        UserError: naming what is wrong with the data, where, and how to mend it.
    """
    period, windows = config.migration.period, config.migration.windows
    observed = len(period.observed)
    train = observed - windows.validation - windows.test
    if isinstance(config.source, SimulateSource):
        files, regions = "none: `talentflow simulate` draws them", f"{config.source.cities} largest cities"
        rows = f"about {config.source.queries:,.0f} queries"
    else:
        with tempfile.TemporaryDirectory() as scratch:
            log = log_source(name, config, Path(scratch))
        for shown, path in log.files.items():
            next(iter(batches(path, shown, log.source, [])), None)
        files, regions = ", ".join(log.files), f"{len(log.population)} listed"
        rows = "counted when they are extracted"
    lines = {
        "rows": rows,
        "periods": f"{observed} ({period.unit}), {period.first} to {period.last}, "
        f"{len(period.gap_ordinals)} in declared gaps",
        "regions": regions,
        "windows": f"{train} train, {windows.validation} validation, {windows.test} test periods; "
        f"a window is {windows.length} seen, {windows.horizon} forecast",
    }
    title = f"{name}: {config.track}, data {config.data}, files {files}"
    return "\n".join([title, *(f"  {what:10}{text}" for what, text in lines.items())])
