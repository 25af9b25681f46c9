"""A trained ensemble with everything that it needs to answer: the predictor of the track."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from modules.artefact import FLOWS, PLACES, verify
from modules.errors import UserError
from modules.transfer.cascade.cascade import Cascade
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.consensus import LEVELS, UNKNOWN
from modules.transfer.ensemble import Ensemble, Reading, Told
from modules.transfer.networks import Member, build_network, network_config, trained_state
from modules.transfer.passage import Passage, Span
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser, Resolved
from modules.transfer.places.policy import policy
from modules.transfer.request import ExtractRequest, FlowsRequest, NormaliseRequest
from modules.transfer.sentences import sentences
from modules.transfer.tagging.tags import FIELDS

FORMAT_VERSION = 3
LONGEST_PASSAGE = 1500
"""Characters of a sentence with the one before; more is no sentence, and is not read."""
Flow = tuple[str, str, str, str, int]
"""Origin, destination, period, level, count."""


@dataclass(frozen=True)
class TransferExtractor:
    """Reads passages by filter and ensemble, normalises mentions, and knows what the run has found."""

    networks: Mapping[str, nn.Module]
    """The members that vote, by name."""
    classifier: MoveFilter | None
    places: Path
    """The gazetteer's file."""
    flows: tuple[Flow, ...] = ()
    ensemble: Ensemble = field(init=False)
    cascade: Cascade = field(init=False)

    def __post_init__(self) -> None:
        """Join the members.

        Raises:
            UserError: if the gazetteer's file is absent.
        """
        try:
            normaliser = Normaliser(Gazetteer(self.places))
        except FileNotFoundError as error:
            raise UserError(f"{self.places}: no such file; build it: dvc repro gazetteer") from error
        members = {name: network for name, network in self.networks.items() if isinstance(network, Member)}
        object.__setattr__(self, "ensemble", Ensemble(members, list(self.networks), normaliser))
        object.__setattr__(self, "cascade", Cascade(normaliser, self.classifier))

    def save(self, folder: Path) -> None:
        """Write weights, `config.json`, `places.sqlite` and `flows.json` into an existing folder."""
        networks = dict(self.networks)
        if self.classifier is not None:
            networks[MoveFilter.name] = self.classifier
        held = {
            f"{name}.{key}": value
            for name, network in sorted(networks.items())
            for key, value in trained_state(network).items()
        }
        save_file(held, folder / "model.safetensors")
        config = {
            "format_version": FORMAT_VERSION,
            "voters": list(self.networks),
            "networks": {name: network_config(network) for name, network in sorted(networks.items())},
            "policy": policy().version,
        }
        for name, content in (("config.json", config), (FLOWS, [list(flow) for flow in self.flows])):
            text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
            (folder / name).write_text(text + "\n", encoding="utf-8")
        shutil.copyfile(self.places, folder / PLACES)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a sealed artefact, every hash checked first.

        Raises:
            UserError: if the artefact is torn, changed or of another format.
        """
        verify(folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if config.get("format_version") != FORMAT_VERSION:
            raise UserError(
                f"{folder}: format {config.get('format_version')}; this version reads {FORMAT_VERSION}"
            )
        tensors = load_file(folder / "model.safetensors")
        built = {
            name: build_network(
                each,
                {
                    key.removeprefix(f"{name}."): value
                    for key, value in tensors.items()
                    if key.startswith(f"{name}.")
                },
            )
            for name, each in config["networks"].items()
        }
        classifier = built.pop(MoveFilter.name, None)
        return cls(
            {voter: built[voter] for voter in config["voters"]},
            classifier if isinstance(classifier, MoveFilter) else None,
            folder / PLACES,
            _flows(folder / FLOWS),
        )

    @torch.inference_mode()
    def extract(self, request: ExtractRequest) -> dict[str, Any]:
        """What each member says of every sentence of the texts that passes the filter, and the verdict.

        A sentence is read with the one before it; offsets are those of the text that was sent.
        Unscreened, all sentences are read.
        """
        windows: list[tuple[int, int, Passage]] = []
        read = []
        for at, asked in enumerate(request.passages):
            spans = sentences(asked.text)
            read.append(len(spans))
            if request.screen:
                kept = self.cascade([(str(at), asked.text, asked.published)])
                windows += [(at, window.start, window.passage) for window in kept]
            else:
                for before, span in zip([None, *spans], spans, strict=False):
                    start = (before or span).start
                    windows.append((at, start, Passage(asked.text[start : span.end], asked.published)))
        windows = [each for each in windows if len(each[2].text) <= LONGEST_PASSAGE]
        readings = self.ensemble.read([passage for _, _, passage in windows])
        found: list[dict[str, Any]] = [{"sentences": count, "readings": []} for count in read]
        for (at, start, _), reading in zip(windows, readings, strict=True):
            found[at]["readings"].append(described(reading, start))
        return {"passages": found}

    def normalise(self, request: NormaliseRequest) -> dict[str, Any]:
        """What each mention counts for, and by which rule."""
        normaliser = self.ensemble.normaliser
        found = []
        for asked in request.mentions:
            text = asked.text or ""
            end = text.find(asked.mention) + len(asked.mention)
            near = normaliser.near(text, end) if asked.mention in text else None
            found.append(resolved(normaliser(asked.mention, near)))
        return {"mentions": found, "policy": policy().version}

    def flows_between(self, request: FlowsRequest) -> dict[str, Any]:
        """Transfers of the run's articles between countries, by period."""
        kept = [
            {"origin": origin, "destination": destination, "period": period, "level": level, "count": count}
            for origin, destination, period, level, count in self.flows
            if request.origin in {None, origin}
            and request.destination in {None, destination}
            and (request.since is None or (period != UNKNOWN and period >= request.since[: len(period)]))
            and (request.until is None or period[: len(request.until)] <= request.until)
            and (request.level is None or LEVELS.index(level) <= LEVELS.index(request.level))
        ]
        return {"flows": kept, "total": sum(int(str(each["count"])) for each in kept)}


