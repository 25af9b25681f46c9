"""A fitted recommender with everything it needs to answer: the predictor of the track."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.artefact import verify
from modules.errors import RequestError, did_you_mean
from modules.recommendation.encoder import SideEncoder
from modules.recommendation.explanation import counterfactual, leave_one_out
from modules.recommendation.features import Features
from modules.recommendation.networks import build_network, network_config
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.employer_bank import EmployerBank
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.request import (
    CandidatesRequest,
    ExplainRequest,
    RecommendRequest,
    Record,
    ScoreRequest,
)
from modules.recommendation.student_record import checked
from modules.recommendation.top import rank, top
from modules.schema import Schema, Side

_TELLER = "teller."


@dataclass(frozen=True)
class Recommender:
    """Scores students with employers, tells intents, says why."""

    network: PairModel
    schema: Schema
    encoders: tuple[SideEncoder, SideEncoder]
    """Of students and of employers."""
    employers: tuple[Record, ...]
    """Id and fields of every employer that can be recommended."""
    intents: tuple[str, ...]
    teller: PairModel | None = None
    """Tells intents where the network, a baseline perhaps, does not; of the same encoders."""

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `config.json` into an existing folder."""
        tensors = self.network.state_dict()
        if self.teller is not None:
            tensors |= {f"{_TELLER}{key}": value for key, value in self.teller.state_dict().items()}
        held = {key: value.contiguous() for key, value in sorted(tensors.items())}
        save_file(held, folder / "model.safetensors")
        config = {
            "network": network_config(self.network),
            "teller": None if self.teller is None else network_config(self.teller),
            "schema": self.schema.to_json(),
            "encoders": [encoder.to_json() for encoder in self.encoders],
            "employers": [dict(employer) for employer in self.employers],
            "intents": list(self.intents),
        }
        text = json.dumps(config, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a sealed artefact, every hash checked first.

        Raises:
            UserError: if the artefact is torn, changed or of another format.
        """
        verify(folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "model.safetensors")
        told = {
            key.removeprefix(_TELLER): tensors.pop(key) for key in sorted(tensors) if key.startswith(_TELLER)
        }
        network = build_network(config["network"])
        network.load_state_dict(tensors)
        teller = build_network(config["teller"]) if config.get("teller") else None
        if teller is not None:
            teller.load_state_dict(told)
        students, employers = (SideEncoder.from_json(each) for each in config["encoders"])
        return cls(
            network=network.eval(),
            schema=Schema.from_json(config["schema"]),
            encoders=(students, employers),
            employers=tuple(config["employers"]),
            intents=tuple(config["intents"]),
            teller=None if teller is None else teller.eval(),
        )

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """Students and employers as the model sees them."""
        return self.schema.inputs

    @cached_property
    def position(self) -> dict[str, int]:
        """Row of each employer."""
        return {employer["id"]: row for row, employer in enumerate(self.employers)}

    @cached_property
    def features(self) -> Features:
        """Every employer, encoded."""
        return self.encoders[1].encode(self.employers)

    @cached_property
    def bank(self) -> EmployerBank | None:
        """Every employer, embedded; none of a model that scores pairs otherwise."""
        return self.network.employer_bank(self.features) if isinstance(self.network, RCJR) else None

    @cached_property
    def values(self) -> dict[str, dict[str, Tensor]]:
        """Categorical field of employers -> its values, sorted -> the rows that have it."""
        found: dict[str, dict[str, Tensor]] = {}
        for name in self.sides[1].categorical:
            rows: dict[str, list[int]] = {}
            for row, employer in enumerate(self.employers):
                if employer[name] not in {None, ""}:
                    rows.setdefault(employer[name], []).append(row)
            found[name] = {value: torch.tensor(rows[value]) for value in sorted(rows)}
        return found

    @torch.inference_mode()
    def recommend(self, request: RecommendRequest) -> dict[str, Any]:
        """The best k employers, best first, equal ones by their place in the table.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        student = self.known(request.student, "student")
        features = self.encoders[0].encode([student])
        scores, count = self._scores(features), len(self.employers)
        if request.exclude or request.where:
            allowed = self._allowed(request)
            scores, count = torch.where(allowed, scores, -torch.inf), int(allowed.sum())
        rows = top(scores, min(request.k, count)) if count else torch.zeros(0, dtype=torch.int64)
        listed = zip(rows.tolist(), scores[rows].double().sigmoid().tolist(), strict=True)
        return {
            "unknown": self.unknown(student),
            "intent": self.intent(features),
            "employers": [
                {"rank": place, "score": score, **self.about(row)}
                for place, (row, score) in enumerate(listed, start=1)
            ],
        }

    @torch.inference_mode()
    def candidates(self, request: CandidatesRequest) -> dict[str, Any]:
        """The best k of the given students for an employer, best first, equal ones as given.

        A student is told by the place in the request, 0 for the first.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        row = self.row(request.employer, "employer")
        students = [self.known(each, f"students.{at}") for at, each in enumerate(request.students)]
        scores = self._pairs(students, [row] * len(students))
        places = top(scores, request.k).tolist() if students else []
        return {
            "employer": self.about(row),
            "students": [
                {
                    "rank": rank,
                    "student": place,
                    "score": float(scores[place].double().sigmoid()),
                    "unknown": self.unknown(students[place]),
                }
                for rank, place in enumerate(places, start=1)
            ],
        }

    @torch.inference_mode()
    def score(self, request: ScoreRequest) -> dict[str, Any]:
        """The score of every pair, in the order of the request.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        students = [
            self.known(student, f"pairs.{at}.student") for at, (student, _) in enumerate(request.pairs)
        ]
        rows = [self.row(employer, f"pairs.{at}.employer") for at, (_, employer) in enumerate(request.pairs)]
        scores = self._pairs(students, rows).double().sigmoid().tolist()
        unknown = self.encoders[0].unknown(students)
        return {
            "scores": [
                {"score": score, "unknown": list(names)} for score, names in zip(scores, unknown, strict=True)
            ]
        }

    @torch.inference_mode()
    def explain(self, request: ExplainRequest) -> dict[str, Any]:
        """What each field is worth to a pair, where it ranks, and what would bring it into the list.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        row = self.row(request.employer, "employer")
        known = self.known(request.student, "student")
        student, employer = self.encoders[0].encode([known]), self.features[torch.tensor([row])]
        scores = self._scores(student)
        place = rank(scores, row)
        change = None
        if place > request.k:
            change = counterfactual(
                lambda record: self._scores(self.encoders[0].encode([record])),
                self.encoders[0],
                known,
                row,
                request.k,
            )
        of_student, of_employer = leave_one_out(self.network, student, employer)
        return {
            "unknown": self.unknown(known),
            "intent": self.intent(student),
            "employer": self.about(row),
            "rank": place,
            "score": float(scores[row].double().sigmoid()),
            "student_fields": _named(self.sides[0].fields, of_student),
            "employer_fields": _named(self.sides[1].fields, of_employer),
            "attention": self._attention(student, employer),
            "counterfactual": None if change is None else asdict(change),
        }

    def known(self, student: Record, path: str) -> dict[str, Any]:
        """What is known of a student, by the fields that the model sees.

        Raises:
            RequestError: naming the field that it does not see, or whose value has the wrong type.
        """
        return checked(student, self.encoders[0], self.schema.students, path)

    def about(self, row: int) -> dict[str, Any]:
        """Id of an employer and its fields, those that nobody may be ranked by left out."""
        employer = self.employers[row]
        return {
            "id": employer["id"],
            "fields": {name: employer[name] for name in self.sides[1].fields},
        }

    def unknown(self, student: Record) -> list[str]:
        """The student's categorical fields whose value training never saw."""
        return list(self.encoders[0].unknown([student])[0])

    def intent(self, student: Features) -> dict[str, float]:
        """Probability of each intent; empty where nothing tells it."""
        logits = (self.teller or self.network).intent_logits(student)
        if logits is None:
            return {}
        shares = logits[0].double().softmax(0).tolist()
        return dict(zip(self.intents, shares, strict=True))

    def row(self, employer: str, path: str) -> int:
        """Row of an employer.

        Raises:
            RequestError: if there is none of this id.
        """
        if employer not in self.position:
            raise RequestError(path, f"there is no employer {employer!r}")
        return self.position[employer]

    def _scores(self, student: Features) -> Tensor:
        """Logits of one student with every employer, E."""
        if self.bank is not None and isinstance(self.network, RCJR):
            return self.bank.scores(self.network.student_embedding(student)[0])
        return self.network.score_all(student, self.features)[0]

    def _pairs(self, students: Sequence[Record], rows: Sequence[int]) -> Tensor:
        """Logits of each student with the employer in the row beside."""
        logits: Tensor = self.network(self.encoders[0].encode(students), self.features[torch.tensor(rows)])
        return logits

    def _allowed(self, request: RecommendRequest) -> Tensor:
        allowed = torch.ones(len(self.employers), dtype=torch.bool)
        for name, values in request.where.items():
            if name not in self.values:
                known = tuple(self.values)
                raise RequestError(f"where.{name}", f"no such field{did_you_mean(name, known)}", known)
            wanted = torch.zeros_like(allowed)
            for at, value in enumerate(values):
                rows = self.values[name]
                if value not in rows:
                    said = f"no employer has {value!r}{did_you_mean(value, rows)}"
                    raise RequestError(f"where.{name}.{at}", said, tuple(rows))
                wanted[rows[value]] = True
            allowed &= wanted
        for at, employer in enumerate(request.exclude):
            allowed[self.row(employer, f"exclude.{at}")] = False
        return allowed

    def _attention(self, student: Features, employer: Features) -> dict[str, Mapping[str, float]]:
        if not isinstance(self.network, RCJR):
            return {}
        weights = self.network.attention(student, employer)
        return {
            side: dict(zip(schema.fields, each[0].double().tolist(), strict=True))
            for side, schema, each in zip(("student", "employer"), self.sides, weights, strict=True)
        }


def _named(fields: tuple[str, ...], values: Tensor) -> list[dict[str, Any]]:
    """Fields with what they are worth, the weightiest first."""
    found = [
        {"field": name, "contribution": value}
        for name, value in zip(fields, values.double().tolist(), strict=True)
    ]
    return sorted(found, key=lambda each: -abs(float(each["contribution"])))
