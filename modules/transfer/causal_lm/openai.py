"""A language model behind an OpenAI-compatible endpoint (vLLM and the like) as a member of the ensemble."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from openai import APIConnectionError, APIStatusError, OpenAI
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modules.errors import UserError
from modules.transfer.passage import Extraction, Located, Passage, Span
from modules.transfer.tagging.tags import FIELDS

TOKEN = "TALENTFLOW_LLM_TOKEN"  # noqa: S105 - the variable's name
"""Environment variable that holds the endpoint's token, if it asks for one."""
_PATIENCE = 3
"""Passages in a row that a server may leave unanswered, each after all tries."""
_TOKENS = 256
_TRIED_AGAIN = {408, 409, 429}
_SERVER_ERROR = 500
_NOT_ALLOWED = {401, 403}
_GUIDELINE = """\
You read news. Say whether the last sentence of the passage tells of a person who moved to live, work, study
or play in another country, of own accord. The move must have happened or be agreed. Visits, plans, denials,
deportations, and moves of firms, teams, animals or things do not count.
Answer in JSON: circulation (true or false), subject (who), origin (place or organisation left), destination
(place or organisation gone to), time (of the move). Copy each exactly as the passage writes it; null if it is
not told, or if circulation is false. Say besides, by its English name, in which of today's countries the
origin lies (origin_country) and the destination (destination_country); null where you do not know."""

Reason = Literal["unavailable", "not_a_completion", "not_json", "wrong_shape", "mention_not_in_text"]


class Answer(BaseModel):
    """What the model must answer, and nothing else; its schema goes with the request."""

    model_config = ConfigDict(extra="forbid", strict=True)

    circulation: bool
    subject: str | None
    origin: str | None
    destination: str | None
    time: str | None
    origin_country: str | None
    destination_country: str | None


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class OpenAICompatible:
    """Asks `/chat/completions` for an answer of a fixed JSON schema, and takes no other.

    Errors of the server (429, 5xx), refused connections and time-outs are tried again with exponential
    back-off, as often as `retries` says. An answer that is not exactly what was asked for is counted in
    `invalid` by its reason, and the passage told of as one without a move: nothing is guessed or mended.

    Args:
        url: up to and with `/v1`.
        model: as the server calls it.
        timeout: seconds to wait for an answer.
        retries: of a request, after its first try.
        at_once: requests that are under way together.
        name: of the member.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        timeout: float = 60.0,
        retries: int = 4,
        at_once: int = 8,
        name: str = "openai",
    ) -> None:
        self.name, self.url, self.model, self.at_once = name, url, model, at_once
        self.invalid: Counter[Reason] = Counter()
        """How many answers were none, by what was wrong."""
        self._unanswered = 0
        token = os.environ.get(TOKEN) or "none"
        self._client = OpenAI(base_url=url, api_key=token, timeout=timeout, max_retries=retries)

    def extract(self, passages: Sequence[Passage]) -> list[Extraction]:
        """One extraction a passage, in their order.

        Raises:
            UserError: if the endpoint refuses the request or the token, or leaves passages unanswered.
        """
        found = []
        with ThreadPoolExecutor(self.at_once) as pool:
            for first in range(0, len(passages), self.at_once):
                together = passages[first : first + self.at_once]
                found += [self._counted(answer) for answer in pool.map(self._ask, together)]
        return found

    def _counted(self, answer: Extraction | Reason) -> Extraction:
        if isinstance(answer, Extraction):
            self._unanswered = 0
            return answer
        self.invalid[answer] += 1
        self._unanswered = self._unanswered + 1 if answer == "unavailable" else 0
        if self._unanswered >= _PATIENCE:
            raise UserError(
                f"{self.url}: no answer for {_PATIENCE} passages in a row; see whether the server is up, "
                "or give it more time"
            )
        return Extraction(circulation=False, **dict.fromkeys(FIELDS), score=0.0, model=self.name)

    def _ask(self, passage: Passage) -> Extraction | Reason:
        try:
            reply = self._client.chat.completions.with_raw_response.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": _GUIDELINE},
                    {"role": "user", "content": passage.text},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "move", "strict": True, "schema": Answer.model_json_schema()},
                },
                temperature=0.0,
                max_tokens=_TOKENS,
            )
        except APIStatusError as error:
            if error.status_code in _TRIED_AGAIN or error.status_code >= _SERVER_ERROR:
                return "unavailable"
            raise UserError(self._refused(error.status_code)) from error
        except APIConnectionError:  # time-outs too
            return "unavailable"
        return self._parsed(passage, reply.text)

    def _parsed(self, passage: Passage, body: str) -> Extraction | Reason:
        try:
            content = _Completion.model_validate_json(body).choices[0].message.content
        except ValidationError:
            return "not_a_completion"
        try:
            answer = Answer.model_validate_json(content)
        except ValidationError as error:
            return "not_json" if error.errors()[0]["type"] == "json_invalid" else "wrong_shape"
        told: dict[str, Span | None] = dict.fromkeys(FIELDS)
        for field in FIELDS if answer.circulation else ():
            mention: str | None = getattr(answer, field)
            if mention is not None:
                start = passage.text.find(mention)
                if start < 0 or not mention:
                    return "mention_not_in_text"
                told[field] = Span.of(passage.text, start, start + len(mention))
        known = {"origin": answer.origin_country, "destination": answer.destination_country}
        countries = {end: country for end, country in known.items() if country and told[end]}
        score = float(answer.circulation)
        spans = told["subject"], told["origin"], told["destination"], told["time"]
        return Located(answer.circulation, *spans, score, self.name, countries)

    def _refused(self, status: int) -> str:
        if status in _NOT_ALLOWED:
            return f"{self.url}: the server refuses the token ({status}); set {TOKEN}"
        return (
            f"{self.url}: the server refuses the request for model {self.model} ({status}); see the address "
            "up to /v1, the model's name, and whether the server takes a JSON schema as response_format"
        )
