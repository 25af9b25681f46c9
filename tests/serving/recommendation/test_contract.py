"""The served recommender keeps the contract that it publishes, whatever is thrown at it."""

import tempfile
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from tests.serving.recommendation.served import serve

with tempfile.TemporaryDirectory() as folder:
    schema = schemathesis.openapi.from_asgi("/openapi.json", serve(Path(folder)))
# That a text is CSV with the columns that the model knows is more than JSON schema can say.
MORE_THAN_A_SCHEMA = CHECKS.get_by_names(["positive_data_acceptance"])


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_contract(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=MORE_THAN_A_SCHEMA if case.path == "/shortlist" else [])
