"""Size of images by part, and of what could take torch's place, as docs/results-image.md.

    python benchmarks/image.py talentflow/cities:v1-3f9a1c77e02b talentflow/transfer:v1-9c41d0a7be55

The images are those of the engine that `talentflow registry image` would use. Installing ONNX Runtime takes a network.
"""

import gzip
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, cast

import typer

from pipelines.release.image import engine

TOP = Path(__file__).parent.parent
SAVE = {
    "docker": ["docker", "save", "--output={file}", "{image}"],
    "podman": ["podman", "save", "--output={file}", "{image}"],
    "buildah": ["buildah", "push", "{image}", "docker-archive:{file}"],
}
PACKAGE = re.compile(r"opt/talentflow/lib/python3\.11/site-packages/_*([A-Za-z0-9_]+)")
LEAST = 1e7
"""Bytes from which on a package has a line of its own."""
BASE, BENTO, BYTECODE, OTHERS = "base image", "bento", "bytecode", "other packages"
CANDIDATE = "onnxruntime"
HEAD = """# Results: size of the images

Written by `benchmarks/image.py`; do not edit. MB (10^6 bytes) of the files in an image. A package is counted with what
stands beside it (`numpy.libs`); compiled bytecode, of every package, is one line. *Compressed* is each layer by
gzip, which is about what a registry keeps and a node downloads."""


@dataclass(frozen=True)
class Sizes:
    """An image taken apart, bytes."""

    image: str
    parts: Mapping[str, int]
    compressed: int

    @property
    def whole(self) -> int:
        """All its files."""
        return sum(self.parts.values())


class _Counted:
    """What is written to it, counted and thrown away."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)


def measure(image: str, folder: Path) -> Sizes:
    """Save an image, and add its files up."""
    file = folder / "image.tar"
    file.unlink(missing_ok=True)
    command = [each.format(file=file, image=image) for each in SAVE[engine()]]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    sizes: dict[str, int] = {}
    counted = _Counted()
    with tarfile.open(file) as archive:
        (manifest,) = json.load(cast("IO[bytes]", archive.extractfile("manifest.json")))
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(name)) as layer:
                sizes |= {member.name.removeprefix("./"): member.size for member in layer}
            with gzip.GzipFile(fileobj=cast("IO[bytes]", counted), mode="wb", compresslevel=6) as zipped:
                content = cast("IO[bytes]", archive.extractfile(name))
                while block := content.read(1 << 20):
                    zipped.write(block)
    return Sizes(image, _parts(sizes.items()), counted.size)


def _parts(sizes: Iterable[tuple[str, int]]) -> dict[str, int]:
    parts: Counter[str] = Counter()
    for path, size in sizes:
        parts[_part(path)] += size
    large = {part for part, size in parts.items() if size >= LEAST}
    found: Counter[str] = Counter()
    for part, size in parts.items():
        found[part if part in large | {BASE, BENTO, BYTECODE} else OTHERS] += size
    return dict(found)


def _part(path: str) -> str:
    if path.startswith("bento/"):
        return BENTO
    if not path.startswith("opt/talentflow/"):
        return BASE
    if path.endswith(".pyc"):
        return BYTECODE
    package = PACKAGE.match(path)
    return package[1] if package else OTHERS


def candidate(folder: Path) -> str:
    """A line on what ONNX Runtime, and what it asks for, takes on a disk, less what an image has anyway."""
    target = folder / CANDIDATE
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(target), CANDIDATE]
    subprocess.run([*install, "--constraints", str(TOP / "requirements.lock")], check=True)  # noqa: S603
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file() and path.suffix != ".pyc")
    numpy = sum(
        path.stat().st_size for each in target.glob("numpy*") for path in each.rglob("*") if path.is_file()
    )
    (version,) = (path.name.split("-")[1].removesuffix(".dist") for path in target.glob(f"{CANDIDATE}-*"))
    return (
        f"ONNX Runtime {version}, with what it asks for and an image has not, is {_mb(size - numpy)} MB installed. "
        "What that says of torch's place: [containers](containers.md#torch-or-onnx-runtime)."
    )


def page(every: list[Sizes], said: str) -> str:
    """The page: a column an image, a row a part, the largest first."""
    runs = [each.image.rpartition("/")[2].partition(":")[0] for each in every]
    names = sorted({name for each in every for name in each.parts}, key=lambda name: -max(_of(every, name)))
    rows = [[name, *map(_mb, _of(every, name))] for name in names]
    rows.append(["**all**", *(f"**{_mb(each.whole)}**" for each in every)])
    rows.append(["compressed", *(_mb(each.compressed) for each in every)])
    lines = [["part", *runs], ["---", *["---:"] * len(runs)], *rows]
    return "\n\n".join([HEAD, "\n".join(f"| {' | '.join(line)} |" for line in lines), said]) + "\n"


def _of(every: list[Sizes], part: str) -> list[int]:
    return [each.parts.get(part, 0) for each in every]


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f}" if size else ""


def main(
    images: Annotated[list[str], typer.Argument(help="Names, as talentflow registry image says them.")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = TOP / "docs/results-image.md",
) -> None:
    """Measure every image, write the page."""
    with tempfile.TemporaryDirectory() as folder:
        every = [measure(image, Path(folder)) for image in images]
        out.write_text(page(every, candidate(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
