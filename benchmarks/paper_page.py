"""The paper's tables beside ours, and by script what can be said of their order."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from benchmarks.paper_fits import AFFINE, NEGATIVES, PROTECTED, SHARED, World, best_threshold, sampled
from benchmarks.paper_printed import (
    FIGURE_4,
    GAIN,
    GAIN_AUC,
    OURS,
    TABLE_3,
    TABLE_4,
    TABLE_5,
    TABLE_6,
    TABLE_7,
    THRESHOLDS,
    Table,
)
from benchmarks.paper_results import Results
from pipelines.evaluation import Bounds, Spread

NOTICE = (
    f"protected fields are inputs here ({', '.join(PROTECTED).replace('_', ' ')}), and in the similarity that negatives are drawn by, "
    "as in the paper: to reproduce its tables, not to rank people. A run has them off unless `use_protected` says otherwise."
)
PROTOCOLS = {
    "auc": "every other employer",
    "auc_popularity": "by popularity",
    "auc_similar": "by similarity",
}
METHODS = {
    "LR": "logistic_regression",
    "FM": "fm",
    "DeepFM": "deepfm",
    "DeepCross": "dcn",
    "AutoInt": "autoint",
    "EXPLORE": "explore",
    "AFN": "afn",
    OURS: "rcjr",
}
ADDED = {"popularity": "popularity", "histogram gradient boosting": "hist_gradient_boosting"}
PARTS = {
    "no preference": "single-requirement",
    "no requirement": "single-preference",
    "no gate": "single-none",
    "full": "single-fuzzy",
}
TICKED = {
    "no preference": ("", "yes", "yes"),
    "no requirement": ("yes", "", "yes"),
    "no gate": ("yes", "yes", ""),
    "full": ("yes", "yes", "yes"),
}
AGGREGATIONS = {kind: f"single-{kind}" for kind in TABLE_5}
TASKS = {"IntentPre": "intent_alone", "UnitRec": "single-fuzzy", OURS: "rcjr"}
SHOWN = {"random": "Random", "similar_c": "Sim_c", "similar_s": "Sim_s", "similar_u": "Sim_u", OURS: "Ours"}
PRINTED = ("AUC, paper", "RelaImpr of ours, %, paper")
HEAD = (
    "AUC, mean (sd)",
    "95 %",
    "RelaImpr of ours, %",
    "ours less it, AUC",
    "seeds above it",
    "AUC, by popularity",
    "AUC, by similarity",
    "HR@10",
)


def page(
    results: Results, epochs: Mapping[str, tuple[int, Mapping[int, float]]], about: str, world: World
) -> str:
    """The whole page.

    Args:
        results: of every configuration that was fitted.
        epochs: by configuration the chosen number, and the validation error at each.
        about: size, seeds and machine, in a line.
        world: the twin.
    """
    methods = {row: name for row, name in METHODS.items() if name in results}
    networks = {
        network: {row: sampled(network, row, best_threshold(row)) for row in TABLE_7}
        for network in ("concatenation", "rcjr", AFFINE)
    }
    extra = {row: name for row, name in {**ADDED, "RCJR with affinity": AFFINE}.items() if name in results}
    verdicts = [
        *verdict("Table 3", TABLE_3, methods, results),
        *verdict("Table 4", TABLE_4, PARTS, results),
        *verdict("Table 5", TABLE_5, AGGREGATIONS, results),
        *tasks_verdict(results),
        *verdict("Table 7", TABLE_7, networks["concatenation"], results),
        *(thresholds_verdict(method, results) for method in FIGURE_4),
    ]
    sections = [
        _head(about, world),
        "## What can be said\n\n"
        + "\n".join(line if line.startswith(" ") else f"- {line}" for line in verdicts),
        "## Table 3: methods\n\n" + _rows(("method",), TABLE_3, {**extra, **methods}, results),
        "## Table 4: parts of reciprocity, without the intent\n\n" + _parts(results),
        "## Table 5: aggregations, without the intent\n\n"
        + _rows(("aggregation",), TABLE_5, AGGREGATIONS, results),
        "## Table 6: both tasks\n\n" + tasks(results),
        "## Table 7: negatives, on concatenated fields\n\n"
        + _rows(("negatives in training",), TABLE_7, networks["concatenation"], results),
        "Not in the paper, the same for the whole model:\n\n"
        + _rows(("negatives in training",), dict.fromkeys(TABLE_7, None), networks["rcjr"], results),
        "And for RCJR with the affinity, which is this project's:\n\n"
        + _rows(("negatives in training",), dict.fromkeys(TABLE_7, None), networks[AFFINE], results),
        "## Figure 4: thresholds, on concatenated fields\n\n" + _thresholds(results),
        "![Test AUC by threshold for three ways to draw negatives](images/paper-thresholds.png)",
        "## Epochs\n\n" + _epochs(epochs),
    ]
    return "\n\n".join(sections) + "\n"


def _head(about: str, world: World) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in SHARED.items())
    return f"""# Results: the tables of the paper

