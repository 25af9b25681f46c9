"""The simulate stage of a run that extracts transfers: articles as a crawler has them, and what they tell."""

from pipelines.config.simulate_articles import SimulateArticlesSource
from pipelines.config.transfer import TransferRun
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.paths import RunPaths
from pipelines.transfer.simulating.articles import draw


def run(name: str, config: TransferRun) -> None:
    """Write raw/articles.parquet, gold/labels.parquet and gold/flows.parquet; else a note in both folders."""
    paths = RunPaths(name)
    with whole_folder(paths.gold) as gold, whole_folder(paths.raw) as raw:
        if isinstance(config.source, SimulateArticlesSource):
            drawn = draw(config.source, config.seed)
            write_parquet(raw / "articles.parquet", drawn.articles)
            write_parquet(gold / "labels.parquet", drawn.labels)
            write_parquet(gold / "flows.parquet", drawn.flows)
        else:
            for folder in (raw, gold):
                write_json(folder / "empty.json", {"source": config.source.kind})
