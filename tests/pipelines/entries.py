"""Run entries written shorter than a user writes them."""

from typing import Any

from pipelines.config import parse_run
from pipelines.config.migration import Migration, MigrationRun
from pipelines.config.run import of_track


def nested(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with the parts of the track's own section put into it."""
    own = {key: part for key, part in entry.items() if key in Migration.model_fields}
    return {key: part for key, part in entry.items() if key not in own} | {"migration": own}


def migration_run(entry: dict[str, Any], where: str = "entry") -> MigrationRun:
    """The run that a flat entry describes."""
    return of_track(parse_run(nested(entry), where), MigrationRun)
