"""The evaluate stage: rank by back-test, claim on the test, package the candidate."""

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from dvc.repo import Repo
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from modules.artefact import seal, sha256_of
from pipelines.config import RunConfig
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.judging import judging_of
from pipelines.paths import RunPaths
from pipelines.stage_key import key_of, stage_content, stage_key
from pipelines.tracking import tracked


def run(name: str, config: RunConfig) -> None:
    """Write `artefact/`, `evaluation/evaluation.json`, `metrics.json` and `plots/`.

    The candidate is the model that the back-test ranks first, baselines included, parts of our own model not;
    the test has no part in choosing it.
    """
    torch.set_num_threads(1)
    paths, key = RunPaths(name), stage_key("evaluate", name)
    with (
        threadpool_limits(1),  # or the last bit of what is summed would depend on the number of cores
        tracked("evaluate", name, key) as log_to,
        whole_folder(paths.artefact) as artefact,
        whole_folder(paths.evaluation) as folder,
        whole_folder(paths.plots) as plots,
    ):
        found = judging_of(config).judge(name, config, artefact)
        write_json(artefact / "card.json", found.card.model_dump(mode="json"))
        write_json(artefact / "lineage.json", lineage(name, found.training))
        write_json(artefact / "golden.json", found.golden)
        seal(artefact)
        evaluation = found.evaluation
        (folder / "evaluation.json").write_text(evaluation.model_dump_json(indent=1) + "\n", encoding="utf-8")
        for file, table in found.tables.items():
            write_parquet(folder / file, table)
        for file, (header, rows) in found.plots.items():
            _write_csv(plots / file, header, rows)
        log_to.log({"candidate": evaluation.candidate, "sha12": evaluation.sha12}, _flat(found.metrics))
        write_json(paths.metrics, found.metrics)
    shutil.rmtree(paths.scratch("evaluate", key), ignore_errors=True)


def lineage(name: str, training: dict[str, Any]) -> dict[str, Any]:
    """Where the artefact comes from, by content only: inputs, data, environment and training rows.

    Nothing here is read from a file that the evaluate stage does not depend on, or DVC would restore an
    artefact whose lineage is not true; the upstream stages' own keys stand in dvc.lock.
    """
    with Repo() as repo:
        content = stage_content(repo, "evaluate", name)
    imported = json.loads((RunPaths(name).extracted / "import.json").read_text(encoding="utf-8"))
    return {
        "stage_key": key_of(content),
        "inputs": {path: digest for path, digest in content["hashes"].items() if path.startswith("runs/")},
        "data": imported["files"],
        "environment": sha256_of(Path("requirements.lock")),
        "training": training,
    }


def _flat(metrics: dict[str, Any], prefix: str = "") -> dict[str, float]:
    flat: dict[str, float] = {}
    for key, value in metrics.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: float(value)}
    return flat


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
