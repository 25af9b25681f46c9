"""What `benchmarks/serving.py` measures as LitServe: the same model in one worker, settings as they come."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest

litserve = import_module("litserve")  # which the benchmark installed


class Forecasts(litserve.LitAPI):  # type: ignore[name-defined,misc]
    """Forecasts as LitServe's tutorial would serve them."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe calls it so
        """Load the model in the worker."""
        torch.set_num_threads(1)
        self.predictor = MigrationPredictor.load(Path(os.environ["ARTEFACT"]))

    def decode_request(self, request: dict[str, Any]) -> ForecastRequest:
        """From JSON."""
        return ForecastRequest.of(request)

    def predict(self, x: ForecastRequest) -> dict[str, Any]:
        """The forecast."""
        return self.predictor.predict(x)


if __name__ == "__main__":
    api = Forecasts(api_path="/forecast")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[-1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
    )
