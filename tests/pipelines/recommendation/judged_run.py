"""A small run on disk, up to the split, and its judgement with networks that were fitted for a moment."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from modules.recommendation.baselines.popularity import Popularity
from modules.recommendation.features import PairData
from modules.recommendation.networks import save_network
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.config.recommendation import RecommendationRun
from pipelines.judging import Contender
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting import split
from pipelines.recommendation.fitting.data import RunData, open_data
from pipelines.recommendation.judging.judgement import Judgement
from tests.pipelines.recommendation.entries import entry, run_of

NAME = "small"
STUDENTS, EMPLOYERS = 480, 16
CITIES = ("Xi'an", "Beijing", "Yulin", "Jinan")
COLLEGES = ("electrical", "civil", "law", "medicine")
CONFIG: RecommendationRun = run_of(
    entry(
        students__categorical=["gender", "ethnicity", "college"],
        students__protected=["gender", "ethnicity"],
        employers__categorical=["name", "city", "nature", "industry"],
        sampling={"method": "random", "negatives": 3},
    ),
    evaluate={"bootstrap": 200},
)


def write(favoured: bool = False, *, apart: bool = False) -> None:
    """Tables of a run in the working folder: a college goes to a city, a gender is at home in none.

    Args:
        favoured: men follow the rule and women go anywhere, so that no model can be as good for both.
        apart: of a city's employers men and women go to different ones.
    """
    draw = random.Random(3)  # noqa: S311
    students: list[dict[str, object]] = []
    placements = []
    for at in range(STUDENTS):
        college = draw.randrange(4)
        gender = "male" if at % 5 < 3 else "female"
        lost = favoured and gender == "female"
        own = [employer for employer in range(EMPLOYERS) if lost or employer % 4 == college]
        if apart:
            own = own[::2] if gender == "male" else own[1::2]
        students.append(
            {
                "id": f"s{at:04d}",
                "cohort": ("2015", "2016", "2017", "2018", "2018")[at * 5 // STUDENTS],
                "intent": draw.choice(["contract", "contract", "abroad"]),
                "gender": gender,
                "ethnicity": "Han" if at % 40 else "Hui",
                "college": COLLEGES[college],
                "grade_1": draw.gauss(75, 8),
                "grade_2": draw.gauss(75, 8),
            }
        )
        placements.append({"student": f"s{at:04d}", "employer": f"e{draw.choice(own):02d}"})
    employers = [
        {
            "id": f"e{at:02d}",
            "name": f"firm {at}",
            "city": CITIES[at % 4],
            "nature": ("state", "private")[at % 2],
            "industry": ("power", "schools", "building")[at % 3],
        }
        for at in range(EMPLOYERS)
    ]
    paths = RunPaths(NAME)
    for folder in (paths.extracted, paths.gold):
        folder.mkdir(parents=True, exist_ok=True)
    for name, rows in {"students": students, "employers": employers, "placements": placements}.items():
        pq.write_table(pa.Table.from_pylist(rows), paths.extracted / f"{name}.parquet")
    split.run(NAME, CONFIG)
    for folder in (paths.gold, paths.raw):
        folder.mkdir(exist_ok=True)
        (folder / "empty.json").write_text(json.dumps({}), encoding="utf-8")


def judgement(seeds: int = 2, epochs: int = 60, config: RecommendationRun = CONFIG) -> Judgement:
    """Of popularity and RCJR, on the tables of the working folder."""
    data = open_data(NAME, config)
    return Judgement(data, contenders(data, seeds, epochs), config.evaluate, config.seed)


def contenders(data: RunData, seeds: int, epochs: int) -> list[Contender[PairModel]]:
    """Popularity and RCJR."""

    def fits(fit: Callable[[PairData, int], PairModel]) -> dict[str, dict[int, PairModel]]:
        return {
            fold: {seed: fit(getattr(data, fold).data, seed) for seed in range(seeds)}
            for fold in ("backtest", "final")
        }

    return [
        Contender(
            "popularity",
            "baseline",
            {},
            **fits(lambda fold, _: Popularity.fit(Shape.of(fold), fold.employers, fold.popularity)),
        ),
        Contender("rcjr", "own", {}, **fits(lambda fold, seed: fitted(fold, seed, epochs))),
    ]


def fitted(data: PairData, seed: int, epochs: int) -> RCJR:
    """RCJR after some steps on every hire and as many random pairs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = RCJR(Shape.of(data), embedding_dim=8, hidden_units="16")
        optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
        hires = data.hires.positive
        label = torch.cat([torch.ones(len(hires)), torch.zeros(len(hires))])
        students = data.students[hires.student.repeat(2)]
        intent = torch.cat([data.intent[hires.student], torch.full((len(hires),), -1)])
        for _ in range(epochs):
            others = torch.randint(len(data.employers), (len(hires),))
            employers = data.employers[torch.cat([hires.employer, others])]
            optimiser.zero_grad()
            network.loss(students, employers, label, intent=intent).backward()
            optimiser.step()
    return network.eval()


def saved(judged: Judgement) -> None:
    """Leave the networks and the choice behind, as tune and train would."""
    paths = RunPaths(NAME)
    for contender in judged.ranked:
        for fold, networks in (("backtest", contender.backtest), ("final", contender.final)):
            for seed, network in networks.items():
                folder = Path(paths.model / contender.name / f"seed-{seed}" / fold)
                folder.mkdir(parents=True)
                save_network(network, folder)
    models = [{"model": contender.name, "role": contender.role} for contender in judged.ranked]
    (paths.model / "models.json").write_text(json.dumps(models), encoding="utf-8")
    paths.tune.mkdir()
    best: dict[str, dict[str, float]] = {contender.name: {} for contender in judged.ranked}
    (paths.tune / "best.json").write_text(json.dumps(best), encoding="utf-8")
