"""Every frozen artefact, served."""

import json
import math
import shutil
from urllib.parse import quote

import pytest

from modules.artefact import MANIFEST, seal, sha256_of
from modules.errors import UserError
from modules.migration.networks import NETWORKS
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest
from serving.migration.app import app
from tests.serving.served import GOLDEN, RELEASE, ask, forecast, post, serve

NUMBERS = {"count", "lower", "upper"}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_served_answers_are_the_offline_answers(name: str) -> None:
    served = serve(name)
    pairs = json.loads((GOLDEN / name / "golden.json").read_text())
    assert any(pair["request"]["flows"] for pair in pairs)
    assert any(not pair["request"]["intervals"] for pair in pairs)
    for pair in pairs:
        answer = forecast(served, pair["request"])
        assert answer.status_code == 200
        found = answer.json()
        assert found.pop("model") == RELEASE.tag
        assert found["as_of"] == pair["response"]["as_of"]
        for row, frozen in zip(found["forecasts"], pair["response"]["forecasts"], strict=True):
            assert row == {
                **frozen,
                **{key: pytest.approx(frozen[key], rel=1e-6) for key in frozen.keys() & NUMBERS},
            }


def test_leaving_everything_out_asks_for_the_whole_matrix() -> None:
    found = forecast(serve(), {}).json()
    offline = MigrationPredictor.load(GOLDEN / "residual_gru").predict(ForecastRequest())
    assert found == {"model": RELEASE.tag, **offline}
    assert len(found["forecasts"]) == 2 * 3 * 3


def test_a_long_answer_and_one_after_newer_flows_do_not_change_the_next() -> None:
    served = serve()
    before = forecast(served, {}).json()
    row = {"period": "2021-01", "origin": "r00", "destination": "r01", "count": 999}
    after = forecast(served, {"flows": [row]}).json()
    assert after["as_of"] == "2021-01"
    assert after != before
    assert forecast(served, {}).json() == before


def test_newer_flows_are_checked_against_the_model() -> None:
    row = {"period": "2021-02", "origin": "r00", "destination": "r01", "count": 1}
    answer = forecast(serve(), {"flows": [row]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["path"] == "flows.0.period"
    assert "begin with 2021-01" in error["message"]


def test_regions_tell_the_last_known_flows_between_regions() -> None:
    found = ask(serve(), "GET", "/regions").json()
    last = MigrationPredictor.load(GOLDEN / "residual_gru").history[-1].double()
    assert (found["as_of"], [row["id"] for row in found["regions"]]) == ("2020-12", ["r00", "r01", "r02"])
    for place, row in enumerate(found["regions"]):
        assert row["inflow"] == pytest.approx(float(last[:, place].sum() - last[place, place]))
        assert row["outflow"] == pytest.approx(float(last[place].sum() - last[place, place]))


def test_a_region_tells_what_is_forecast_and_its_busiest_corridors() -> None:
    served = serve()
    found = ask(served, "GET", "/regions/r01").json()
    rows = forecast(served, {}).json()["forecasts"]
    for total in found["forecast"]:
        into = [
            r for r in rows if r["period"] == total["period"] and r["destination"] == "r01" != r["origin"]
        ]
        assert total["inflow"] == pytest.approx(sum(row["count"] for row in into))
    assert [total["period"] for total in found["forecast"]] == ["2021-01", "2021-02"]
    assert {row["origin"] for row in found["origins"]} == {"r00", "r02"}
    counts = [row["count"] for row in found["origins"]]
    assert counts == sorted(counts, reverse=True)
    assert all(row["origin"] == "r01" and row in rows for row in found["destinations"])


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_an_explanation_adds_up_to_the_forecast(name: str) -> None:
    served, corridor = serve(name), {"origin": "r00", "destination": "r02"}
    answer = post(served, "/explain", corridor).json()
    plain = forecast(served, corridor).json()
    assert answer["as_of"] == plain["as_of"]
    for row, forecasted in zip(answer["explanations"], plain["forecasts"], strict=True):
        assert row | forecasted == row
        total = sum(lag["adds"] for lag in row["lags"]) + sum(row["terms"].values())
        assert total == pytest.approx(row["log1p_count"], abs=1e-9)
        assert max(0.0, math.expm1(total)) == pytest.approx(row["count"], rel=1e-5)


def test_an_explanation_names_whose_past_it_weighs_and_follows_newer_flows() -> None:
    served = serve("dhg_sil")
    corridor = {"origin": "r00", "destination": "r02", "horizon": 1}
    (known,) = post(served, "/explain", corridor).json()["explanations"]
    assert {lag["of"] for lag in known["lags"]} == {"own", "opposite", "origin", "destination"}
    own = [lag["period"] for lag in known["lags"] if lag["of"] == "own"]
    assert own == [f"2020-{month:02d}" for month in range(1, 13)]
    assert {"level", "corridor", "push", "pull", "reach", "affinity"} <= set(known["terms"])
    newer = [{"period": "2021-01", "origin": "r00", "destination": "r02", "count": 5e4}]
    (after,) = post(served, "/explain", {**corridor, "flows": newer}).json()["explanations"]
    assert after["lags"][11]["period"] == "2021-01"
    assert after["lags"][11]["adds"] != known["lags"][11]["adds"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"origin": "r00"}, "destination"),
        ({"origin": "r00", "destination": "r9"}, "destination"),
        ({"origin": "r00", "destination": "r01", "horizon": 3}, "horizon"),
    ],
)
def test_a_wrong_question_about_a_corridor_is_named(body: dict[str, object], field: str) -> None:
    answer = post(serve("dhg_sil"), "/explain", body)
    assert 400 <= answer.status_code < 500
    assert [error["path"] for error in answer.json()["errors"]] == [field]


