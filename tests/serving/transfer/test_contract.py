"""The served extractor keeps the contract that it publishes, whatever is thrown at it."""

import tempfile
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.modules.transfer.small import tiny_places
from tests.serving.transfer.served import serve

with tempfile.TemporaryDirectory() as folder:
    # The gazetteer stays open when its folder is gone.
    schema = schemathesis.openapi.from_asgi("/openapi.json", serve(Path(folder), tiny_places(Path(folder))))


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_contract(case: schemathesis.Case) -> None:
    case.call_and_validate()
