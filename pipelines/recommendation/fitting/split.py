"""The split stage: which students train, validate and test, frozen with the hashes of their placements."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config.parts import TEST, TRAIN, VALIDATION, in_order, parts_of
from pipelines.config.recommendation import RecommendationRun
from pipelines.files import whole_folder, write_json, write_parquet
from pipelines.paths import RunPaths


def run(name: str, config: RecommendationRun) -> None:
    """Write `parts.parquet` (id, part, label) and `split.json`: labels in order, parts, row keys by label.

    A label is a cohort, or where there are none the part itself.

    Raises:
        UserError: if a part is left without a student, or without a placement.
    """
    folder = RunPaths(name).extracted
    students = pq.read_table(folder / "students.parquet", columns=["id", "cohort"]).to_pydict()
    placements = pq.read_table(folder / "placements.parquet", columns=["student", "employer"]).to_pydict()
    parts = parts_of(students["id"], students["cohort"], config.recommendation.split)
    by_cohort = config.recommendation.split.fractions is None
    labels = [
        cohort or "" if by_cohort else str(part)
        for cohort, part in zip(students["cohort"], parts, strict=True)
    ]
    label_of = dict(zip(students["id"], labels, strict=True))
    digests: dict[str, Any] = {label: hashlib.sha256() for label in labels}
    rows = dict.fromkeys(digests, 0)
    for student, employer in sorted(zip(placements["student"], placements["employer"], strict=True)):
        digests[label_of[student]].update(f"{student}\t{employer}\n".encode())
        rows[label_of[student]] += 1
    ordered = {
        part: in_order([label for label, its in zip(labels, parts, strict=True) if its == part])
        for part in (TRAIN, VALIDATION, TEST)
    }
    split = {
        "unit": "cohort" if by_cohort else "part",
        "labels": [label for own in ordered.values() for label in own],
        "parts": {
            part: {
                "from": own[0],
                "to": own[-1],
                "students": int(np.sum(parts == part)),
                "placements": sum(rows[label] for label in own),
            }
            for part, own in ordered.items()
        },
        "row_keys": {label: digest.hexdigest() for label, digest in sorted(digests.items())},
    }
    with whole_folder(RunPaths(name).split) as written:
        table = pa.table({"id": students["id"], "part": parts.tolist(), "label": labels})
        write_parquet(written / "parts.parquet", table)
        write_json(written / "split.json", split)
