"""The fits behind the paper's tables: what is fitted, by which settings, and what is kept of it."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import chdir
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.paper_printed import EMPLOYERS, FIGURE_4, STUDENTS, THRESHOLDS
from modules.recommendation.features import Features, PairData
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.track import MODELS
from modules.recommendation.training import Spec, builder
from modules.schema import Method, Sampling
from pipelines.config import parse_run
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track
from pipelines.files import whole_folder, write_json
from pipelines.fitting import LossCurve, fit
from pipelines.recommendation.fitting import split
from pipelines.recommendation.fitting.data import open_data
from pipelines.recommendation.fitting.judged import judged
from pipelines.recommendation.importing import ingest
from pipelines.recommendation.judging.measuring import Measuring
from pipelines.recommendation.simulating import stage
from pipelines.recommendation.simulating.vocabulary import EMPLOYER_FIELDS, GRADES, STUDENT_FIELDS
from pipelines.usage import Usage

RUN = "twin"
TOP = Path(__file__).parents[1]
CODE = (
    "benchmarks/paper_fits.py",
    "modules/schema.py",
    "pipelines/fitting.py",
    "pipelines/recommendation/judging/measuring.py",
    *(f"pipelines/recommendation/{part}" for part in ("simulating", "importing", "fitting")),
    *(
        f"modules/recommendation/{part}"
        for part in ("rcjr", "baselines", "data_module.py", "encoder.py", "metrics.py", "pair_module.py")
    ),
    *(
        f"modules/recommendation/{part}.py"
        for part in ("embedding", "mlp", "sampling", "similarity", "track", "training")
    ),
)
"""Where a change makes every kept fit another's."""
SHARED: dict[str, float | str] = {
    "embedding_dim": 16,
    "hidden_units": "64,32",
    "intent_hidden_units": "64",
    "learning_rate": 2e-3,
    "embedding_regularizer": 1e-4,
    "affinity": 0,
    "unseen": 0.02,
}
"""The hyperparameters of every model that takes them; the others are its defaults."""
TREES = {"learning_rate": 0.1, "max_iter": 100, "max_leaf_nodes": 31, "l2_regularization": 0.0}
AFFINE = "rcjr_affinity"
"""Our own form of RCJR, which is not the paper's."""
THRESHOLD, NEGATIVES = 0.8, 4
PROTECTED = ("gender", "political_status", "ethnicity", "hukou")
Values = NDArray[np.float64]


class IntentAlone(RCJR):
    """RCJR whose loss is the intent's alone: the same embeddings, head, batches and optimiser."""

    name = "intent_alone"

    def loss(
        self,
        students: Features,
        employers: Features,  # noqa: ARG002
        label: Tensor,  # noqa: ARG002
        decisions: Tensor | None = None,  # noqa: ARG002
        intent: Tensor | None = None,
    ) -> Tensor:
        """Mean cross-entropy of the known intents."""
        if self.intent is None or intent is None:
            msg = "no intent is recorded"
            raise ValueError(msg)
        logits = self.intent(self.student_embedding(students))
        known = (intent >= 0).sum().clamp_min(1)
        return cross_entropy(logits, intent, ignore_index=-1, reduction="sum") / known


