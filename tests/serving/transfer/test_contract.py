"""The served extractor keeps the contract that it publishes, whatever is thrown at it."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.serving.transfer.served import serve


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, gazetteer_file: Path
) -> schemathesis.schemas.BaseSchema:
    return schemathesis.openapi.from_asgi(
        "/openapi.json", serve(tmp_path_factory.mktemp("contract"), gazetteer_file)
    )


schema = schemathesis.pytest.from_fixture("published")


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_its_contract(case: schemathesis.Case) -> None:
    case.call_and_validate()
