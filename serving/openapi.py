"""The OpenAPI document of a track, made from its endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from serving.body import MEDIA_TYPE
from serving.endpoint import Endpoint, never
from serving.problem import MEDIA_TYPE as PROBLEM_TYPE


class Wrong(BaseModel):
    """One field that is wrong."""

    path: str = Field(description="Where, like `flows.3.count`.")
    message: str
    allowed: list[str | int] = Field(default=[], description="What it may be, the first few.")
    allowed_count: int = Field(default=0, description="How many values it may have.")


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
    errors_count: int = 0


_REFUSALS = {
    400: "The request cannot be parsed, or names a field twice.",
    408: "The body was not whole in time.",
    413: "The body is too large.",
    415: "The body is not declared as what this takes.",
    422: "A field is unknown, of the wrong type, or cannot be answered.",
}
_OF_A_QUERY = (400, 422)
"""What may be wrong with a request that has no body."""
_OF_A_LONG_ANSWER = {
    503: "Too many requests wait already; the header `retry-after` says for how many seconds.",
    504: "The answer took too long.",
}
_WITHOUT_A_TOKEN = "No token, or none of this server's."  # noqa: S105 - prose
_SCHEME = "token"


def document(
    endpoints: Sequence[Endpoint],
    *,
    title: str,
    version: str,
    narrow: Mapping[str, Mapping[str, Any]],
    secured: bool = False,
) -> bytes:
    """OpenAPI 3.1 of the endpoints, with real answers as examples.

    Args:
        endpoints: what is served.
        title: of the document.
        version: of what is served.
        narrow: by schema name, what the served model knows beyond the types: its own regions, say.
        secured: whether every request needs a token.
    """
    messages = (message for each in endpoints for message in (each.request, each.response))
    models = {message for message in messages if isinstance(message, type)} | {ProblemDetails}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, found = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    schemas = found["$defs"]
    for name, known in narrow.items():
        schemas[name] |= known
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operation = _operation(endpoint)
        if secured:
            operation["responses"]["401"] = _refusal(_WITHOUT_A_TOKEN)
        paths.setdefault(endpoint.path.replace(":path", ""), {})[endpoint.method.lower()] = operation
    content: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if secured:
        content["components"]["securitySchemes"] = {_SCHEME: {"type": "http", "scheme": "bearer"}}
        content["security"] = [{_SCHEME: []}]
    return orjson.dumps(content)


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    answers = {title: _answer(endpoint, asked) for title, asked in _examples(endpoint)}
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "responses": {"200": {"description": "The answer.", "content": _content(endpoint.response, answers)}},
    }
    if endpoint.query is not None:
        operation["parameters"] = [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in endpoint.query.model_json_schema()["properties"].items()
        ]
    if endpoint.request is not None:
        asked = dict(_examples(endpoint))
        operation["requestBody"] = {"required": True, "content": _content(endpoint.request, asked)}
        operation["responses"] |= {str(status): _refusal(said) for status, said in _REFUSALS.items()}
    elif endpoint.query is not None:
        operation["responses"] |= {str(status): _refusal(_REFUSALS[status]) for status in _OF_A_QUERY}
    elif endpoint.parameter:
        parameter = {"name": "id", "in": "path", "required": True, "schema": _ref(endpoint.parameter)}
        examples = {title: {"value": value} for title, value in endpoint.examples.items()}
        operation["parameters"] = [{**parameter, "examples": examples}]
        operation["responses"]["404"] = _refusal("There is none of this name.")
    if endpoint.slow is not never:
        operation["responses"] |= {str(status): _refusal(said) for status, said in _OF_A_LONG_ANSWER.items()}
    return operation


def _examples(endpoint: Endpoint) -> list[tuple[str, Any]]:
    if endpoint.examples or endpoint.request or isinstance(endpoint.response, str):
        return list(endpoint.examples.items())
    return [("answer", None)]


def _answer(endpoint: Endpoint, example: Any) -> Any:
    message = endpoint.request
    asked = message.model_validate(example) if isinstance(message, type) else example
    answer = endpoint.answer(asked if endpoint.query is None else (endpoint.query(), asked))
    return answer.decode() if isinstance(endpoint.response, str) else orjson.loads(answer)


def _content(message: type[BaseModel] | str, examples: Mapping[str, Any]) -> dict[str, Any]:
    named = {title: {"value": value} for title, value in examples.items()}
    if isinstance(message, str):
        return {message: {"schema": {"type": "string"}, "examples": named}}
    return {MEDIA_TYPE: {"schema": _ref(message.__name__), "examples": named}}


def _refusal(description: str) -> dict[str, Any]:
    content = {PROBLEM_TYPE.decode(): {"schema": _ref(ProblemDetails.__name__)}}
    return {"description": description, "content": content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
