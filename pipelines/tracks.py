"""The stages that each track has of its own: a run goes to its track's, and nothing else is imported."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.config import RunConfig
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.transfer import TransferRun

if TYPE_CHECKING:
    from pipelines.suite import Suite


def simulate(name: str, config: RunConfig) -> None:
    """Write a simulated run's raw data and the truth that scores what is made of them."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.simulating.stage import run as of_flows  # noqa: PLC0415

        of_flows(name, config)
    elif isinstance(config, RecommendationRun):
        from pipelines.recommendation.simulating.stage import run as of_pairs  # noqa: PLC0415

        of_pairs(name, config)
    elif isinstance(config, TransferRun):
        from pipelines.transfer.simulating.stage import run as of_transfers  # noqa: PLC0415

        of_transfers(name, config)


def import_(name: str, config: RunConfig) -> None:
    """Read the run's data into the track's sorted tables."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.importing.ingest import run as of_flows  # noqa: PLC0415

        of_flows(name, config)
    elif isinstance(config, RecommendationRun):
        from pipelines.recommendation.importing.ingest import run as of_pairs  # noqa: PLC0415

        of_pairs(name, config)
    elif isinstance(config, TransferRun):
        from pipelines.transfer.importing.ingest import run as of_transfers  # noqa: PLC0415

        of_transfers(name, config)


def suites(name: str, config: RunConfig) -> "Iterator[Sequence[Suite]]":
    """What is expected of the imported tables; what comes later means something if what comes first holds."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.checking.suites import suites as of_flows  # noqa: PLC0415

        yield from of_flows(name, config)
    elif isinstance(config, RecommendationRun):
        from pipelines.recommendation.checking.suites import suites as of_pairs  # noqa: PLC0415

        yield from of_pairs(name, config)
    elif isinstance(config, TransferRun):
        from pipelines.transfer.checking.suites import suites as of_transfers  # noqa: PLC0415

        yield from of_transfers(name, config)


def split(name: str, config: RunConfig) -> None:
    """Freeze what trains, validates and tests."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.fitting.split import run as of_flows  # noqa: PLC0415

        of_flows(name, config)
    elif isinstance(config, RecommendationRun):
        from pipelines.recommendation.fitting.split import run as of_pairs  # noqa: PLC0415

        of_pairs(name, config)
    elif isinstance(config, TransferRun):
        from pipelines.transfer.fitting.split import run as of_transfers  # noqa: PLC0415

        of_transfers(name, config)


def report(name: str, config: RunConfig) -> None:
    """Write the run's pages."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.reporting.report import run as of_flows  # noqa: PLC0415

        of_flows(name, config)
    elif isinstance(config, RecommendationRun):
        from pipelines.recommendation.reporting.report import run as of_pairs  # noqa: PLC0415

        of_pairs(name, config)
    elif isinstance(config, TransferRun):
        from pipelines.transfer.reporting.report import run as of_transfers  # noqa: PLC0415

        of_transfers(name, config)


def described(name: str, config: RunConfig) -> str:
    """What a run would read and keep, in a few lines; nothing is written."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.importing.described import described as of_flows  # noqa: PLC0415

        return of_flows(name, config)
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.importing.described import described as of_pairs  # noqa: PLC0415

        return of_pairs(name, config)
    if isinstance(config, TransferRun):
        from pipelines.transfer.importing.described import described as of_transfers  # noqa: PLC0415

        return of_transfers(name, config)
    raise TypeError(config.track)


def files(config: RunConfig) -> dict[str, Path]:
    """The user's files that a run reads, by the name they have in its records; none of a simulated run."""
    if isinstance(config, MigrationRun):
        from pipelines.migration.importing.described import files as of_flows  # noqa: PLC0415

        return of_flows(config)
    if isinstance(config, RecommendationRun):
        from pipelines.recommendation.importing.described import files as of_pairs  # noqa: PLC0415

        return of_pairs(config)
    if isinstance(config, TransferRun):
        from pipelines.transfer.importing.described import files as of_transfers  # noqa: PLC0415

        return of_transfers(config)
    raise TypeError(config.track)
