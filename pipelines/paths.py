"""Where a run's things lie: outputs under runs/<run>/, trusted scratch under .scratch/."""

from dataclasses import dataclass
from pathlib import Path

SCRATCH = Path(".scratch")
GAZETTEER = Path("runs/_gazetteer/places.sqlite")
"""Of all runs of the transfer track."""


@dataclass(frozen=True)
class RunPaths:
    """The folders and files of one run, relative to the project's top folder."""

    run: str

    @property
    def top(self) -> Path:
        """Everything of the run."""
        return Path("runs") / self.run

    @property
    def raw(self) -> Path:
        """A simulated run: queries/<YYYY-MM>.parquet and regions.csv; another: empty.json."""
        return self.top / "raw"

    @property
    def gold(self) -> Path:
        """A simulated run: queries/<YYYY-MM>.parquet, variables and flows; another: empty.json."""
        return self.top / "gold"

    @property
    def extracted(self) -> Path:
        """flows.parquet, regions.parquet, distances.parquet (if known) and import.json."""
        return self.top / "extracted"

    @property
    def validation(self) -> Path:
        """result.json and index.html of the data checks."""
        return self.top / "validation"

    @property
    def split(self) -> Path:
        """split.json: the origins of train, validation and test, and hashes of their row keys."""
        return self.top / "split"

    @property
    def tune(self) -> Path:
        """best.json and trials.json."""
        return self.top / "tune"

    @property
    def model(self) -> Path:
        """<model>/seed-<seed>/{backtest,final}: weights and config; of our own model perhaps more fits."""
        return self.top / "model"

    @property
    def artefact(self) -> Path:
        """The packaged candidate."""
        return self.top / "artefact"

    @property
    def evaluation(self) -> Path:
        """evaluation.json: everything that the report shows."""
        return self.top / "evaluation"

    @property
    def metrics(self) -> Path:
        """Numbers for `dvc metrics`."""
        return self.top / "metrics.json"

    @property
    def plots(self) -> Path:
        """Tables for `dvc plots`."""
        return self.top / "plots"

    @property
    def report(self) -> Path:
        """index.html (the model), cities.html (the cities) and the latter's tables/*.csv."""
        return self.top / "report"

    @property
    def card(self) -> Path:
        """The model card as a page, of the champion if there is one."""
        return self.top / "card.html"

    @property
    def monitor(self) -> Path:
        """The last look of `talentflow monitor`."""
        return self.top / "monitor.html"

    def scratch(self, stage: str, key: str) -> Path:
        """Resumable work of a stage with this key; never a release artefact."""
        return SCRATCH / self.run / f"{stage}-{key[:16]}"