def test_a_region_has_its_variables_with_rank_intervals_and_under_a_baseline_none() -> None:
    regions = [ask(serve("dhg_sil"), "GET", f"/regions/r0{place}").json() for place in range(3)]
    for name in ("pull", "push", "stay", "reach"):
        rows = [region["variables"][name][0] for region in regions]
        assert sorted(row["rank"] for row in rows) == [1, 2, 3]
        assert all(row["rank_low"] <= row["rank"] <= row["rank_high"] for row in rows)
        assert {row["percentile"] for row in rows} == {0, 50, 100}
        assert max(rows, key=lambda row: row["value"])["rank"] == 1
        assert [row["period"] for row in regions[0]["variables"][name]] == ["2021-01", "2021-02"]
    assert ask(serve("ridge_ar"), "GET", "/regions/r00").json()["variables"] is None


def test_an_unknown_region_is_not_found() -> None:
    answer = ask(serve(), "GET", "/regions/r1")
    assert answer.status_code == 404
    (error,) = answer.json()["errors"]
    assert "did you mean r01?" in error["message"]
    assert error["allowed"] == ["r00", "r01", "r02"]


def test_a_region_may_be_called_anything(tmp_path) -> None:  # type: ignore[no-untyped-def]
    known = MigrationPredictor.load(GOLDEN / "last_value")
    odd = ("a/b", "Île-de-France ?#%", "長春/吉林 ")
    for name in ("card", "lineage", "golden"):
        (tmp_path / f"{name}.json").write_text("{}")
    type(known)(**{**vars(known), "regions": odd, "names": odd}).save(tmp_path)
    seal(tmp_path)
    served = app(tmp_path, RELEASE)
    for region in odd:
        assert ask(served, "GET", f"/regions/{quote(region, safe='')}").json()["region"]["id"] == region
        assert forecast(served, {"origin": region, "destination": odd[0]}).status_code == 200


def test_the_model_tells_its_version_and_where_it_comes_from() -> None:
    found = ask(serve(), "GET", "/model").json()
    assert found == {
        "model": "cities:v3-3f9a1c77e02b",
        "run": "cities",
        "version": 3,
        "as_of": "2020-12",
        "card": {},
        "lineage": {},
        "manifest": sha256_of(GOLDEN / "residual_gru" / MANIFEST),
    }


def test_a_changed_artefact_is_not_served(tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = shutil.copytree(GOLDEN / "gravity", tmp_path / "artefact")
    (folder / "card.json").write_text('{"model": "another"}')
    with pytest.raises(UserError, match=r"card\.json: its sha256 is not the manifest's"):
        app(folder, RELEASE)


def test_the_document_is_of_this_model_and_its_examples_are_answers() -> None:
    served = serve()
    document = ask(served, "GET", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {"/forecast", "/explain", "/regions", "/regions/{id}", "/model"}
    assert schemas["Region"]["enum"] == ["r00", "r01", "r02"]
    assert schemas["Horizon"]["maximum"] == 2
    operation = document["paths"]["/forecast"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["examples"]
    answered = operation["responses"]["200"]["content"]["application/json"]["examples"]
    assert len(asked) == 3
    for title, example in asked.items():
        assert forecast(served, example["value"]).json() == answered[title]["value"]
    assert all(math.isfinite(row["count"]) for row in answered["a corridor"]["value"]["forecasts"])
    assert set(operation["responses"]) == {"200", "400", "408", "413", "415", "422", "503", "504"}