def _flows(path: Path) -> tuple[Flow, ...]:
    if not path.exists():
        raise UserError(f"{path}: missing from the artefact; rebuild it (dvc repro)")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple((str(a), str(b), str(c), str(d), int(n)) for a, b, c, d, n in rows)


def described(reading: Reading, start: int) -> dict[str, Any]:
    """A reading as the interface tells it; spans are counted from the start of the text that was sent."""
    agreed, period = reading.agreement, reading.period
    verdict = None
    if agreed is not None:
        verdict = {
            "level": agreed.level,
            "subject": agreed.subject or None,
            "origin": _known(agreed.origin),
            "destination": _known(agreed.destination),
            "period": _known(agreed.period),
            "inferred": period is not None and period.inferred,
            "votes": agreed.votes,
            "agreed": list(agreed.agreed),
            "flow": agreed.complete,
        }
    return {
        "start": start,
        "end": start + len(reading.passage.text),
        "members": [_member(told, start) for told in reading.told],
        "second": None
        if reading.second is None
        else {k: _known(v) for k, v in asdict(reading.second).items()},
        "verdict": verdict,
    }


def resolved(found: Resolved) -> dict[str, Any]:
    """A resolved mention as the interface tells it."""
    return {
        "mention": found.mention,
        "status": found.status,
        "iso3": found.iso3,
        "rule": found.rule,
        "raw_entity": found.raw_entity,
        "candidates": [{"code": code, "share": share} for code, share in found.candidates],
    }


def _member(told: Told, start: int) -> dict[str, Any]:
    said = told.extraction
    spans: dict[str, Any] = {}
    for name in FIELDS:
        span: Span | None = getattr(said, name)
        spans[name] = (
            None
            if span is None
            else {"start": start + span.start, "end": start + span.end, "text": span.text}
        )
    places = {name: None if found is None else resolved(found) for name, found in told.places.items()}
    return {
        "member": said.model,
        "circulation": said.circulation,
        "score": said.score,
        "spans": spans,
        "places": places,
        "period": told.period.text if told.period else None,
    }


def _known(value: str) -> str | None:
    return None if value == UNKNOWN else value


def flows_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Flow, ...]:
    """Counts of the rows of a transfers table that are flows, by origin, destination, period and level."""
    counts: dict[tuple[str, str, str, str], int] = {}
    for row in rows:
        if row["flow"]:
            key = (row["origin"], row["destination"], row["period"] or UNKNOWN, row["level"])
            counts[key] = counts.get(key, 0) + 1
    return tuple((*key, count) for key, count in sorted(counts.items()))
