"""`talentflow survey ...`: ask people whether the explanations of a run convince them."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.config import load_run
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track

Run = Annotated[str, typer.Argument(help="A run of params.yaml.", metavar="RUN")]
Folder = Annotated[Path, typer.Argument(help="A folder that `survey make` wrote.", metavar="DIR")]

survey = typer.Typer(
    help="Ask raters whether a run's explanations are better than random ones.",
    epilog="Example: talentflow survey make recommendation --out survey && talentflow survey analyse survey",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@survey.command(epilog="Example: talentflow survey make recommendation --out survey")
def make(
    run: Run,
    out: Annotated[Path, typer.Option(help="Folder to write; it may not exist yet.")],
    students: Annotated[int, typer.Option(min=1, help="Test students that are asked about.")] = 50,
    raters: Annotated[int, typer.Option(min=2, help="Raters, in two groups of as many.")] = 10,
) -> None:
    """Write a questionnaire and a sheet to fill for each of two groups of raters, and the key."""
    from pipelines.recommendation.survey.make import make as write  # noqa: PLC0415 - torch, only where needed

    write(run, of_track(load_run(run), RecommendationRun), students, raters, out)
    typer.echo(f"{out}: give group-1.html and group-2.html to the raters, keep key.json to yourself")


@survey.command(epilog="Example: talentflow survey analyse survey")
def analyse(folder: Folder) -> None:
    """Say which explanation was preferred, how they scored, and whether raters agree."""
    from pipelines.recommendation.survey.analyse import analyse as tell  # noqa: PLC0415

    typer.echo(tell(folder), nl=False)
