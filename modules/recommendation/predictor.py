"""A fitted recommender with everything it needs to answer: the predictor of the track."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.artefact import verify
from modules.errors import RequestError
from modules.recommendation.encoder import SideEncoder
from modules.recommendation.explanation import counterfactual, leave_one_out
from modules.recommendation.features import Features
from modules.recommendation.networks import build_network, network_config
from modules.recommendation.pair_model import PairModel
from modules.recommendation.rcjr.employer_bank import EmployerBank
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.request import ExplainRequest, RecommendRequest, Record
from modules.schema import Schema


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

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `config.json` into an existing folder."""
        tensors = {key: value.contiguous() for key, value in sorted(self.network.state_dict().items())}
        save_file(tensors, folder / "model.safetensors")
        config = {
            "network": network_config(self.network),
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
        network = build_network(config["network"])
        network.load_state_dict(load_file(folder / "model.safetensors"))
        students, employers = (SideEncoder.from_json(each) for each in config["encoders"])
        return cls(
            network=network.eval(),
            schema=Schema.from_json(config["schema"]),
            encoders=(students, employers),
            employers=tuple(config["employers"]),
            intents=tuple(config["intents"]),
        )

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

    @torch.inference_mode()
    def recommend(self, request: RecommendRequest) -> dict[str, Any]:
        """The best k employers, best first, equal ones by their place in the table.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        student = self.encoded(request.student)
        allowed = self._allowed(request)
        scores = torch.where(allowed, self._scores(student), -torch.inf)
        size = min(request.k, int(allowed.sum()))
        rows = scores.argsort(descending=True, stable=True)[:size].tolist()
        return {
            "unknown": self.unknown(request.student),
            "intent": self.intent(student),
            "employers": [
                {"rank": rank, "score": float(scores[row].double().sigmoid()), **self.employers[row]}
                for rank, row in enumerate(rows, start=1)
            ],
        }

    @torch.inference_mode()
    def explain(self, request: ExplainRequest) -> dict[str, Any]:
        """What each field is worth to a pair, where it ranks, and what would bring it into the list.

        Raises:
            RequestError: naming the field that cannot be answered.
        """
        row = self.row(request.employer, "employer")
        student = self.encoded(request.student)
        employer = self.features[torch.tensor([row])]
        scores = self._scores(student)
        rank = 1 + int((scores > scores[row]).sum())
        of_student, of_employer = leave_one_out(self.network, student, employer)
        change = None
        if rank > request.k:
            found = counterfactual(self.network, self.encoders[0], student, self.features, row, request.k)
            change = None if found is None else asdict(found)
        sides = self.schema.inputs
        return {
            "unknown": self.unknown(request.student),
            "intent": self.intent(student),
            "employer": dict(self.employers[row]),
            "rank": rank,
            "score": float(scores[row].double().sigmoid()),
            "student_fields": _named(sides[0].fields, of_student),
            "employer_fields": _named(sides[1].fields, of_employer),
            "attention": self._attention(student, employer),
            "counterfactual": change,
        }

    def encoded(self, student: Record) -> Features:
        """One student as models see one.

        Raises:
            RequestError: if a field is unknown to the schema, or a number is none.
        """
        side = self.encoders[0].side
        for name, value in student.items():
            if name not in self.schema.students.fields:
                raise RequestError(f"student.{name}", "no such field", side.fields)
            if name in side.numbers and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise RequestError(f"student.{name}", "must be a number")
        return self.encoders[0].encode([student])

    def unknown(self, student: Record) -> list[str]:
        """The student's categorical fields whose value training never saw."""
        return list(self.encoders[0].unknown([student])[0])

    def intent(self, student: Features) -> dict[str, float]:
        """Probability of each intent; empty of a model that tells none."""
        logits = self.network.intent_logits(student)
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
        if self.bank is not None and isinstance(self.network, RCJR):
            return self.bank.scores(self.network.student_embedding(student)[0])
        return self.network.score_all(student, self.features)[0]

    def _allowed(self, request: RecommendRequest) -> Tensor:
        allowed = torch.ones(len(self.employers), dtype=torch.bool)
        for at, employer in enumerate(request.exclude):
            allowed[self.row(employer, f"exclude.{at}")] = False
        for name, values in request.where.items():
            if name not in self.schema.employers.fields:
                raise RequestError(f"where.{name}", "no such field", self.schema.employers.fields)
            wanted = set(values)
            allowed &= torch.tensor([employer.get(name) in wanted for employer in self.employers])
        return allowed

    def _attention(self, student: Features, employer: Features) -> dict[str, Mapping[str, float]]:
        if not isinstance(self.network, RCJR):
            return {}
        weights = self.network.attention(student, employer)
        return {
            side: dict(zip(schema.fields, each[0].double().tolist(), strict=True))
            for side, schema, each in zip(("student", "employer"), self.schema.inputs, weights, strict=True)
        }


def _named(fields: tuple[str, ...], values: Tensor) -> list[dict[str, Any]]:
    """Fields with what they are worth, the weightiest first."""
    found = [
        {"field": name, "contribution": value}
        for name, value in zip(fields, values.double().tolist(), strict=True)
    ]
    return sorted(found, key=lambda each: -abs(float(each["contribution"])))
