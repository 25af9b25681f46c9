"""The chain from raw data to the running server, walked link by link."""

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from dvc.exceptions import DvcException
from dvc.repo import Repo

from modules.access import authorisation
from modules.artefact import MANIFEST, sha256_of, verify
from modules.errors import UserError
from pipelines.config import load_run, read_yaml
from pipelines.paths import RunPaths
from pipelines.release.bento import Bento
from pipelines.release.champion import check_alias, check_complete, check_pointer
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, champion_of, read_ledger
from pipelines.release.registry import Registry
from pipelines.stage_key import GRAPH, locked_data, locked_keys, stage_content
from pipelines.tracks import files


@dataclass(frozen=True)
class Link:
    """One link: its name, what was found, and whether it holds."""

    name: str
    holds: bool
    found: str


def walk(name: str, url: str | None) -> list[Link]:
    """Every link of a run's champion, from the raw data to the server at `url`.

    The ledger is the anchor: each link is checked against what it says. If its own chain is broken, that is
    the one link that can be told.
    """
    releases = Releases(name)
    try:
        entries = read_ledger(releases.ledger)
        check_complete(releases, entries)
    except UserError as error:
        return [Link("ledger", holds=False, found=str(error))]
    champion = champion_of(entries)
    if champion is None:
        raise UserError(f"{name}: has no champion; talentflow registry release {name} makes one")
    chain = _Chain(name, champion)
    checks: dict[str, Callable[[], str]] = {
        "raw data": chain.raw_data,
        "dvc.lock": chain.stages,
        "outputs": chain.outputs,
        "artefact": chain.artefact,
        "ledger": lambda: f"line {champion.sequence} of {releases.ledger.name}, the chain is whole",
        "version": chain.version,
        "bento": chain.bento,
        "alias": chain.alias,
        "pointer": chain.pointer,
        "server": lambda: chain.server(url),
    }
    return [_link(link, check) for link, check in checks.items()]


def said(links: list[Link]) -> str:
    """The walk, one line a link."""
    return "\n".join(f"  {'holds ' if link.holds else 'BROKEN'} {link.name:10}{link.found}" for link in links)


def first_broken(links: list[Link]) -> str | None:
    """The first broken link from the data and, if it is another, from the server."""
    broken = [link for link in links if not link.holds]
    if not broken:
        return None
    ends = [f"from the data, {broken[0].name}: {broken[0].found}"]
    if broken[-1] != broken[0]:
        ends.append(f"from the server, {broken[-1].name}: {broken[-1].found}")
    return "; ".join(ends)


def _link(name: str, check: Callable[[], str]) -> Link:
    try:
        return Link(name, holds=True, found=check())
    except (UserError, DvcException) as error:
        return Link(name, holds=False, found=str(error))


@dataclass(frozen=True)
class _Chain:
    run: str
    champion: Entry

    @cached_property
    def locked(self) -> Any:
        return read_yaml(Path("dvc.lock"))

    def raw_data(self) -> str:
        config = load_run(self.run)
        found = files(config)
        if not found:
            return f"simulated from seed {config.seed}"
        for name, digest in self.champion.source.data.items():
            if name not in found or sha256_of(found[name]) != digest:
                raise UserError(f"{found.get(name, name)}: is not the file that {self._v} was made from")
        try:
            with closing(Repo()) as repo:
                now = stage_content(repo, "import", self.run)["hashes"]["data"]
            then = locked_data(self.locked, self.run)
        except (UserError, DvcException):
            return f"{len(found)} files of {config.data}"  # dvc.lock cannot be read: the next link says so
        if now != then:
            raise UserError(
                f"{config.data}: a file beside the flows was changed, {self._v} was made from another"
            )
        return f"{len(found)} files of {config.data}"

    def stages(self) -> str:
        for stage, key in locked_keys(self.locked, self.run):
            if key != self.champion.source.stage_keys.get(stage):
                raise UserError(
                    f"dvc.lock: {stage}@{self.run} is not the stage that {self._v} came from: changed, or "
                    f"the workspace has moved on from commit {self.champion.source.commit[:12]}"
                )
        return f"{len(GRAPH)} stage keys"

    def outputs(self) -> str:
        count = 0
        with closing(Repo()) as repo:
            for stage in GRAPH:
                (found,) = repo.stage.collect(f"{stage}@{self.run}")
                for out in found.outs:
                    if Path(out.def_path) == RunPaths(self.run).artefact:
                        continue  # the next link, where each file has a name
                    if out.status():
                        raise UserError(
                            f"{out.def_path}: is not what dvc.lock says: one of them was changed; dvc repro"
                            " or git checkout dvc.lock mends it"
                        )
                    count += 1
        return f"{count} outputs of the graph"

    def artefact(self) -> str:
        folder = RunPaths(self.run).artefact
        verify(folder)
        if sha256_of(folder / MANIFEST) != self.champion.artefact:
            raise UserError(f"{folder}: is another artefact than the one that {self._v} was made from")
        with closing(Repo()) as repo:
            (found,) = repo.stage.collect(f"evaluate@{self.run}")
            if any(out.status() for out in found.outs if Path(out.def_path) == folder):
                raise UserError(
                    f"dvc.lock: has another artefact than {folder}; git checkout dvc.lock restores it"
                )
        return f"{folder}, manifest {self.champion.artefact[:12]}"

    def version(self) -> str:
        registry = Registry(self.run)
        known = registry.version(self.champion.version)
        if known.tags.get("talentflow.package") != self.champion.package:
            raise UserError(f"MLflow: {self.run} {self._v} is tagged as another package")
        if known.run_id != self.champion.source.mlflow_run:
            raise UserError(f"MLflow: {self.run} {self._v} comes from another run than the ledger says")
        with tempfile.TemporaryDirectory(prefix="talentflow-lineage-") as folder:
            artefact = registry.download(self.champion.version, Path(folder))
            if sha256_of(artefact / MANIFEST) != self.champion.artefact:
                raise UserError(
                    f"MLflow: {self.run} {self._v}: its source {known.source} is another artefact"
                )
            verify(artefact)
        return f"MLflow model {self.run} {self._v}, {known.source}"

    def bento(self) -> str:
        bento = Bento(Releases(self.run), self.champion.tag)
        bento.verify(self.champion.bento)
        if sha256_of(bento.artefact / MANIFEST) != self.champion.artefact:
            raise UserError(f"{bento.artefact}: is another artefact than the ledger's")
        return self.champion.tag

    def alias(self) -> str:
        check_alias(Registry(self.run), self.champion)
        return f"champion names {self._v}"

    def pointer(self) -> str:
        check_pointer(Releases(self.run), self.champion)
        return f"names {self.champion.tag}"

    def server(self, url: str | None) -> str:
        if url is None:
            return "not asked (name one with --url)"
        try:
            answer = httpx.get(f"{url.rstrip('/')}/model", headers=authorisation()).raise_for_status().json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise UserError(f"{url}: does not answer as a talentflow server: {error}") from error
        if not isinstance(answer, dict):
            raise UserError(f"{url}: does not answer as a talentflow server")
        if (answer.get("model"), answer.get("manifest")) != (self.champion.tag, self.champion.artefact):
            raise UserError(f"{url}: serves {answer.get('model')}, the champion is {self.champion.tag}")
        return f"{url} serves {self.champion.tag}"

    @property
    def _v(self) -> str:
        return f"v{self.champion.version}"
