"""What a simulation planted in its cities, for evaluation only."""

import numpy as np
import pyarrow.parquet as pq

from modules.migration.arrays import Float64Array
from modules.migration.dhg_sil.variables import VARIABLES
from modules.migration.flows import Flows
from pipelines.paths import RunPaths


def planted_variables(name: str, flows: Flows) -> dict[str, Float64Array]:
    """Variable -> T x N, NaN where nothing was planted; empty if nothing was, or not by these periods."""
    path = RunPaths(name).gold / "variables.parquet"
    if not path.exists():
        return {}
    table = pq.read_table(path)
    step = {label: at for at, label in enumerate(flows.labels)}
    place = {region: at for at, region in enumerate(flows.regions)}
    rows = [step.get(label, -1) for label in table["period"].to_pylist()]
    columns = [place.get(region, -1) for region in table["region"].to_pylist()]
    known = (np.array(rows) >= 0) & (np.array(columns) >= 0)
    if not known.any():  # months were planted, and the run counts by weeks or quarters
        return {}
    at = (np.array(rows)[known], np.array(columns)[known])
    found = {}
    for variable in VARIABLES:
        found[variable] = np.full((len(step), len(place)), np.nan)
        found[variable][at] = table[variable].to_numpy()[known]
    return found
