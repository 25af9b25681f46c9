from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from modules.errors import UserError
from modules.recommendation.features import Features
from pipelines.recommendation.click_tables import read_click_tables
from pipelines.recommendation.click_training import Training
from pipelines.recommendation.commands import benchmark as app
from pipelines.recommendation.ctr import benchmark

QUICK = Training(learning_rate=0.02, batch_size=64, epochs=12)
ROWS = (3000, 800, 800)


def tables(folder: Path, libsvm: bool = False) -> list[Path]:
    """A click where two of three fields agree: nothing that a sum of weights could tell."""
    rng = np.random.default_rng(3)
    paths = []
    for name, count in zip(("train", "valid", "test"), ROWS, strict=True):
        codes = rng.integers(0, 4, (count, 3))
        click = (codes[:, 0] == codes[:, 1]) ^ (rng.random(count) < 0.02)
        if libsvm:
            lines = [f"{y:d} {a}:1 {b + 10}:1 {c + 20}:1" for y, (a, b, c) in zip(click, codes, strict=True)]
        else:
            lines = ["user,item,click,hour"]
            lines += [f"u{a},i{b},{y:d},{c}" for y, (a, b, c) in zip(click, codes, strict=True)]
        paths.append(folder / f"{name}.{'libsvm' if libsvm else 'csv'}")
        paths[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def test_a_factorisation_machine_learns_an_interaction_that_weights_cannot(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    crossed = benchmark(paths, "click", "fm", QUICK, {"embedding_dim": 8})
    weighted = benchmark(paths, "click", "logistic_regression", QUICK, {})
    assert crossed.auc > 0.95
    assert crossed.log_loss < 0.2
    assert weighted.auc < 0.6
    assert weighted.epochs < QUICK.epochs  # stopped early
    assert benchmark(paths, "click", "fm", QUICK, {"embedding_dim": 8}).auc == crossed.auc


def test_both_formats_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (shape, read), (shape_b, read_b) = (
        read_click_tables(tables(tmp_path / "a"), "click"),
        read_click_tables(tables(tmp_path / "b", libsvm=True), "label"),
    )
    assert shape == shape_b
    assert shape.students.vocabularies == (4, 4, 4)
    for one, other in zip(read, read_b, strict=True):
        assert one.label.equal(other.label)
        assert one.students.codes.equal(other.students.codes)
        assert isinstance(one.employers, Features)


def test_values_that_training_lacks_are_unseen(tmp_path: Path) -> None:
    train, valid, test = tables(tmp_path)
    test.write_text("user,item,click,hour\nu9,i1,1,0\nu2,,0,3\n", encoding="utf-8")
    _, read = read_click_tables([train, valid, test], "click")
    assert read[2].students.codes.tolist() == [[0, 2, 1], [3, 0, 4]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", None, "no such file"),
        ("t.csv", "", "Empty CSV file"),
        ("t.csv", "user,item,clicks,hour\nu1,i1,1,2\n", r"no column 'click' \(did you mean clicks\?\)"),
        (
            "t.csv",
            "user,item,click,hour\nu1,i1,1,2\nu1,i1,yes,2\n",
            "row 2: the label 'yes' is neither",
        ),
        ("t.csv", "user,item,click,hour\nu1,i1,1\n", "Expected 4 columns, got 3"),
        ("t.csv", "user,click,item,hour\nu1,1,i1,1\nu1,0,i1,1\n", None),
        ("t.csv", "item,user,click,hour\nu1,i1,1,1\nu1,i1,0,1\n", "its fields are not those of"),
        ("t.csv", "user,item,click,hour\nu1,i1,1,1\nu1,i1,1,1\n", "needs rows of label 0 and of label 1"),
        ("t.libsvm", "1 1:1 2:1\n0 1:1 2:7\n", "line 2, entry 2: '2:7' is not like 12:1"),
        ("t.libsvm", "1 1:1 2:1\n0 1:1\n", "Expected 3 columns, got 2"),
    ],
)
def test_a_bad_table_is_named_with_what_is_wrong(
    tmp_path: Path, name: str, content: str | None, message: str | None
) -> None:
    train, valid, _ = tables(tmp_path)
    bad = tmp_path / name
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    if message is None:
        read_click_tables([train, valid, bad], "click")
        return
    with pytest.raises(UserError, match=message) as raised:
        read_click_tables([train, valid, bad], "click")
    assert str(raised.value).startswith(str(bad))
    assert "\n" not in str(raised.value)


def test_an_unknown_model_or_hyperparameter_is_said(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    with pytest.raises(UserError, match=r"--model: no 'deepmf' \(did you mean deepfm\?\); there are"):
        benchmark(paths, "click", "deepmf", QUICK, {})
    with pytest.raises(UserError, match="--num-heads: fm has embedding_dim, unseen"):
        benchmark(paths, "click", "fm", QUICK, {"num_heads": 2})


def test_the_command_prints_what_was_reached(tmp_path: Path) -> None:
    train, valid, test = map(str, tables(tmp_path))
    options = [
        "--model",
        "dcn",
        "--no-residual",
        "--hidden-units",
        "16",
        "--epochs",
        "4",
        "--batch-size",
        "64",
    ]
    data = ["--train", train, "--valid", valid, "--test", test, "--label", "click", "--learning-rate", "0.01"]
    done = CliRunner().invoke(app, ["ctr", *data, *options])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("dcn: test AUC 0.")
