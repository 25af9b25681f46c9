"""`talentflow registry ...`: release, look, compare, approve, roll back, verify, put into an image."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.config import Mode, load_run

Run = Annotated[str, typer.Argument(help="A run of params.yaml.", metavar="RUN")]
Because = Annotated[str, typer.Option(help="A remark for the ledger.")]
Version = Annotated[int, typer.Argument(help="A version of the run.")]

REFUSED = 3
"""Exit code of a release that ends without a champion: refused, or waiting for a person."""

registry = typer.Typer(
    help="Release a run's model: versions, decisions, champion.",
    epilog="Example: talentflow registry release cities",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@registry.command(epilog="Example: talentflow registry release cities --mode dry-run")
def release(
    run: Run,
    mode: Annotated[Mode | None, typer.Option(help="None: the run's release.mode.")] = None,
    because: Because = "",
) -> None:
    """Register, package, serve, replay, decide; exit code 3 if the candidate is not the champion after it."""
    from pipelines.release import release as step
    from pipelines.release import views

    config = load_run(run)
    entry = step.release(run, config, mode or config.release.mode, because)
    typer.echo(views.decision(entry) if entry else f"{run}: is the champion already, nothing to do")
    if entry is not None and entry.outcome != "champion":
        raise typer.Exit(REFUSED)


@registry.command(epilog="Example: talentflow registry history cities")
def history(run: Run) -> None:
    """Every decision, oldest first."""
    from pipelines.release import views

    typer.echo(views.history(run))


@registry.command(epilog="Example: talentflow registry status cities")
def status(run: Run) -> None:
    """The champion and its evidence, the last decision, and what waits for a person."""
    from pipelines.release import standing

    typer.echo(standing.status(run))


@registry.command(epilog="Example: talentflow registry card cities 2")
def card(
    run: Run,
    version: Annotated[int | None, typer.Argument(help="A version of the registry (none: champion).")] = None,
) -> None:
    """A version's model card: use, figures with intervals, limits, groups, data, lineage."""
    from pipelines.release import cards

    typer.echo(cards.card_text(run, version))


@registry.command(epilog="Example: talentflow registry compare cities 2 1")
def compare(run: Run, first: Version, second: Version) -> None:
    """Score two versions on the run's test set as it is now."""
    from pipelines.release import versions

    typer.echo(versions.compare(run, load_run(run), first, second))


@registry.command(epilog="Example: talentflow registry approve cities --by ana --because 'read the report'")
def approve(run: Run, by: Annotated[str, typer.Option(help="Who approves.")], because: Because = "") -> None:
    """Make the version that waits for a person champion."""
    from pipelines.release import promotion, views

    typer.echo(views.decision(promotion.approve(run, by, because)))


@registry.command(epilog="Example: talentflow registry rollback cities --to 1 --because 'complaints'")
def rollback(
    run: Run,
    to: Annotated[int | None, typer.Option(help="A former champion (none: the one before).")] = None,
    by: Annotated[str | None, typer.Option(help="Who does it (none: the user of this machine).")] = None,
    because: Because = "",
) -> None:
    """Make a former champion champion again."""
    from pipelines.release import promotion, views

    typer.echo(views.decision(promotion.roll_back(run, to, by, because)))


@registry.command(epilog="Example: talentflow registry gc cities --dry-run")
def gc(
    run: Run, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False
) -> None:
    """Delete bentos, manifests and logs that no line of the run's ledger names."""
    from pipelines.release import retention

    found = retention.collect(run, dry_run=dry_run)
    verb = "would delete" if dry_run else "deleted"
    typer.echo("\n".join([*(f"{verb} {path}" for path in found), f"{run}: {verb} {len(found)}"]))


@registry.command(epilog="Example: talentflow registry verify cities")
def verify(run: Run) -> None:
    """Check the ledger's chain, every bento that it names, the alias and the pointer file."""
    from pipelines.release import standing

    typer.echo(standing.verified(run))


@registry.command(epilog="Example: talentflow registry image cities --wheels wheels -- --network host")
def image(
    run: Run,
    options: Annotated[
        list[str] | None,
        typer.Argument(help="What the engine's build is told besides.", metavar="[-- OPTION...]"),
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option(help="Folder with a wheel of torch (none there: an index).", envvar="PIP_FIND_LINKS"),
    ] = None,
) -> None:
    """Build the champion's container image with docker, podman or buildah, its bento checked first."""
    from pipelines.release import image as images

    typer.echo(images.build(run, wheels, options or ()))
