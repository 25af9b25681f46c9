"""Every request has an id, a line in the log and a place in the metrics, and none tells what was asked."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

from modules.errors import RequestError
from serving.edge import edge
from serving.endpoint import Endpoint
from serving.metrics import Metrics
from serving.settings import Settings
from serving.waiting_line import WaitingLine
from tests.serving.served import JSON, RELEASE, ask, serve

SECRET = "Greta Halloran"  # noqa: S105 - a name that must not be told


def failing(_asked: Any) -> bytes:
    raise KeyError(SECRET)


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]


@pytest.fixture(scope="module")
def served() -> ASGIApp:
    return serve(log=True, tokens=(f"{'t' * 20}",))


def test_a_request_keeps_its_id_or_gets_one(served: ASGIApp, capfd: pytest.CaptureFixture[str]) -> None:
    for given, kept in (
        ("order-66_a.b", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ("", False),
    ):
        found = ask(served, "GET", "/regions", headers={"x-request-id": given}).headers["x-request-id"]
        assert (found == given) is kept
        assert lines(capfd)[0]["request"] == found
    made = {ask(served, "GET", "/nothing").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3


def test_a_line_tells_of_a_request_and_not_what_was_asked(
    served: ASGIApp, capfd: pytest.CaptureFixture[str]
) -> None:
    headers = {**JSON, "authorization": f"Bearer {'t' * 20}", "user-agent": SECRET}
    body = json.dumps({"origin": SECRET}).encode()
    refused = ask(served, "POST", f"/forecast?who={SECRET}", content=body, headers=headers)
    found = ask(served, "GET", f"/regions/{SECRET}", headers=headers)
    ask(served, "GET", f"/{SECRET}")
    ask(served, "PROPFIND", "/model", headers=headers)
    head = ask(served, "HEAD", "/model", headers=headers)
    said = capfd.readouterr().err
    assert SECRET not in said
    assert "t" * 20 not in said
    first, *others = [json.loads(line) for line in said.splitlines()]
    assert first.pop("time").endswith("Z")
    assert first.pop("ms") > 0
    assert first == {
        "request": refused.headers["x-request-id"],
        "method": "POST",
        "path": "/forecast",
        "status": 422,
        "in": len(body),
        "out": len(refused.content),
        "model": RELEASE.tag,
    }
    assert [(each["method"], each["path"], each["status"], each["out"]) for each in others] == [
        ("GET", "/regions/{id}", 404, len(found.content)),
        ("GET", "other", 404, others[1]["out"]),
        ("other", "/model", 405, others[2]["out"]),
        ("HEAD", "/model", head.status_code, 0),
    ]


def test_a_mistake_of_ours_is_a_problem_and_a_line_that_quotes_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    broken = edge(
        [Endpoint("GET", "/broken", "", "text/plain", failing)], release=RELEASE, settings=Settings(log=True)
    )
    answer = ask(broken, "GET", "/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    (line,) = lines(capfd)
    assert (line["status"], line["error"], line["at"][-1].split(":")[0]) == (
        500,
        "KeyError",
        "test_observed.py",
    )
    assert SECRET not in json.dumps(line) + answer.text


def test_the_log_can_be_off_and_a_closed_stderr_harms_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    ask(serve(), "GET", "/model")
    assert capfd.readouterr().err == ""
    code = (
        "from serving.request_log import write_line; import os; os.close(2); write_line({}); print('alive')"
    )
    said = subprocess.check_output([sys.executable, "-c", code], env=os.environ, text=True)  # noqa: S603
    assert said == "alive\n"


def test_metrics_count_by_template_method_and_status() -> None:
    def answer(name: str) -> bytes:
        if name == "bad":
            raise RequestError("id", "is bad")
        return b"{}"

    app = edge(
        [Endpoint("GET", "/things/{id:path}", "", "text/plain", answer, parameter="Thing")], release=RELEASE
    )
    for path in ("/things/a", "/things/b", "/things/bad", "/else", "/elsewhere"):
        ask(app, "GET", path)
    ask(app, "BREW", "/things/a")
    page = ask(app, "GET", "/metrics")
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {each.name: each for each in text_string_to_metric_families(page.text)}
    counts = {
        tuple(sample.labels.values()): sample.value
        for sample in families["talentflow_requests"].samples
        if sample.name.endswith("_total")
    }
    assert counts == {
        ("GET", "/things/{id}", "200"): 2,
        ("GET", "/things/{id}", "422"): 1,
        ("GET", "other", "404"): 2,
        ("other", "/things/{id}", "405"): 1,
    }
    classes = [
        sample
        for sample in families["talentflow_request_seconds"].samples
        if sample.labels.get("status") == "200" and sample.name.endswith("_bucket")
    ]
    values = [sample.value for sample in classes]
    assert values == sorted(values)
    assert (classes[-1].labels["le"], values[-1]) == ("+Inf", 2)
    (info,) = (
        families["talentflow_model"].samples
        if "talentflow_model" in families
        else families["talentflow_model_info"].samples
    )
    assert info.labels == {"run": "cities", "track": "migration", "version": "3", "bento": RELEASE.tag}
    assert families["process_resident_memory_bytes"].samples[0].value > 0


def test_a_request_is_in_every_class_that_it_was_no_longer_than() -> None:
    metrics = Metrics(RELEASE, WaitingLine(0))
    for seconds in (0.25, 0.3, 1_000):
        metrics.seen("GET", "/slow", 200, seconds)
    (family,) = [each for each in metrics.collect() if each.name == "talentflow_request_seconds"]
    classes = {each.labels["le"]: each.value for each in family.samples if each.name.endswith("_bucket")}
    assert [classes[end] for end in ("0.1", "0.25", "0.5", "120", "+Inf")] == [0, 1, 2, 2, 3]
