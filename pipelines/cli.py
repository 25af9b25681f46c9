"""The command line: `talentflow STAGE RUN`, and the verbs around it."""

import ctypes
import errno
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Literal

import typer

from modules.errors import UserError
from modules.orphan import end_with_parent
from pipelines import tracks
from pipelines.config import load_run
from pipelines.config.recommendation import RecommendationRun
from pipelines.config.run import of_track
from pipelines.config.transfer import TransferRun
from pipelines.recommendation.commands import benchmark
from pipelines.recommendation.survey.commands import survey
from pipelines.release.commands import registry

Run = Annotated[str, typer.Argument(help="A run of params.yaml.", metavar="RUN")]
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.")]
EntryFile = Annotated[Path, typer.Argument(help="YAML file with run entries.", metavar="FILE")]
Data = Annotated[Path | None, typer.Option("--data", help="The run's data: a file or folder.")]

SHIFTED = 3
"""Exit code of a look that somebody should read: neither an error nor nothing."""
SETTINGS = {
    # Polars' allocator keeps its pages: a fifth of extraction's time went into asking for them again.
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "BENTOML_DO_NOT_TRACK": "True",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
"""Of the tools' environments, unless the user has set them: nothing is sent, no pickle is loaded."""

app = typer.Typer(
    help="Talentflow: raw talent data to served, explained predictions.",
    epilog="Example: talentflow runs add params/tiny.yaml && dvc repro --glob '*@tiny'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
runs = typer.Typer(
    help="Check, add, remove and show runs.",
    epilog="Example: talentflow runs add params/korea.yaml --data ../shared/data/korea_quarterly_od",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(runs, name="runs")
app.add_typer(registry, name="registry")
app.add_typer(benchmark, name="benchmark")
app.add_typer(survey, name="survey")
lineage = typer.Typer(
    help="The chain from raw data to the running server.",
    epilog="Example: talentflow lineage verify cities",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(lineage, name="lineage")


@app.command(epilog="Example: talentflow simulate cities")
def simulate(run: Run) -> None:
    """Write a simulated run's raw data, and the truth that scores what is made of them."""
    tracks.simulate(run, load_run(run))


@app.command("import", epilog="Example: talentflow import cities")
def import_(run: Run) -> None:
    """Read the run's data into sorted tables."""
    tracks.import_(run, load_run(run))


@app.command(epilog="Example: talentflow validate cities")
def validate(run: Run) -> None:
    """Check the imported table against its expectations; a critical failure stops the graph."""
    from pipelines import validate as stage

    stage.run(run, load_run(run))


@app.command(epilog="Example: talentflow split cities")
def split(run: Run) -> None:
    """Freeze what trains, validates and tests."""
    tracks.split(run, load_run(run))


@app.command(epilog="Example: talentflow tune cities")
def tune(run: Run) -> None:
    """Sweep every model's hyperparameters with Ray Tune; a killed sweep resumes."""
    from pipelines import tune as stage

    stage.run(run, load_run(run))


@app.command(epilog="Example: talentflow train cities")
def train(run: Run) -> None:
    """Fit every model with its chosen hyperparameters, once a seed; finished fits are kept if killed."""
    from pipelines import train as stage

    stage.run(run, load_run(run))


@app.command(epilog="Example: talentflow evaluate cities")
def evaluate(run: Run) -> None:
    """Rank by back-test, score the test, package the candidate."""
    from pipelines import evaluate as stage

    stage.run(run, load_run(run))


@app.command(epilog="Example: talentflow report cities")
def report(run: Run) -> None:
    """Write the run's self-contained report."""
    tracks.report(run, load_run(run))


@app.command(epilog="Example: talentflow prove cities")
def prove(run: Run) -> None:
    """Rebuild the run in a clean clone and compare the hash of every output."""
    from pipelines import prove as stage

    typer.echo(stage.prove(run))


@app.command(epilog="Example: talentflow mlflow --port 5001")
def mlflow(port: Port = 5000) -> None:
    """Open the MLflow UI over this project's runs, on the loopback address only."""
    from pipelines.ports import demand_port
    from pipelines.tracking import tracking_uri

    demand_port(port)
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", tracking_uri()]
    os.execv(sys.executable, [*command, "--host", "127.0.0.1", "--port", str(port)])  # noqa: S606


@app.command(epilog="Example: talentflow serve cities --port 3001")
def serve(
    run: Run,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but a loopback one takes a token.")
    ] = "127.0.0.1",
    bento: Annotated[str, typer.Option(help="Another bento of the registry than the champion's.")] = "",
    follow: Annotated[
        Literal["champion"] | None, typer.Option(help="Swap the model when another becomes champion.")
    ] = None,
    tracing: Annotated[bool, typer.Option("--tracing", help="OpenTelemetry spans; costs time.")] = False,
) -> None:
    """Serve the run's champion, its files checked first."""
    from pipelines.release import server

    server.serve(run, bento, host, port, follow=follow is not None, tracing=tracing)


@app.command(epilog="Example: talentflow batch graduates cohort.parquet lists --chunk 5000")
def batch(
    run: Run,
    questions: Annotated[
        Path, typer.Argument(help="Parquet; its columns are fields of what the service is asked.")
    ],
    answers: Annotated[Path, typer.Argument(help="Folder to write; a killed batch goes on in it.")],
    bento: Annotated[str, typer.Option(help="Another bento of the registry than the champion's.")] = "",
    chunk: Annotated[int, typer.Option(min=1, help="Rows that are answered at a time.")] = 1000,
    parallel: Annotated[int, typer.Option(min=1, help="CPUs; a cluster (RAY_ADDRESS) has its own.")] = 2,
) -> None:
    """Let the run's champion answer a whole table, in chunks, on Ray Data."""
    from pipelines.batch import batch as work

    typer.echo(work.run(run, questions, answers, bento, chunk, parallel))


@app.command(epilog="Example: talentflow monitor cities --log /var/log/talentflow --since 2026-11-16")
def monitor(
    run: Run,
    log: Annotated[
        Path | None,
        typer.Option(help="What the services count into.", envvar="TALENTFLOW_FEATURE_LOG", metavar="DIR"),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC (none: of the log).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC (none: of the log).")
    ] = None,
    against: Annotated[
        Literal["training", "before"], typer.Option(help="The card's reference, or the days before --since.")
    ] = "training",
    level: Annotated[float, typer.Option(min=0.0, max=1.0, help="False discoveries accepted.")] = 0.01,
    minimum: Annotated[int, typer.Option(min=10, help="Units below which nothing is said.")] = 100,
) -> None:
    """Hold what the champion is asked and tells against its reference; exit code 3 if it has shifted."""
    from pipelines.monitoring import monitor as look

    first, last = (None if each is None else each.date() for each in (since, until))
    window = look.Window(first, last, against == "before", level, minimum)
    found = look.monitor(run, load_run(run), log, window)
    typer.echo(found.said)
    if found.alarm:
        raise typer.Exit(SHIFTED)


@app.command(epilog="Example: talentflow forget graduates 20180317 --yes")
def forget(
    run: Run,
    person: Annotated[str, typer.Argument(help="Id of a student, or name of who moved.", metavar="PERSON")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only say what would be done.")] = False,
) -> None:
    """Take a person out of a run and of what was made of it; models forget when they are built anew."""
    config = load_run(run)
    if isinstance(config, TransferRun):
        from pipelines.transfer import forgetting

        typer.echo(forgetting.forget(run, config, person, yes=yes))
        return
    from pipelines.recommendation.forgetting import forget as deletion

    typer.echo(deletion.forget(run, of_track(config, RecommendationRun), person, yes=yes))


@app.command(epilog="Example: talentflow gazetteer (dvc repro gazetteer does it only when it has to)")
def gazetteer() -> None:
    """Make the gazetteer of the transfer track from what the installed packages carry."""
    from pipelines.transfer.gazetteer import stage

    stage.run()


@app.command(epilog='Example: talentflow normalise "University of Szeged" Congo --text "He left Kinshasa."')
def normalise(
    mentions: Annotated[list[str], typer.Argument(help="Places, peoples or organisations.")],
    text: Annotated[str, typer.Option(help="What they stand in; it tells names apart.")] = "",
    to_sovereign: Annotated[
        bool, typer.Option("--to-sovereign", help="Count territories for the state they belong to.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON each.")] = False,
) -> None:
    """Tell the UN member state that each mention counts for, and the rule that decided."""
    from modules.transfer.places.policy import Settings
    from pipelines.transfer import normalise as places

    settings = Settings(territories="to_sovereign" if to_sovereign else "drop")
    found = places.normalise(mentions, text, settings)
    if as_json:
        typer.echo(places.as_json(found))
    else:
        places.show(found)


@lineage.command(epilog="Example: talentflow lineage verify cities --url http://127.0.0.1:3000")
def verify(
    run: Run,
    url: Annotated[str | None, typer.Option(help="A running server to include.")] = None,
) -> None:
    """Walk from raw data to the champion that is served, and name the first broken link from either end."""
    from pipelines import lineage as chain

    links = chain.walk(run, url)
    typer.echo(chain.said(links))
    broken = chain.first_broken(links)
    if broken is not None:
        raise UserError(f"{run}: broken: {broken}")


@runs.command(
    epilog="Example: talentflow runs check params/korea.yaml --data ../shared/data/korea_quarterly_od"
)
def check(file: EntryFile, data: Data = None) -> None:
    """Say what adding the entries would do; touches nothing."""
    from pipelines import runs as verbs

    typer.echo(verbs.check(file, data))


@runs.command(epilog="Example: talentflow runs add params/tiny.yaml")
def add(
    file: Annotated[Path | None, typer.Argument(help="YAML file with one or several entries.")] = None,
    data: Data = None,
    from_transfers: Annotated[
        str | None, typer.Option(help="Instead of a file: a built run of the transfer track.", metavar="RUN")
    ] = None,
    by: Annotated[Literal["month", "year"], typer.Option(help="Its period.")] = "year",
    regions: Annotated[int, typer.Option(help="Its busiest countries that are kept.", min=3)] = 30,
) -> None:
    """Check the entries and merge them into params.yaml, or forecast the flows that another run has found."""
    from pipelines import runs as verbs

    if from_transfers is not None and file is None:
        typer.echo(verbs.add_from_transfers(from_transfers, by, regions))
    elif file is not None and from_transfers is None:
        typer.echo(verbs.add(file, data))
    else:
        raise UserError("give a file of entries, or --from-transfers RUN")


@runs.command(epilog="Example: talentflow runs remove korea")
def remove(run: Run) -> None:
    """Take a run out of params.yaml; what it built stays on disk."""
    from pipelines import runs as verbs

    typer.echo(verbs.remove(run))


@runs.command(epilog="Example: talentflow runs show cities")
def show(run: Run) -> None:
    """Say where the run's report, checks and MLflow UI are."""
    from pipelines import runs as verbs

    typer.echo(verbs.show(run))


@runs.command(epilog="Example: talentflow runs index cities transfer")
def index(
    run: Annotated[list[str] | None, typer.Argument(help="Runs to show (none: all of params.yaml).")] = None,
) -> None:
    """Write runs/index.html, one page over runs: what each answers, its champion, its reports."""
    from pipelines.front_page import front_page

    typer.echo(f"{'front page':12}{front_page(run)}")


def _stop(_number: int, _frame: FrameType | None) -> Any:
    # No SystemExit: while Ray waits it makes an error of that, and the stage would count as failed.
    raise KeyboardInterrupt


def _keep_freed_memory() -> None:
    """Let glibc keep what a network frees between layers.

    It gives large pieces back at once; asking for them again took a quarter of scoring all pairs.
    """
    with suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-3, 32 * 2**20)  # M_MMAP_THRESHOLD, at its greatest
        mallopt(-1, 2**30)  # M_TRIM_THRESHOLD


def main() -> None:
    """Run the command line: exit 2 and one line for what the user can mend."""
    gc.set_threshold(10_000)  # imports make much and drop little: looking through it took an eighth of them
    _keep_freed_memory()
    for setting, value in SETTINGS.items():
        os.environ.setdefault(setting, value)
    stage = os.environ.get("DVC_STAGE")  # runs that are built side by side write to one terminal
    logging.basicConfig(level=logging.WARNING, format=f"{stage}: %(message)s" if stage else "%(message)s")
    logging.getLogger("pipelines").setLevel(logging.INFO)
    if os.environ.keys() & {"DVC_STAGE", "TALENTFLOW_CHILD"}:
        end_with_parent()  # a killed `dvc repro` leaves no stage behind it, a killed release no server
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except UserError as error:
        typer.echo(f"talentflow: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        # By the words: what copies many files, or writes Parquet, raises an OSError of its own around them.
        if not any(os.strerror(code) in str(error) for code in (errno.ENOSPC, errno.EDQUOT)):
            raise
        where = f" ({error.filename})" if error.filename else ""
        said = "nothing was left half-written; make room, and start the same command again"
        typer.echo(f"talentflow: the disk is full{where}: {said}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("talentflow: interrupted; the same command goes on where this one stopped", err=True)
        sys.exit(130)
