"""`talentflow benchmark ...`: our models where others have been measured."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.recommendation.click_training import Training

benchmark = typer.Typer(
    help="Our models on published tables.",
    epilog="Example: talentflow benchmark ctr --train A.csv --valid B.csv --test C.csv",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@benchmark.callback()
def only() -> None:
    """Keep `ctr` a name of its own while it is the only one."""


Table = Annotated[Path, typer.Option(help="CSV with a header, or .libsvm with one-hot ids.")]


@benchmark.command(
    "ctr", epilog="Example: talentflow benchmark ctr --train A.csv --valid B.csv --test C.csv --model fm"
)
def ctr(
    *,
    train: Table,
    valid: Table,
    test: Table,
    model: Annotated[
        str, typer.Option(help="logistic_regression, fm, explore, deepfm, dcn, autoint or afn.")
    ] = "deepfm",
    label: Annotated[str, typer.Option(help="Column of the labels in a CSV file.")] = "label",
    learning_rate: Annotated[float, typer.Option(min=0.0)] = Training.learning_rate,
    batch_size: Annotated[int, typer.Option(min=1)] = Training.batch_size,
    epochs: Annotated[int, typer.Option(min=1, help="At most.")] = Training.epochs,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without a better one.")] = Training.patience,
    seed: Annotated[int, typer.Option(min=0)] = Training.seed,
    embedding_regularizer: Annotated[float, typer.Option(min=0.0)] = 0.0,
    net_regularizer: Annotated[float, typer.Option(min=0.0)] = 0.0,
    embedding_dim: Annotated[int | None, typer.Option(min=1)] = None,
    hidden_units: Annotated[str | None, typer.Option(help="Widths like 400,400.")] = None,
    net_dropout: Annotated[float | None, typer.Option(min=0.0, max=1.0)] = None,
    batch_norm: Annotated[bool | None, typer.Option()] = None,
    residual: Annotated[bool | None, typer.Option(help="Of dcn's deep part.")] = None,
    cross_layers: Annotated[int | None, typer.Option(min=0, help="Of dcn.")] = None,
    attention_layers: Annotated[int | None, typer.Option(min=1, help="Of autoint.")] = None,
    num_heads: Annotated[int | None, typer.Option(min=1, help="Of autoint.")] = None,
    attention_dim: Annotated[int | None, typer.Option(min=1, help="Of autoint, all heads together.")] = None,
    logarithmic_neurons: Annotated[int | None, typer.Option(min=1, help="Of afn.")] = None,
    unseen: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Share of codes masked.")] = None,
) -> None:
    """Train one of our baselines on a published click-through table and print its test AUC and log-loss."""
    from pipelines.recommendation import ctr as table  # noqa: PLC0415 - seconds to import

    optional = {
        "embedding_dim": embedding_dim, "hidden_units": hidden_units, "net_dropout": net_dropout,
        "batch_norm": batch_norm, "residual": residual, "cross_layers": cross_layers,
        "attention_layers": attention_layers, "num_heads": num_heads, "attention_dim": attention_dim,
        "logarithmic_neurons": logarithmic_neurons, "unseen": unseen,
    }  # fmt: skip
    chosen = {name: value for name, value in optional.items() if value is not None}
    training = Training(
        learning_rate, batch_size, epochs, patience, embedding_regularizer, net_regularizer, seed
    )
    result = table.benchmark([train, valid, test], label, model, training, chosen)
    typer.echo(
        f"{model}: test AUC {result.auc:.6f}, log-loss {result.log_loss:.6f}; validation AUC "
        f"{result.validation_auc:.6f}; {result.epochs} epochs, {result.cpu_seconds:.0f} CPU seconds"
    )