@dataclass(frozen=True)
class World:
    """The twin."""

    students: int = STUDENTS
    employers: int = EMPLOYERS
    seed: int = 7

    @property
    def config(self) -> RecommendationRun:
        """Its run: the paper's fields, cohorts and split, and every field an input."""
        entry: dict[str, Any] = {
            "track": "recommendation",
            "data": "params/no-input",
            "seed": self.seed,
            "source": {"kind": "simulate", "students": self.students, "employers": self.employers},
            "recommendation": {
                "students": {
                    "path": "students.parquet",
                    "id": "student_id",
                    "cohort": "graduation_year",
                    "intent": "intent",
                    "intents": ["abroad", "contract", "domestic_study"],
                    "categorical": list(STUDENT_FIELDS),
                    "sequence": list(GRADES),
                    "protected": list(PROTECTED),
                },
                "employers": {
                    "path": "employers.parquet",
                    "id": "employer_id",
                    "categorical": list(EMPLOYER_FIELDS),
                },
                "placements": {
                    "path": "placements.parquet",
                    "student": "student_id",
                    "employer": "employer_id",
                },
                "split": {"validation": ["2017"], "test": ["2018"]},
                "sampling": {"method": "ours", "threshold": THRESHOLD, "negatives": NEGATIVES},
                "use_protected": True,
            },
        }
        return of_track(parse_run(entry, RUN), RecommendationRun)

    def build(self, folder: Path) -> None:
        """Simulate, import and split, as the stages of a run do, unless it is there already."""
        if folder.exists():
            return
        with whole_folder(folder) as empty, chdir(empty):
            for step in (stage, ingest, split):
                step.run(RUN, self.config)


@dataclass(frozen=True)
class Configuration:
    """One row of a table: a model, its settings, where its negatives come from."""

    name: str
    model: str
    changes: Mapping[str, float | str] = field(default_factory=dict)
    method: Method = "ours"
    threshold: float = THRESHOLD
    epochs_of: str = ""
    """The configuration whose epochs it takes; none: its own."""

    @property
    def spec(self) -> Spec:
        """How it is built and trained."""
        if self.model == IntentAlone.name:
            ours = next(model for model in MODELS if model.name == RCJR.name)
            return replace(ours, name=IntentAlone.name, build=builder(IntentAlone))
        return next(model for model in MODELS if model.name == self.model)

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """All but the epochs."""
        return dict(TREES) if self.model == "hist_gradient_boosting" else {**SHARED, **self.changes}

    def data(self, fold: PairData) -> PairData:
        """The fold, with this configuration's negatives."""
        return replace(fold, sampling=Sampling(self.method, self.threshold, NEGATIVES))


