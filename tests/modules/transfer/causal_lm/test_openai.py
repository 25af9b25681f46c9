"""The client against a real server on loopback that speaks the protocol, and misbehaves."""

import socket
import time
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from modules.errors import UserError
from modules.transfer.causal_lm.openai import TOKEN, OpenAICompatible
from modules.transfer.passage import Passage
from tests.modules.transfer.causal_lm.protocol import ANSWER, NO, PASSAGE, Reply, Server, fails, says


def client(server: Server, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(
        **{"url": server.url, "model": "tiny", "timeout": 5.0, "retries": 2, "at_once": 1} | options
    )


def test_a_good_answer_becomes_spans_of_the_text(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "secret")
    server.replies = [says(ANSWER), says(NO)]
    moved, stayed = client(server, name="mistral").extract([PASSAGE, Passage("Nobody moved.")])
    assert moved.circulation
    assert moved.model == "mistral"
    spans = (moved.subject, moved.origin, moved.destination, moved.time)
    assert [span and span.text for span in spans] == ["Ana Costa", "Lisbon", "Oslo", "May 2015"]
    assert moved.countries == {"origin": "Portugal"}
    for span in spans:
        assert span is not None
        assert PASSAGE.text[span.start : span.end] == span.text
    assert (stayed.circulation, stayed.subject, stayed.score) == (False, None, 0.0)
    headers, body = server.asked[0]
    assert headers["authorization"] == "Bearer secret"
    assert body["model"] == "tiny"
    assert body["messages"][-1]["content"] == PASSAGE.text
    schema = body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["additionalProperties"] is False
    assert set(schema["schema"]["required"]) == set(ANSWER)


def test_a_server_that_fails_twice_is_asked_a_third_time(server: Server) -> None:
    server.replies = [fails(500), fails(429), says(ANSWER)]
    member = client(server)
    (found,) = member.extract([PASSAGE])
    assert found.circulation
    assert len(server.asked) == 3
    assert not member.invalid


def test_a_server_that_never_answers_is_not_asked_for_ever(server: Server) -> None:
    server.replies = [fails(503)]
    member = client(server)
    (found,) = member.extract([PASSAGE])
    assert not found.circulation
    assert member.invalid == {"unavailable": 1}
    assert len(server.asked) == 3
    with pytest.raises(UserError, match="3 passages in a row"):
        member.extract([PASSAGE] * 100)
    assert len(server.asked) == 9


def test_a_slow_server_is_given_up(server: Server) -> None:
    def slow(body: dict[str, Any]) -> Response:
        time.sleep(0.6)
        return says(ANSWER)(body)

    server.replies = [slow, says(ANSWER)]
    member = client(server, timeout=0.2, retries=0)
    (found,) = member.extract([PASSAGE])
    assert not found.circulation
    assert member.invalid == {"unavailable": 1}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (says("Yes, Ana Costa moved to Oslo."), "not_json"),
        (says('{"circulation": true, "subject": "Ana'), "not_json"),
        (says('"true"'), "wrong_shape"),
        (says({"circulation": True}), "wrong_shape"),
        (says(ANSWER | {"circulation": "yes"}), "wrong_shape"),
        (says(ANSWER | {"origin": ["Lisbon"]}), "wrong_shape"),
        (says(ANSWER | {"confidence": 1.0}), "wrong_shape"),
        (says(ANSWER | {"destination": "Norway"}), "mention_not_in_text"),
        (says(ANSWER | {"destination": ""}), "mention_not_in_text"),
        (lambda _body: PlainTextResponse("<html>proxy</html>"), "not_a_completion"),
        (lambda _body: JSONResponse({"choices": []}), "not_a_completion"),
        (lambda _body: JSONResponse({"choices": [{"message": {"content": None}}]}), "not_a_completion"),
    ],
)
def test_an_answer_that_is_none_is_counted_and_never_guessed(
    server: Server, reply: Reply, reason: str
) -> None:
    server.replies = [reply, says(ANSWER)]
    member = client(server)
    bad, good = member.extract([PASSAGE, PASSAGE])
    assert (bad.circulation, bad.subject, bad.destination) == (False, None, None)
    assert good.circulation
    assert member.invalid == {reason: 1}
    assert len(server.asked) == 2


@pytest.mark.parametrize(("status", "said"), [(401, TOKEN), (404, "model tiny")])
def test_a_refusal_ends_it_at_once_and_says_what_to_set(server: Server, status: int, said: str) -> None:
    server.replies = [fails(status)]
    with pytest.raises(UserError, match=said):
        client(server).extract([PASSAGE])
    assert len(server.asked) == 1


def test_no_server_at_all(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(UserError, match="see whether the server is up"):
        client(server, url=nowhere, retries=0).extract([PASSAGE] * 5)


def test_answers_stand_in_the_order_of_the_passages(server: Server) -> None:
    def named(body: dict[str, Any]) -> Response:
        who = body["messages"][-1]["content"].split()[0]
        time.sleep(0.05 if who < "P4" else 0)
        return says(NO | {"circulation": True, "subject": who})(body)

    server.replies = [named]
    passages = [Passage(f"P{at} left.") for at in range(6)]
    found = client(server, at_once=6).extract(passages)
    assert [each.subject and each.subject.text for each in found] == [f"P{at}" for at in range(6)]
