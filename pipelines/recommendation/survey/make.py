"""The questionnaires: test students, the model's explanation and a random one, in blind order."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from modules.errors import UserError
from modules.recommendation.explanation import leave_one_out_pairs
from modules.recommendation.faithfulness import TOP
from modules.recommendation.features import Pairs
from modules.recommendation.networks import load_network
from modules.recommendation.pair_model import PairModel
from modules.schema import Side
from pipelines.config.recommendation import RecommendationRun
from pipelines.evaluation import read_evaluation
from pipelines.files import whole_folder, write_json
from pipelines.pages import render
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import RunData, open_data
from pipelines.recommendation.fitting.judged import judged
from pipelines.recommendation.judging.cards import SHARED, ranks_of, said, shareable
from pipelines.recommendation.judging.evaluation import RecommendationEvaluation
from pipelines.recommendation.survey.questions import ITEMS, KEY, columns, csv_of, header

GROUPS = 2
_SIDES = "student", "employer"
Bars = list[tuple[str, str, float]]
"""Field, value (empty of an intent), worth."""


@dataclass(frozen=True)
class Case:
    """A test student: what the model says of the match, and what says nothing."""

    model: dict[str, Bars]
    random: dict[str, Bars]


def make(name: str, config: RecommendationRun, students: int, raters: int, out: Path) -> None:
    """Write group-1.html, group-1.csv, group-2.html, group-2.csv and key.json into a new folder.

    Test students are drawn whose employer is among the first that our own model lists. Each of the two groups
    of raters is given every student, shared out among its raters; which explanation is the model's is drawn
    anew for each group and stands in key.json alone. A random explanation has the model's weights on other
    fields, so that no shape gives it away.

    Raises:
        UserError: if there are too few such students, an odd number of raters, or a folder is in the way.
    """
    if raters < GROUPS or raters % GROUPS:
        raise UserError(f"--raters {raters}: two groups of as many raters are needed; give an even number")
    if students < raters // GROUPS:
        raise UserError(
            f"--students {students}: fewer than the raters of a group; give {raters // 2} or more"
        )
    if out.exists():
        raise UserError(f"{out}: exists already, perhaps with answers; name another folder with --out")
    generator = np.random.default_rng(config.seed)
    items, cases = drawn(name, config, students, generator)
    people = generator.permutation(raters).reshape(GROUPS, -1)
    sheets: dict[str, dict[str, object]] = {}
    with whole_folder(out) as folder:
        for group, members in enumerate(people.tolist(), start=1):
            shown = []
            for at, case in enumerate(cases):
                rater = f"rater {members[at % len(members)] + 1}"
                sheet, model_first = f"{group}-{at + 1:02d}", bool(generator.integers(2))
                sheets[sheet] = {"case": at + 1, "rater": rater, "model": 1 if model_first else 2}
                pair = (case.model, case.random) if model_first else (case.random, case.model)
                shown.append((rater, sheet, pair))
            shown.sort(key=lambda each: (int(each[0].split()[1]), each[1]))
            page = render(
                "survey.html", run=name, group=group, sheets=shown, items=_asked(items), shared=SHARED
            )
            (folder / f"group-{group}.html").write_text(page, encoding="utf-8")
            with (folder / csv_of(group)).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header(items))
                blank = [""] * (len(header(items)) - 2)
                writer.writerows([rater, sheet, *blank] for rater, sheet, _ in shown)
        write_json(folder / KEY, {"run": name, "seed": config.seed, "items": items, "sheets": sheets})


def _asked(items: Sequence[str]) -> list[tuple[str, str, tuple[str, str]]]:
    return [(item, ITEMS[item], columns(item)) for item in items]


def drawn(
    name: str, config: RecommendationRun, students: int, generator: np.random.Generator
) -> tuple[list[str], list[Case]]:
    """What an explanation consists of, and the students that are asked about.

    Raises:
        UserError: if the run has no model of our own, or too few students fit.
    """
    paths = RunPaths(name)
    evaluation = read_evaluation(paths.evaluation / "evaluation.json", RecommendationEvaluation)
    if evaluation.explanations is None:
        raise UserError(f"{name}: no model of our own took part, so there is nothing to explain; add rcjr")
    folder = paths.model / evaluation.explanations.model / f"seed-{config.train.seeds[0]}"
    network, data = load_network(folder / "final"), open_data(name, config)
    fold = data.final.data
    matches = fold.judging.positive
    ranks = torch.tensor(ranks_of(judged(fold), network, matches))
    # One match a student, the one that stands highest.
    order = ranks.argsort(stable=True)
    listed = order[ranks[order] <= evaluation.top].tolist()
    rows = sorted({int(matches.student[at]): at for at in reversed(listed)}.values())
    if len(rows) < students:
        raise UserError(
            f"{name}: {len(rows)} test students have their employer among the first {evaluation.top}, not "
            f"{students}; give --students {len(rows)} at most"
        )
    chosen = np.sort(generator.choice(rows, students, replace=False))
    return _cases(data, network, matches[torch.from_numpy(chosen)], generator)


def _cases(
    data: RunData, network: PairModel, pairs: Pairs, generator: np.random.Generator
) -> tuple[list[str], list[Case]]:
    fold, sides = data.final.data, data.schema.inputs
    worth = leave_one_out_pairs(network, fold.students[pairs.student], fold.employers[pairs.employer])
    with torch.no_grad():
        told = network.intent_logits(fold.students[pairs.student])
    words = [said(table, side) for table, side in zip((data.students, data.employers), sides, strict=True)]
    texts = [{field: np.array(said_of) for field, said_of in each.items()} for each in words]
    every = [each.positive for each in (fold.hires, fold.judging)]
    rows = [torch.cat([getattr(each, side) for each in every]).numpy() for side in _SIDES]
    cases = []
    for at in range(len(pairs)):
        true = [each[at].numpy() for each in worth]
        weights = {"model": true, "random": [generator.permutation(each) for each in true]}
        best = {kind: [_best(each) for each in both] for kind, both in weights.items()}
        # What may be shown is settled for both explanations together, common values first: they hide least.
        own = int(pairs.student[at]), int(pairs.employer[at])
        used = sorted(
            {(side, place) for both in best.values() for side in (0, 1) for place in both[side]},
            key=lambda field: (-_sharing(texts, sides, rows, own, field), field),
        )
        columns_of = [texts[side][sides[side].fields[place]] for side, place in used]
        values = shareable(
            [str(column[own[side]]) for column, (side, _) in zip(columns_of, used, strict=True)],
            [column[rows[side]] for column, (side, _) in zip(columns_of, used, strict=True)],
            rows[0],
        )
        value_of = dict(zip(used, values, strict=True))
        shown: dict[str, dict[str, Bars]] = {"model": {}, "random": {}}
        if told is not None:
            chances = told[at].softmax(0).numpy()
            for kind, each in (("model", chances), ("random", generator.permutation(chances))):
                shown[kind]["intents"] = [
                    (intent, "", float(chance)) for intent, chance in zip(fold.intents, each, strict=True)
                ]
        for kind, bars in shown.items():
            for side, item in enumerate(_SIDES):
                bars[item] = [
                    (sides[side].fields[place], value_of[side, place], float(weights[kind][side][place]))
                    for place in best[kind][side]
                ]
        cases.append(Case(shown["model"], shown["random"]))
    return list(cases[0].model), cases


def _sharing(
    texts: Sequence[dict[str, NDArray[np.str_]]],
    sides: Sequence[Side],
    rows: Sequence[NDArray[np.int64]],
    own: tuple[int, int],
    field: tuple[int, int],
) -> int:
    """Matches that have the value that a pair has in a field."""
    side, place = field
    column = texts[side][sides[side].fields[place]]
    return int((column[rows[side]] == column[own[side]]).sum())


def _best(weights: NDArray[np.float32]) -> list[int]:
    first: list[int] = (-weights).argsort(kind="stable")[:TOP].tolist()
    return first