@dataclass(frozen=True)
class Job:
    """One fit."""

    configuration: Configuration
    seed: int
    world: World
    choices: tuple[int, ...] = ()
    """Epochs after which the validation students are asked; none: fit for the test."""
    epochs: int = 0

    @property
    def key(self) -> str:
        """Hash of everything that its result hangs on."""
        said = json.dumps([asdict(self), self.configuration.hyperparameters, code_hash()], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def file(self) -> str:
        """Of its result."""
        what = "choice.json" if self.choices else f"seed-{self.seed}.npz"
        return f"{self.configuration.name}-{self.key}-{what}"


def sampled(network: str, method: str, threshold: float) -> str:
    """Name of a network that is fitted with these negatives."""
    base = method == "ours" and threshold == THRESHOLD
    return network if base else f"{network}-{method}-{100 * threshold:.0f}"


def best_threshold(method: str) -> float:
    """That which the paper found best; the other methods know none."""
    return FIGURE_4.get(method, THRESHOLD)


def configurations(methods: Iterable[str]) -> dict[str, Configuration]:
    """Everything that the tables show, by name; of the baselines of table 3 those that are named."""
    found = [Configuration(name, name) for name in methods]
    found += [Configuration("rcjr", "rcjr"), Configuration("intent_alone", "intent_alone")]
    single: dict[str, float | str] = {"intent_weight": 0.0}
    found += [
        Configuration(f"single-{kind}", "rcjr", {**single, "aggregation": kind})
        for kind in ("fuzzy", "requirement", "preference", "none", "mean", "dot", "harmonic")
    ]
    pairs = [(method, best_threshold(method)) for method in get_args(Method)]
    curves = [(method, share) for method in FIGURE_4 for share in THRESHOLDS if (method, share) not in pairs]
    for network, wanted in (("concatenation", pairs + curves), ("rcjr", pairs), (AFFINE, pairs)):
        changes: dict[str, float | str] = {"affinity": 1} if network == AFFINE else {}
        model = "rcjr" if network == AFFINE else network
        for method, share in wanted:
            name, own = sampled(network, method, share), sampled(network, method, best_threshold(method))
            found.append(Configuration(name, model, changes, method, share, "" if own == name else own))
    return {each.name: each for each in found}


@cache
def code_hash() -> str:
    """Of the code that a fit's result hangs on."""
    digest = hashlib.sha256()
    for part in CODE:
        for path in sorted((TOP / part).rglob("*.py")) or [TOP / part]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


class _Checks(LossCurve):
    """Asks a network after some epochs how large its error is; a longer fit passes through a shorter one."""

    def __init__(self, choices: Iterable[int], bench: "Bench") -> None:
        super().__init__()
        self.choices, self.bench = frozenset(choices), bench
        self.errors: dict[int, float] = {}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_epoch_end(trainer, pl_module)
        if len(self.losses) in self.choices:
            network = pl_module.network
            if not isinstance(network, PairModel):
                raise TypeError(type(network).__name__)
            self.errors[len(self.losses)] = self.bench.error(network.eval())
            network.train()


class Bench:
    """The twin in one process, ready to fit and measure."""

    def __init__(self, folder: Path, world: World) -> None:
        torch.set_num_threads(1)
        config = world.config
        with chdir(folder):
            data = open_data(RUN, config)
        self.backtest, self.final = data.backtest.data, data.final.data
        self.measuring = Measuring(self.final, config.evaluate, config.seed)
        code = {label: at for at, label in enumerate(self.final.intents)}
        labels = data.students.column("intent").to_pylist()
        self.intent = torch.tensor([code.get(label, -1) for label in labels])
        self.validation = judged(self.backtest)

    def error(self, network: PairModel) -> float:
        """Of the validation students: 1 - AUC, or where nothing but the intent is told its cross-entropy."""
        if not isinstance(network, IntentAlone):
            return 1 - self.validation.auc(network)
        rows = self.validation.rows[self.intent[self.validation.rows] >= 0]
        with torch.no_grad():
            logits = network.intent_logits(self.backtest.students[rows])
        if logits is None:
            msg = "no intent is recorded"
            raise ValueError(msg)
        return float(cross_entropy(logits, self.intent[rows]))

    def choose(self, job: Job) -> dict[int, float]:
        """Validation error after every number of epochs that may be chosen."""
        each = job.configuration
        checks = _Checks(job.choices, self)
        chosen = {**each.hyperparameters, "epochs": max(job.choices)}
        fit(each.spec, each.data(self.backtest), chosen, job.seed, curve=checks)
        return checks.errors

    def test(self, job: Job) -> dict[str, Values]:
        """Metrics of every test student, and the intent that each is told and has."""
        each = job.configuration
        network = fit(
            each.spec, each.data(self.final), {**each.hyperparameters, "epochs": job.epochs}, job.seed
        )
        if not isinstance(network, PairModel):
            raise TypeError(type(network).__name__)
        rows = self.measuring.judged.rows
        found = {} if isinstance(network, IntentAlone) else self.measuring(network)
        with torch.no_grad():
            logits = network.intent_logits(self.final.students[rows])
        if logits is not None:
            found["told"] = logits.argmax(1).double().numpy()
            found["intent"] = self.intent[rows].double().numpy()
        return found


@cache
def _bench(folder: Path, world: World) -> Bench:
    return Bench(folder, world)


def work(job: Job, twin: Path, kept: Path) -> float:
    """Do a job and keep its result; returns its CPU seconds."""
    bench = _bench(twin, job.world)
    usage = Usage()
    path = kept / job.file
    if job.choices:
        errors = bench.choose(job)
        seconds = usage.metrics()["cpu_seconds"]
        write_json(path, {"errors": errors, "cpu_seconds": seconds})
        return seconds
    found = bench.test(job)
    seconds = usage.metrics()["cpu_seconds"]
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    np.savez_compressed(temporary, cpu_seconds=seconds, **found)  # type: ignore[arg-type]
    temporary.replace(path)
    return seconds
