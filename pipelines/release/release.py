"""Release a run: register, build, serve and replay, decide, write down, move the alias, point.

Each step can be repeated. The ledger is the truth: who is interrupted before its line is written has changed
nothing, and after it the next release finishes the rest.
"""

import logging
from collections.abc import Mapping
from typing import Any, get_args

from modules.errors import UserError
from pipelines.card import read_card
from pipelines.card_page import description, markdown
from pipelines.config import Mode, RunConfig
from pipelines.release.bento import Bento, build
from pipelines.release.candidate import Candidate, open_candidate
from pipelines.release.challenge import Challenge, challenge
from pipelines.release.champion import exclusive, settle, stamp
from pipelines.release.decision import decide
from pipelines.release.gates import (
    audit_gate,
    clean_gate,
    leak_gate,
    not_the_commits,
    served_gate,
    slices_gate,
    validation_gate,
)
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, Source, append, read_ledger
from pipelines.release.registry import Registry
from pipelines.release.same_model import SameModel, same_model
from pipelines.source_tree import head
from pipelines.tracking import run_of_stage

log = logging.getLogger(__name__)


def release(name: str, config: RunConfig, mode: Mode, because: str = "") -> Entry | None:
    """Decide on what a run packaged, and make it champion if the rule says so.

    Gives the decision; none if the very package is the champion already.

    Args:
        name: the run.
        config: its settings.
        mode: auto, review (who would be champion waits for `approve`) or dry-run (nothing is written down).
        because: a remark for the ledger.

    Raises:
        UserError: if the run is not built as it stands, or another ledger or store is at work.
    """
    releases, registry = Releases(name), Registry(name)
    _no_looser(config, mode)
    with exclusive(releases):
        champion = settle(releases, registry)
        candidate = open_candidate(name, config)
        if champion is not None and champion.package == candidate.package.digest:
            return None
        entry = _decided(candidate, champion, stamp(None, because))
        if mode == "review" and entry.outcome == "champion":
            entry = entry.model_copy(update={"outcome": "pending"})
        if mode == "dry-run":
            return entry
        entry = _write_down(releases, entry)
        settle(releases, registry)
        return entry


def _no_looser(config: RunConfig, mode: Mode) -> None:
    stricter: tuple[Mode, ...] = get_args(Mode)
    if stricter.index(mode) < stricter.index(config.release.mode):
        raise UserError(f"--mode {mode}: is looser than the run's release.mode, {config.release.mode}")


def _write_down(releases: Releases, entry: Entry) -> Entry:
    entries = read_ledger(releases.ledger)
    volatile = {"sequence", "at", "previous", "sha256"}
    if entries and entries[-1].model_dump(exclude=volatile) == entry.model_dump(exclude=volatile):
        return entries[-1]  # the very same decision on the very same evidence
    return append(releases.ledger, entry)


def _decided(candidate: Candidate, champion: Entry | None, who: Mapping[str, Any]) -> Entry:
    changed, weights = not_the_commits(candidate), candidate.evaluation.sha12
    mlflow_run = run_of_stage(
        "evaluate",
        candidate.run,
        candidate.stage_keys["evaluate"],
        {"candidate": candidate.evaluation.row.model, "sha12": weights},
        {metric: spread.mean for metric, spread in candidate.evaluation.row.test.items()},
    )
    version = _registered(candidate, mlflow_run)
    tag = f"{candidate.run}:v{version}-{weights}"
    bento = build(
        candidate.package, Releases(candidate.run), version, tag, markdown(*read_card(candidate.artefact))
    )
    log.info("built %s: %d files", tag, len(candidate.package.files))
    gates = [
        clean_gate(changed),
        leak_gate(candidate),
        validation_gate(candidate.run),
        audit_gate(candidate),
        served_gate(bento),
    ]
    log.info("served it: %s", gates[-1].detail)
    found = _challenge(candidate, champion)
    gates.append(slices_gate(candidate, found.comparison))
    decision = decide(
        gates,
        champion.version if champion else None,
        found.comparison,
        baseline=candidate.evaluation.row.role == "baseline",
        same=None if champion is None else _same_model(candidate, champion),
    )
    if decision.reason == "incomparable":
        decision = decision.model_copy(update={"detail": f"{decision.detail}: {found.why_not}"})
    return Entry(
        **who,
        **decision.model_dump(),
        sequence=0,
        action="release",
        run=candidate.run,
        version=version,
        tag=tag,
        artefact=candidate.manifest,
        package=candidate.package.digest,
        bento=bento.digest,
        model=candidate.evaluation.row.model,
        champion=champion.version if champion else None,
        gates=tuple(gates),
        comparison=found.comparison,
        rule=candidate.config.release,
        margin=candidate.evaluation.row.improvement,
        realised=found.realised,
        source=Source(
            commit=head(),
            changed=changed,
            data=candidate.lineage["data"],
            stage_keys=candidate.stage_keys,
            mlflow_run=str(Registry(candidate.run).version(version).run_id),
        ),
        previous="",
    )


def _registered(candidate: Candidate, mlflow_run: str) -> int:
    tags = {"talentflow.artefact": candidate.manifest, "talentflow.model": candidate.evaluation.row.model}
    version = Registry(candidate.run).register(
        candidate.package, mlflow_run, tags, description(*read_card(candidate.artefact))
    )
    for entry in read_ledger(Releases(candidate.run).ledger):
        if entry.version == version and entry.package != candidate.package.digest:
            raise UserError(
                f"MLflow: numbers {candidate.run} v{version} anew, which the ledger has as another package; "
                "set MLFLOW_TRACKING_URI to the store that the ledger was written with"
            )
    log.info("registered %s as version %d", candidate.run, version)
    return version


def _challenge(candidate: Candidate, champion: Entry | None) -> Challenge:
    if champion is None:
        return Challenge()
    packed = Bento(Releases(candidate.run), champion.tag).artefact
    return challenge(candidate.run, candidate.config, candidate.artefact, packed)


def _same_model(candidate: Candidate, champion: Entry) -> SameModel | None:
    bento = Bento(Releases(candidate.run), champion.tag)
    bento.verify(champion.bento)
    return same_model(candidate.artefact, bento.artefact)
