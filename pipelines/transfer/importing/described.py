"""What a run would read, before anything is written."""

from pathlib import Path

from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import TransferRun
from pipelines.tables.locate import by_name, locate
from pipelines.transfer.importing import ingest


def files(config: TransferRun) -> dict[str, Path]:
    """The user's files by the name they have in import.json; none of a simulated run.

    Raises:
        UserError: if there are none where the run says.
    """
    if isinstance(config.source, SimulateArticlesSource):
        return {}
    data, settings = Path(config.data), config.transfer
    found = ingest.files(data, settings)
    for each in settings.labelled.path or ():
        found |= by_name(data, locate(data, each, "transfer.labelled.path"))
    return found


def described(name: str, config: TransferRun) -> str:
    """Articles, languages, days and labelled passages of a run, in a few lines.

    Raises:
        UserError: naming what is wrong with its data.
    """
    source, settings = config.source, config.transfer
    title = f"{name}: {config.track}, data {config.data}"
    lines = {"voters": ", ".join(settings.voters)}
    if isinstance(source, SimulateArticlesSource):
        lines["simulated"] = f"{source.articles:,} articles about moves between {source.countries} countries"
    else:
        data = Path(config.data)
        for each in settings.references.values():  # which only the report reads, hours later
            locate(data, each, "transfer.references")
        record = ingest.read(data, source, settings).record
        title += f", files {', '.join(record['files'])}"
        rows, days = record["rows"], record["published"]
        gone = rows["quarantined"] | rows["dropped"]
        why = ", ".join(f"{count} {reason}" for reason, count in gone.items() if count)
        lines["articles"] = f"{rows['read']} read, {rows['kept']} kept; left out: {why or 'none'}"
        lines["days"] = f"{days['known']} known, {days['first']} to {days['last']}"
        labelled = ingest.labelled_counts(ingest.read_answers(data, settings.labelled, config.seed))
        counts = {part: sum(its.values()) for part, its in labelled.items()}
        lines["labelled"] = ", ".join(f"{count} {part}" for part, count in counts.items()) + " passages"
    return "\n".join([title, *(f"  {what:12}{text}" for what, text in lines.items())])
