"""The track's files as release packs them, under the real `bentoml serve`."""

import json
from pathlib import Path

import httpx
import pytest

from modules.artefact import seal
from modules.golden import TOLERANCE
from pipelines.release.package import SERVICES, package
from pipelines.release.server import replay
from pipelines.transfer.judging.judging import golden
from tests.conftest import TOP
from tests.modules.transfer.small import extractor, sealed
from tests.serving.test_bento import imported, start
from tests.serving.transfer.served import RELEASE
from tests.test_doors import HEAVY


@pytest.mark.slow
def test_the_packed_service_starts_answers_its_golden_requests_and_imports_nothing_heavy(
    tmp_path: Path, gazetteer_file: Path
) -> None:
    made, artefact, folder = extractor(gazetteer_file), tmp_path / "artefact", tmp_path / "src"
    sealed(artefact, made)
    pairs = golden(made)
    assert {pair["path"] for pair in pairs} == {"/extract", "/normalise"}
    (artefact / "golden.json").write_text(json.dumps(pairs))
    seal(artefact)
    package("transfer", artefact).copy(folder)
    (folder / "release.json").write_text(RELEASE.model_dump_json())
    bento = start(folder, SERVICES["transfer"], PYTHONVERBOSE="1")
    try:
        bento.wait(120)
        url = f"http://127.0.0.1:{bento.port}"
        assert replay(url, artefact, RELEASE.tag) <= TOLERANCE
        flows = httpx.get(f"{url}/flows?origin=AUT").json()
        assert flows["total"] == 3
        page = bento.get("/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    finally:
        bento.process.terminate()
        bento.process.wait(30)
    imports = imported(bento.log)
    assert {"bentoml", "torch", "serving", "modules", "spacy"} <= imports
    assert imports & {*HEAVY, "networkx", "pyarrow", "sklearn", "peft", "pipelines"} == set()
    assert f"{TOP}/serving/" not in bento.log.read_text(errors="replace")
