"""The split stage: which labelled passages train, validate and test, frozen with hashes of their groups."""

import hashlib
from typing import Any

import pyarrow.parquet as pq

from modules.errors import UserError
from pipelines.config.parts import TEST, TRAIN, VALIDATION
from pipelines.config.transfer import TransferRun
from pipelines.files import whole_folder, write_json
from pipelines.paths import RunPaths


def run(name: str, config: TransferRun) -> None:  # noqa: ARG001 - every track's split has its settings
    """Write `split.json`: labels (the parts), how many passages, moves and groups each has, their row keys.

    Raises:
        UserError: if a part has no move, or a group is in two parts.
    """
    columns = ["passage_id", "circulation", "group", "part"]
    table = pq.read_table(RunPaths(name).extracted / "labelled.parquet", columns=columns).to_pylist()
    part_of: dict[str, str] = {}
    for row in table:
        if part_of.setdefault(row["group"], row["part"]) != row["part"]:
            raise UserError(f"labelled passages: the group of {row['passage_id']} is in two parts")
    parts: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for part in (TRAIN, VALIDATION, TEST):
        rows = [row for row in table if row["part"] == part]
        moves = sum(row["circulation"] for row in rows)
        if not moves:
            raise UserError(f"labelled passages: no move is in part {part}; label more, or name the parts")
        digest = hashlib.sha256("\n".join(sorted(row["passage_id"] for row in rows)).encode())
        groups = len({row["group"] for row in rows})
        parts[part] = {"from": part, "to": part, "passages": len(rows), "moves": moves, "groups": groups}
        keys[part] = digest.hexdigest()
    with whole_folder(RunPaths(name).split) as folder:
        write_json(
            folder / "split.json", {"unit": "part", "labels": list(keys), "parts": parts, "row_keys": keys}
        )
