"""The track's files as release packs them, under the real `bentoml serve`."""

import json
from pathlib import Path

import pytest

from modules.artefact import seal
from modules.errors import UserError
from modules.golden import TOLERANCE
from pipelines.recommendation.judging.judging import golden
from pipelines.release.package import SERVICES, package
from pipelines.release.server import replay
from tests.conftest import TOP
from tests.modules.recommendation.small import recommender, sealed
from tests.serving.recommendation.served import RELEASE
from tests.serving.test_bento import imported, start
from tests.test_doors import HEAVY, LEFT_OUT


@pytest.mark.slow
def test_the_packed_service_starts_answers_its_golden_requests_and_imports_nothing_heavy(
    tmp_path: Path,
) -> None:
    made, artefact, folder = recommender(), tmp_path / "artefact", tmp_path / "src"
    sealed(artefact, made)
    pairs = golden(made)
    assert {pair["path"] for pair in pairs} == {"/recommend", "/explain"}
    (artefact / "golden.json").write_text(json.dumps(pairs))
    seal(artefact)
    package("recommendation", artefact).copy(folder)
    (folder / "release.json").write_text(RELEASE.model_dump_json())
    bento = start(folder, SERVICES["recommendation"], PYTHONVERBOSE="1")
    try:
        bento.wait(90)
        url = f"http://127.0.0.1:{bento.port}"
        assert replay(url, artefact, RELEASE.tag) <= TOLERANCE
        page = bento.get("/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        pairs[0]["response"]["employers"][0]["score"] += 0.5
        (artefact / "golden.json").write_text(json.dumps(pairs))
        assert replay(url, artefact, RELEASE.tag) > TOLERANCE
        pairs[0]["path"] = "/forecast"
        (artefact / "golden.json").write_text(json.dumps(pairs))
        with pytest.raises(UserError, match=r"golden request /forecast .* answered 404"):
            replay(url, artefact, RELEASE.tag)
    finally:
        bento.process.terminate()
        bento.process.wait(30)
    imports = imported(bento.log)
    assert {"bentoml", "torch", "serving", "modules", "orjson"} <= imports
    assert imports & {*HEAVY, *LEFT_OUT, "pyarrow", "scipy", "sklearn", "pipelines"} == set()
    assert f"{TOP}/serving/" not in bento.log.read_text(errors="replace")