Written by `make paper` (`benchmarks/paper.py`); do not edit. Tables 3 to 7 and figure 4 of Zhu et al. 2021
(doi:10.7544/issn1000-1239.2021.20211008), whose data are private, on a simulated twin of them: {world.students:,} students,
{world.employers:,} employers, the paper's fields, cohorts and split. What was planted in the twin is not what moved those
graduates, so the paper's numbers stand beside ours to compare orders, not sizes.

**Notice:** {NOTICE}

- {about}
- Every model has the same settings: {settings}, batches of 256 pairs, {NEGATIVES} negatives a hire, drawn anew each epoch by
  Algorithm 1 at 80 % unless a table says otherwise. Epochs are chosen among those below, once a model (in table 7 once a
  method), on the validation students by a fit that has not seen them, seed 0; never on the test students. Then it is fitted
  on train and validation students. Trees and popularity have no seed; trees have their library's own settings.
- AUC: a test student's employer against every other employer, mean over students. The paper does not say what its test
  negatives are, and pools pairs; so beside it stand the same with each other employer weighing as often as training has it
  (by popularity: popularity itself is worth nothing there) and against 20 others drawn by Algorithm 1 (by similarity).
- Intervals: 95 %, 1,000 resamples of test students, the same for all rows, of the mean over seeds. They know nothing of
  the chance in training: for that see the sd over seeds, and in how many seeds ours is above.
