"""`talentflow forget`: a student's rows leave the user's tables, the run's outputs and DVC's cache."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dvc.lock import LockError
from dvc.repo import Repo
from dvc.rwlock import rwlock

from modules.errors import UserError
from pipelines.config import PARAMS, load_run, read_yaml
from pipelines.config.recommendation import RecommendationRun, TablesSource
from pipelines.paths import SCRATCH
from pipelines.recommendation.forgetting.cache import cached, folders, tables_of
from pipelines.recommendation.forgetting.rows import Without, replace, without
from pipelines.recommendation.importing.cells import label, labels
from pipelines.recommendation.importing.described import files
from pipelines.recommendation.importing.read_file import file_of, meant, read_file
from pipelines.source_tree import tracked_files


@dataclass(frozen=True)
class Trace:
    """Everything here that holds rows of a student, or was made of them on the way."""

    tables: Mapping[Path, Without]
    """The user's files, by where they are, as they would be."""
    outputs: tuple[Path, ...]
    """Folders under runs/."""
    cached: tuple[Path, ...]
    """Files of DVC's cache."""
    unfinished: tuple[Path, ...]
    """What stages that were killed left behind."""


def forget(name: str, config: RecommendationRun, student: str, *, yes: bool) -> str:
    """Take a student out of a run, or say what would be taken; what is left to do.

    The user's files come last, so that a killed command finds the student again and goes on.

    Raises:
        UserError: if the run is simulated, nothing holds a row of the student, the student is an employer
            too, a stage is running, or naming a file that cannot be read or written.
    """
    source = config.source
    if not isinstance(source, TablesSource):
        raise UserError(f"{name}: is simulated: its students are drawn, there is nobody to forget")
    wanted = label(student)
    if not wanted:
        raise UserError("STUDENT: is blank; give an id of the students' table")
    _refuse_employers(config, source, wanted)
    with Repo() as repo:
        found = _trace(repo, name, config, source, wanted)
        if not (any(table.removed for table in found.tables.values()) or found.outputs or found.cached):
            raise UserError(f"{name}: no row of its data, its outputs or DVC's cache has this student")
        said = "; ".join(_said(found))
        if not yes:
            return f"{name}: would remove {said}\nNothing was changed. Give --yes to do it."
        written = [str(path.resolve()) for path in (*found.tables, *folders(name))]
        hardlink = repo.config["core"].get("hardlink_lock", False)
        try:
            with repo.lock, rwlock(repo.tmp_dir, repo.fs, "talentflow forget", [], written, hardlink):
                _remove(found)
        except LockError as error:
            raise UserError(f"{name}: DVC is at work here; wait for it to end, or stop it") from error
    return "\n".join([f"{name}: removed {said}", *_left(name, config, found)])


def _refuse_employers(config: RecommendationRun, source: TablesSource, student: str) -> None:
    employers = config.recommendation.employers
    if not _one_kind(config):
        return
    path = file_of(Path(config.data), employers.path, "employers")
    table = read_file(path, [employers.id], employers.where, source)
    ids = labels(table, employers.id)
    if student in {ids.texts[code] for code in ids.codes[meant(table, employers.where, "employers")]}:
        raise UserError(
            f"{path}: this id is an employer's, whose record is in every artefact; take its rows out by hand "
            "and build and release the run anew"
        )


def _one_kind(config: RecommendationRun) -> bool:
    """Whether students and employers are people of one list, so that an id of either end is a person's."""
    students, employers = config.recommendation.students, config.recommendation.employers
    return (students.path, students.id) == (employers.path, employers.id)


def _trace(repo: Repo, name: str, config: RecommendationRun, source: TablesSource, student: str) -> Trace:
    tables = {
        path: without(path, sorted(columns), student, source) for path, columns in _columns(config).items()
    }
    its = {path: table for path, table in tables.items() if table.removed}
    killed = [path for folder in folders(name) for path in folder.parent.glob(f".{folder.name}.tmp-*")]
    return Trace(
        tables=its,
        outputs=tuple(folder for folder in folders(name) if tables_of(folder, student)),
        cached=cached(repo, name, student, list(its)),
        unfinished=tuple(path for path in (SCRATCH / name, *sorted(killed)) if path.exists()),
    )


def _columns(config: RecommendationRun) -> dict[Path, set[str]]:
    """The user's files that name students -> the columns with their ids."""
    settings, data = config.recommendation, Path(config.data)
    placements = {settings.placements.student}
    if _one_kind(config):
        placements.add(settings.placements.employer)
    found: dict[Path, set[str]] = {}
    for table, columns in (("students", {settings.students.id}), ("placements", placements)):
        found.setdefault(file_of(data, getattr(settings, table).path, table), set()).update(columns)
    return found


def _remove(found: Trace) -> None:
    for path in found.cached:
        path.unlink(missing_ok=True)
    for folder in (*found.outputs, *found.unfinished):
        shutil.rmtree(folder)
    replace({path: table.content for path, table in found.tables.items()})


def _said(found: Trace) -> Iterator[str]:
    for path, table in found.tables.items():
        yield f"{table.removed} {'row' if table.removed == 1 else 'rows'} of {path}"
    yield from map(str, (*found.outputs, *found.unfinished))
    if found.cached:
        yield f"{len(found.cached)} files of DVC's cache"


def _left(name: str, config: RecommendationRun, found: Trace) -> Iterator[str]:
    """What nobody but the user can do."""
    yield (
        f"left to do: dvc repro --glob '*@{name}', then talentflow registry release {name}: models that are "
        "fitted already remember; dvc gc --workspace (for remotes with --cloud) drops the old ones"
    )
    top = Path.cwd()
    inside = [
        path.resolve().relative_to(top).as_posix()
        for path in found.tables
        if path.resolve().is_relative_to(top)
    ]
    with suppress(UserError):  # outside git
        known = sorted({*inside} & tracked_files())
        if known:
            yield f"git's history still holds the rows of {', '.join(known)}"
    others = sorted(_readers(set(files(config).values())) - {name})
    if others:
        yield f"the same files are read by {', '.join(others)}: forget the student there too"


def _readers(read: set[Path]) -> set[str]:
    """The runs that read one of some files."""
    wanted = {path.resolve() for path in read}
    found = set()
    for name in read_yaml(PARAMS)["runs"]:
        with suppress(UserError):  # a run whose data are not here
            other = load_run(name)
            if isinstance(other, RecommendationRun) and wanted & {
                path.resolve() for path in files(other).values()
            }:
                found.add(name)
    return found
