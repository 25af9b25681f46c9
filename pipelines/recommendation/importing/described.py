"""What a run would read, before anything is written."""

from pathlib import Path

from pipelines.config.recommendation import RecommendationRun, SimulatePlacementsSource
from pipelines.recommendation.importing import ingest
from pipelines.recommendation.importing.read_file import file_of
from pipelines.tables.locate import by_name


def files(config: RecommendationRun) -> dict[str, Path]:
    """The user's files by the name they have in import.json; none of a simulated run.

    Raises:
        UserError: if there are none where the run says.
    """
    if isinstance(config.source, SimulatePlacementsSource):
        return {}
    data, settings = Path(config.data), config.recommendation
    return by_name(
        data, sorted({file_of(data, getattr(settings, table).path, table) for table in ingest.TABLES})
    )


def described(name: str, config: RecommendationRun) -> str:
    """Rows, cohorts, parts and fields of a run, in a few lines.

    Raises:
        UserError: naming what is wrong with its data.
    """
    source, settings = config.source, config.recommendation
    title = f"{name}: {config.track}, data {config.data}"
    fields = [
        f"{len(side.fields)} of {what}"
        for what, side in zip(("students", "employers"), settings.data_schema.inputs, strict=True)
    ]
    hidden = sorted({*settings.students.protected, *settings.employers.protected})
    seen = "seen by models" if settings.use_protected else "kept for audits"
    protected = f"{', '.join(hidden)}, {seen}" if hidden else "none"
    lines = {"fields": f"{', '.join(fields)}; protected: {protected}"}
    if isinstance(source, SimulatePlacementsSource):
        lines["simulated"] = f"{source.students:,} students, {source.employers:,} employers"
    else:
        record = ingest.read(Path(config.data), source, settings).record
        title += f", files {', '.join(record['files'])}"
        for table, rows in record["rows"].items():
            gone = rows["quarantined"] | rows["dropped"]
            why = ", ".join(f"{count} {reason}" for reason, count in gone.items() if count)
            lines[table] = f"{rows['read']} read, {rows['kept']} kept; left out: {why or 'none'}"
        lines["parts"] = ", ".join(f"{count} {part}" for part, count in record["parts"].items()) + " students"
    return "\n".join([title, *(f"  {what:12}{text}" for what, text in lines.items())])