- The graduation year, which the paper lists among its inputs, is the split and no input here."""


def _parts(results: Results) -> str:
    head = ("left out", "preference", "requirement", "gate")
    names = {row: name for row, name in PARTS.items() if name in results}
    return _rows(head, TABLE_4, names, results, {row: TICKED[row] for row in names})


def _rows(
    head: Sequence[str],
    printed: Mapping[str, tuple[float, float | None] | None],
    names: Mapping[str, str],
    results: Results,
    ticked: Mapping[str, Sequence[str]] | None = None,
) -> str:
    own = names[list(printed)[-1]]
    known = any(printed.values())
    rows = []
    for row, name in names.items():
        auc, improvement = printed.get(row) or (None, None)
        said = ["" if auc is None else f"{auc:.4f}", "" if improvement is None else f"{improvement:+g}"]
        ours = name == own
        rows.append(
            [
                SHOWN.get(row, row) if row in TABLE_7 and "negatives" in head[0] else row,
                *(ticked or {}).get(row, ()),
                *(said if known else ()),
                _spread(results.spread(name, "auc")),
                _range(results.interval(name, "auc")),
                "" if ours else _bounds(results.rela_impr(own, name), 1),
                "" if ours else _bounds(results.difference(own, name, "auc")),
                "" if ours else results.above(own, name, "auc"),
                *(f"{results.mean(name, metric):.4f}" for metric in ("auc_popularity", "auc_similar", "hr")),
            ]
        )
    return table((*head, *(PRINTED if known else ()), *HEAD), rows)


def verdict(title: str, printed: Table, names: Mapping[str, str], results: Results) -> list[str]:
    """Whether the printed order appears, under each protocol, and the difference that decides on the first place.

    Two rows are as printed, or the other way round, if the interval of their difference leaves out zero.
    """
    known = [row for row in printed if row in names]
    own = list(printed)[-1]
    said = []
    for metric, protocol in PROTOCOLS.items():
        held = reverse = undecided = 0
        in_order = True
        for one, two in combinations(known, 2):
            up, down = (one, two) if printed[one][0] > printed[two][0] else (two, one)
            found = results.difference(names[up], names[down], metric)
            held, reverse = held + (found.low > 0), reverse + (found.high < 0)
            undecided += found.low <= 0 <= found.high
            in_order &= found.estimate > 0
        first = max((row for row in known if row != own), key=lambda row: results.mean(names[row], metric))
        ahead = results.difference(names[own], names[first], metric)
        order = "appears" if not reverse and not undecided else "does not appear"
        if in_order and undecided:
            order = "appears in the means, and not beyond chance"
        said.append(
            f"{protocol}: the paper's order {order} ({held} of {held + reverse + undecided} pairs as printed, "
            f"{reverse} the other way round, {undecided} not told apart). {own} - {first} = {_bounds(ahead)}, "
            f"above in {results.above(names[own], names[first], metric)} seeds: {_first(own, ahead)}."
        )
    return [f"{title}, test negatives", *(f"  - {line}" for line in said)]


def _first(own: str, ahead: Bounds) -> str:
    if ahead.low > 0:
        return f"{own} is first"
    return f"{own} is not first" if ahead.high < 0 else "which is first stays open"


def tasks(results: Results) -> str:
    """Table 6."""
    metrics = ("macro_f1", "micro_f1", "auc")
    rows = []
    for row, name in TASKS.items():
        printed = TABLE_6[row]
        cells = [row]
        for metric in metrics:
            cells += (
                [f"{printed[metric]:.4f}", _spread(results.spread(name, metric))]
                if metric in printed
                else ["", ""]
            )
        if row == OURS:
            for metric in ("macro_f1", "micro_f1"):
                gain = results.difference(TASKS[OURS], TASKS["IntentPre"], metric)
                cells += [f"{GAIN[metric]:+.4f}", _bounds(gain)]
            cells += [f"{GAIN_AUC:+g}", _bounds(results.rela_impr(TASKS[OURS], TASKS["UnitRec"]), 1)]
        else:
            cells += [""] * 6
        has_auc = "auc" in printed
        cells += [
            f"{results.mean(name, metric):.4f}" if has_auc else ""
            for metric in ("auc_popularity", "auc_similar", "hr")
        ]
        rows.append(cells)
    head = ["method"]
    for label in ("Macro-F1", "Micro-F1", "AUC"):
        head += [f"{label}, paper", f"{label}, mean (sd)"]
    for label in ("MTL-Gain Macro-F1", "MTL-Gain Micro-F1", "RelaImpr, %"):
        head += [f"{label}, paper", label]
    said = (
        "\n\nIntentPre is the whole model with the intent's loss alone: the same embeddings, GRU, perceptron and batches; its "
        "epochs are those of the smallest cross-entropy on the validation students."
    )
    return table([*head, *HEAD[-3:]], rows) + said


def tasks_verdict(results: Results) -> list[str]:
    """What each task does to the other."""
    said = []
    for metric, other, gained in (
        ("auc", "UnitRec", "the recommender"),
        ("macro_f1", "IntentPre", "the intent's Macro-F1"),
        ("micro_f1", "IntentPre", "the intent's Micro-F1"),
    ):
        gain = results.difference(TASKS[OURS], TASKS[other], metric)
        word = "helped" if gain.low > 0 else "harmed" if gain.high < 0 else "not changed beyond chance"
        said.append(
            f"Table 6: {gained} is {word} by the other task: joint - {other} = {_bounds(gain)}, above in "
            f"{results.above(TASKS[OURS], TASKS[other], metric)} seeds (the paper: helped)."
        )
    return said


def _thresholds(results: Results) -> str:
    rows = []
    for method, best in FIGURE_4.items():
        names = [sampled("concatenation", method, share) for share in THRESHOLDS]
        cells = [_spread(results.spread(name, "auc")) for name in names]
        top = max(range(len(names)), key=lambda at: results.mean(names[at], "auc"))
        cells[top] = f"**{cells[top]}**"
        rows.append([SHOWN[method], f"{best:.0%}", *cells])
    head = ["negatives in training", "best in the paper", *(f"{share:.0%}" for share in THRESHOLDS)]
    said = "AUC, mean (sd); the best of a row in bold. Table 7 has each method at the threshold that the paper found best."
    return f"{table(head, rows)}\n\n{said}"


def thresholds_verdict(method: str, results: Results) -> str:
    """Whether the threshold that the paper found best is best."""
    share = FIGURE_4[method]
    names = {each: sampled("concatenation", method, each) for each in THRESHOLDS}
    first = max(
        (each for each in THRESHOLDS if each != share), key=lambda each: results.mean(names[each], "auc")
    )
    ahead = results.difference(names[share], names[first], "auc")
    word = "is" if ahead.low > 0 else "is not" if ahead.high < 0 else "cannot be told from"
    return (
        f"Figure 4, {SHOWN[method]}: the paper's best threshold, {share:.0%}, {word}: {share:.0%} - {first:.0%} = "
        f"{_bounds(ahead)}, above in {results.above(names[share], names[first], 'auc')} seeds."
    )


def _epochs(epochs: Mapping[str, tuple[int, Mapping[int, float]]]) -> str:
    asked = sorted({number for _, errors in epochs.values() for number in errors})
    rows = []
    for name, (chosen, errors) in epochs.items():
        shown = [f"{errors[number]:.4f}" if number in errors else "" for number in asked]
        rows.append([f"`{name}`", str(chosen), *shown])
    longest = sum(chosen == max(asked, default=0) for chosen, _ in epochs.values())
    said = (
        "Error of the validation students after so many epochs: 1 - AUC, for the intent alone its cross-entropy. "
        f"{longest} of {len(epochs)} fits are best at the largest number, and might gain from more."
    )
    return f"{said}\n\n{table(['fit', 'chosen', *map(str, asked)], rows)}"


def _spread(value: Spread) -> str:
    return f"{value.mean:.4f} ({value.sd:.4f})" if value.sd else f"{value.mean:.4f}"


def _range(value: Bounds) -> str:
    return f"{value.low:.4f} to {value.high:.4f}"


def _bounds(value: Bounds | None, places: int = 4) -> str:
    if value is None:
        return "at chance"
    return f"{value.estimate:+.{places}f} [{value.low:+.{places}f}, {value.high:+.{places}f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Of Markdown; the first column is words."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
