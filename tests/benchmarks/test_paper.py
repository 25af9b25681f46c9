"""The paper's own arithmetic, and the page that stands beside it."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import typer
from click.testing import Result
from sklearn.metrics import f1_score
from typer.testing import CliRunner

from benchmarks.paper import main
from benchmarks.paper_fits import Bench, Configuration, Job, World, configurations
from benchmarks.paper_page import METHODS, verdict
from benchmarks.paper_printed import (
    EMPLOYERS,
    GAIN,
    GAIN_AUC,
    OURS,
    SPARSITY,
    SPLIT,
    STUDENTS,
    TABLE_3,
    TABLE_4,
    TABLE_5,
    TABLE_6,
    TABLE_7,
    Table,
)
from benchmarks.paper_results import Results
from modules.recommendation.metrics import rela_impr
from modules.recommendation.rcjr.rcjr import RCJR
from pipelines.fitting import fit
from pipelines.recommendation.simulating.vocabulary import COHORTS
from tests.conftest import call

SMALL = World(400, 40)
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "paper.py"


@pytest.mark.parametrize("printed", [TABLE_3, TABLE_4, TABLE_5, TABLE_7])
def test_every_printed_improvement_follows_from_the_printed_aucs(printed: Table) -> None:
    *others, own = printed
    assert printed[own][1] is None
    for row in others:
        auc, improvement = printed[row]
        assert improvement is not None
        places = len(str(improvement).split(".")[1])
        assert round(rela_impr(printed[own][0], auc), places) == improvement


def test_the_gains_of_both_tasks_follow_from_the_printed_scores() -> None:
    ours, alone = TABLE_6[OURS], TABLE_6["IntentPre"]
    assert {metric: round(ours[metric] - alone[metric], 4) for metric in GAIN} == GAIN
    assert round(rela_impr(ours["auc"], TABLE_6["UnitRec"]["auc"]), 1) == GAIN_AUC


def test_the_tables_agree_where_they_show_the_same_fit() -> None:
    assert TABLE_4["no gate"] == TABLE_5["none"]
    assert TABLE_4["full"] == TABLE_5["fuzzy"]
    assert TABLE_5["fuzzy"][0] == TABLE_6["UnitRec"]["auc"]
    assert TABLE_3[OURS][0] == TABLE_6[OURS]["auc"]


def test_one_placement_a_student_is_the_printed_sparsity_and_the_split_is_the_twins() -> None:
    assert round(100 / EMPLOYERS, 3) == SPARSITY
    *train, validation, test = COHORTS.values()
    assert {"train": sum(train), "validation": validation, "test": test} == SPLIT
    assert sum(SPLIT.values()) == STUDENTS


def made_up(means: dict[str, float], spread: float = 0.001) -> Results:
    rng = np.random.default_rng(0)
    people = rng.normal(0, 0.05, 500)
    fits = {
        name: [
            dict.fromkeys(
                ("auc", "auc_popularity", "auc_similar"), mean + people + rng.normal(0, spread, 500)
            )
            for _ in range(2)
        ]
        for name, mean in means.items()
    }
    return Results(fits, 200, 0)


def test_a_verdict_tells_the_printed_order_from_its_reverse_and_from_chance() -> None:
    names = {row: METHODS[row] for row in ("LR", "FM", OURS)}
    printed = {METHODS[row]: TABLE_3[row][0] for row in names}
    said = verdict("T", TABLE_3, names, made_up(printed))
    assert len(said) == 4
    assert "the paper's order appears (3 of 3 pairs as printed" in said[1]
    assert "ours - FM = +0.059" in said[1]
    assert "above in 2 of 2 seeds: ours is first" in said[1]
    said = verdict("T", TABLE_3, names, made_up({name: 1.5 - auc for name, auc in printed.items()}))
    assert "does not appear (0 of 3 pairs as printed, 3 the other way round" in said[1]
    assert "ours - LR = -0.06" in said[1]
    assert "ours is not first" in said[1]
    said = verdict("T", TABLE_3, names, made_up(dict.fromkeys(printed, 0.8), 0.1))
    assert "3 not told apart" in said[1]
    assert "which is first stays open" in said[1]


def test_f1_is_scikit_learns_and_a_student_without_intent_counts_for_nothing() -> None:
    rng = np.random.default_rng(1)
    truth, told = rng.integers(0, 3, 300).astype(float), rng.integers(0, 3, 300).astype(float)
    truth[:40] = -1
    found = Results({"one": [{"intent": truth, "told": told}]}, 100, 0)
    for average in ("macro", "micro"):
        expected = f1_score(truth[40:], told[40:], average=average)
        bounds = found.interval("one", f"{average}_f1")
        assert bounds.estimate == pytest.approx(expected)
        assert bounds.low < expected < bounds.high


def test_every_configuration_is_fitted_once_and_takes_epochs_of_one_that_chose_its_own() -> None:
    found = configurations(["fm"])
    settings = [(c.model, tuple(sorted(c.changes.items())), c.method, c.threshold) for c in found.values()]
    assert len(set(settings)) == len(settings)
    for each in found.values():
        chooser = found[each.epochs_of or each.name]
        assert not chooser.epochs_of
        assert (chooser.model, chooser.method) == (each.model, each.method)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("paper") / "twin"
    SMALL.build(folder)
    return Bench(folder, SMALL)


def test_protected_fields_are_inputs_as_in_the_paper(bench: Bench) -> None:
    assert bench.final.students.codes.shape[1] == 9
    assert bench.final.students.values.shape[1] == 6
    assert bench.final.employers.codes.shape[1] == 6


def test_a_long_fit_passes_through_the_short_one_that_it_stands_for(bench: Bench) -> None:
    asked = Configuration("rcjr", "rcjr", {"net_dropout": 0.2})
    errors = bench.choose(Job(asked, 0, SMALL, choices=(1, 3)))
    assert sorted(errors) == [1, 3]
    network = fit(asked.spec, asked.data(bench.backtest), {**asked.hyperparameters, "epochs": 1}, 0)
    assert isinstance(network, RCJR)
    assert bench.error(network) == errors[1] != errors[3]


def test_the_intent_alone_moves_no_weight_of_the_match(bench: Bench) -> None:
    asked = configurations([])["intent_alone"]
    fitted = fit(asked.spec, asked.data(bench.final), {**asked.hyperparameters, "epochs": 3}, 0)
    torch.manual_seed(0)
    fresh = asked.spec.build(bench.final, asked.hyperparameters)
    moved = {
        name: not torch.equal(before, after)
        for (name, before), after in zip(fresh.named_parameters(), fitted.parameters(), strict=True)
    }
    assert not any(changed for name, changed in moved.items() if name.startswith("aggregation"))
    assert all(changed for name, changed in moved.items() if name.startswith("intent"))
    rows = bench.measuring.judged.rows
    found = bench.test(Job(asked, 0, SMALL, epochs=3))
    assert set(found) == {"told", "intent"}
    assert len(found["told"]) == len(rows)


@pytest.mark.slow
def test_the_page_has_every_table_and_a_second_run_fits_nothing(tmp_path: Path) -> None:
    sizes = ("--students", "400", "--employers", "40", "--seeds", "1", "--epochs", "1", "--parallel", "1")
    where = ("--out", str(tmp_path), "--scratch", str(tmp_path / "scratch"))
    arguments = [*sizes, "--methods", "fm,popularity", *where]
    first = call(sys.executable, str(SCRIPT), *arguments, cwd=SCRIPT.parents[1])
    assert "notice: protected fields are inputs here" in first.stderr
    assert "fits to do" in first.stderr
    page = (tmp_path / "results-paper.md").read_text(encoding="utf-8")
    for title in ("Table 3", "Table 4", "Table 5", "Table 6", "Table 7", "Figure 4"):
        section = page.split(f"## {title}")[1].split("\n## ")[0]
        assert section.count("\n| ") > 3
        assert f"- {title}" in page
    for row in ("FM | 0.8433 | +17.3", "no gate | yes | yes |  | 0.8708 | +3.5", "Sim_c | 0.7459 | +41.2"):
        assert f"| {row} | " in page
    assert (tmp_path / "images" / "paper-thresholds.png").stat().st_size > 10_000
    again = asked(*arguments)
    assert again.exit_code == 0
    assert "fits to do" not in again.stderr
    assert (tmp_path / "results-paper.md").read_text(encoding="utf-8") == page


def test_a_misspelt_method_is_refused_with_a_hint(tmp_path: Path) -> None:
    done = asked("--methods", "fmm", "--scratch", str(tmp_path))
    assert done.exit_code == 2
    assert "no 'fmm' (did you mean fm?)" in " ".join(re.findall(r"[^\s│]+", done.stderr))
    assert asked("--epochs", "5,x", "--scratch", str(tmp_path)).exit_code == 2
    assert not list(tmp_path.iterdir())


def asked(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(main)
    return CliRunner().invoke(app, arguments)
