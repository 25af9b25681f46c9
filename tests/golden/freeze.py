"""Freeze a tiny artefact of every kind of network: `python -m tests.golden.freeze`."""

import json
from pathlib import Path

import torch

from modules.artefact import seal
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.held_out import said_and_seen, standardised_error
from modules.migration.flow_data import FlowData
from modules.migration.forecasting import forecast, truth
from modules.migration.intervals import ConformalIntervals
from modules.migration.predictor import MigrationPredictor, golden
from modules.migration.track import MODELS
from pipelines.fitting import fit
from tests.modules.migration.planted import seasonal_flows
from tests.modules.migration.test_predictor import CHOSEN

HERE = Path(__file__).parent


def errors(network: object, data: FlowData) -> dict[str, float]:
    if not isinstance(network, DHGSIL):
        return {}
    said, seen = said_and_seen(network, data.judging)
    return {name: standardised_error(said[name], seen[name]) for name in said}


def main() -> None:
    data = FlowData(seasonal_flows(regions=3), 12, 2, 54, 72)
    flows = data.flows
    actual, scored = truth(data.judging)
    for spec in MODELS:
        network = fit(spec, data, CHOSEN, seed=0)
        intervals = ConformalIntervals(3, 2)
        intervals.fit(forecast(network, data.judging), actual, scored, data.size, 0.9)  # type: ignore[arg-type]
        history = torch.from_numpy(flows.inputs()[-12:].copy())
        predictor = MigrationPredictor(
            network,
            intervals,
            history,
            flows.first + 71,
            flows.calendar,
            flows.regions,
            flows.names,  # type: ignore[arg-type]
            flows.rules,
            errors(network, data),
        )
        folder = HERE / spec.name
        folder.mkdir(exist_ok=True)
        predictor.save(folder)
        for name, content in [("card", {}), ("lineage", {}), ("golden", golden(predictor))]:
            (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        seal(folder)


if __name__ == "__main__":
    main()
