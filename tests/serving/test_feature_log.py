"""What is asked and told is counted by bins, and nothing else of it is written."""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modules.artefact import seal
from modules.errors import UserError
from modules.migration.predictor import MigrationPredictor
from modules.monitoring.flows import reference_units
from modules.monitoring.pairs import PairObserver
from modules.monitoring.reference import Reference, Unit
from modules.monitoring.texts import TextObserver, language
from modules.transfer.request import AskedText, ExtractRequest
from serving import feature_log
from serving.feature_log import FeatureLog, close_logs
from serving.migration.app import app as of_flows
from serving.recommendation.app import app as of_pairs
from serving.release import Release
from serving.settings import Settings
from serving.transfer.app import app as of_texts
from tests.modules.recommendation import small as recommenders
from tests.modules.transfer import small as extractors
from tests.serving.served import GOLDEN, RELEASE, ask, post

SECRET = "Greta Halloran"  # noqa: S105 - a name that must not be told
Log = Callable[[], dict[str, Any]]


@pytest.fixture
def written(tmp_path: Path) -> Log:
    """The one line of the log, once the service would have ended."""

    def line() -> dict[str, Any]:
        close_logs()
        (path,) = (tmp_path / "log").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        (text,) = path.read_text(encoding="utf-8").splitlines()
        found: dict[str, Any] = json.loads(text)
        return found

    return line


def with_reference(folder: Path, reference: Reference) -> Path:
    (folder / "card.json").write_text(json.dumps({"reference": reference.to_json()}), encoding="utf-8")
    seal(folder)
    return folder


def flows_artefact(tmp_path: Path) -> Path:
    folder = tmp_path / "artefact"
    shutil.copytree(GOLDEN / "dhg_sil", folder)
    return with_reference(folder, Reference.of(reference_units(MigrationPredictor.load(folder), 0)))


def test_flows_are_counted_by_what_is_asked_and_forecast(tmp_path: Path, written: Log) -> None:
    served = of_flows(flows_artefact(tmp_path), RELEASE, Settings(feature_log=tmp_path / "log"))
    first, *_, last = json.loads(ask(served, "GET", "/regions").content)["regions"]
    corridor = {"origin": first["id"], "destination": last["id"]}
    for _ in range(6):
        assert post(served, "/forecast", {**corridor, "horizon": 1}).status_code == 200
    assert post(served, "/explain", corridor).status_code == 200
    assert post(served, "/forecast", {}).status_code == 200
    assert post(served, "/forecast", {"origin": SECRET}).status_code == 422
    line = written()
    assert (line["model"], line["units"], line["lost"]) == (RELEASE.tag, 8, 0)
    assert set(line["counts"]) == {
        "origin",
        "destination",
        "corridors",
        "periods ahead",
        "newer periods",
        "moves",
    }
    # Seven asked for the first region, one for all three of them alike.
    assert line["counts"]["origin"] == {
        "0": pytest.approx(7.3333),
        "1": pytest.approx(0.3333),
        "2": pytest.approx(0.3333),
    }
    assert line["counts"]["newer periods"] == {"0": 8.0}
    assert sum(line["counts"]["moves"].values()) == pytest.approx(8, abs=1e-3)


def test_students_are_counted_field_by_field_without_id_or_protected_ones(
    tmp_path: Path, written: Log
) -> None:
    made = recommenders.recommender()
    observe = PairObserver(made)
    units = [Unit(observe.student(each)) for each in recommenders.students(30)]
    units += [Unit(observe.employer(each["id"])) for each in made.employers]
    folder = recommenders.sealed(tmp_path / "artefact", made)
    release = Release(run="grads", track="recommendation", version=2, tag="grads:v2-3f9a1c77e02b")
    served = of_pairs(
        with_reference(folder, Reference.of(units)), release, Settings(feature_log=tmp_path / "log")
    )
    student = recommenders.STUDENT
    odd = {**student, "college": SECRET}
    for body in ({"student": student}, {"student": odd}, {"student": student, "exclude": ["E03"]}):
        assert post(served, "/recommend", body).status_code == 200
    assert post(served, "/explain", {"student": student, "employer": "E03"}).status_code == 200
    assert post(served, "/candidates", {"employer": "E03", "students": [student, {}]}).status_code == 200
    assert post(served, "/score", {"pairs": [{"student": student, "employer": "E03"}]}).status_code == 200
    table = f"student_id,college,grade_1\n{SECRET},Law,70\n"
    assert ask(served, "POST", "/shortlist", content=table, headers={"content-type": "text/csv"}).is_success
    line = written()
    assert SECRET not in json.dumps(line)
    assert line["units"] == 9  # 3 + 1 + (2 and the employer) + 1 + 1
    college = next(each for each in Reference.of(units).features if each.name == "student.college")
    law, other, absent = (str(college.bin(each)) for each in ("Law", SECRET, None))
    assert line["counts"]["student.college"] == {law: 6, other: 1, absent: 1}
    assert sum(line["counts"]["employer.industry"].values()) == 3
    assert not [name for name in line["counts"] if "gender" in name or "id" in name]


def test_a_protected_field_is_not_counted_even_where_the_model_sees_it() -> None:
    made = recommenders.recommender(schema=replace(recommenders.SCHEMA, use_protected=True))
    assert "gender" in made.sides[0].fields
    assert "student.gender" not in PairObserver(made).student({**recommenders.STUDENT, "gender": "F"})


def test_texts_are_counted_by_length_language_and_agreement(
    tmp_path: Path, gazetteer_file: Path, written: Log
) -> None:
    made = extractors.extractor(gazetteer_file)
    request = ExtractRequest([AskedText(extractors.TEXT)] * 10)
    reference = Reference.of(TextObserver()(request, made.extract(request)))
    folder = with_reference(extractors.sealed(tmp_path / "artefact", made), reference)
    release = Release(run="news", track="transfer", version=2, tag="news:v2-3f9a1c77e02b")
    served = of_texts(folder, release, Settings(feature_log=tmp_path / "log"))
    texts = [extractors.TEXT] * 4 + [f"{SECRET} zog im März 2011 von Wien nach Toronto und arbeitet dort."]
    assert post(served, "/extract", {"passages": [{"text": text} for text in texts]}).status_code == 200
    line = written()
    assert not {"Greta", "Maria", "Toronto"} & set(json.dumps(line).replace('"', " ").split())
    assert line["units"] == 5
    assert line["counts"]["language"] == {"0": 4, "1": 1}
    assert sum(line["counts"]["agreement"].values()) == 4, "of what has no sentence to read nothing is said"


def test_a_language_is_told_as_far_as_letters_and_small_words_go() -> None:
    assert language("She moved to Toronto in the spring of that year.") == "English"
    assert language("Sie zog im Frühling nach Toronto.") == "other Latin"
    assert language("她搬到了多伦多。") == "cjk"
    assert language("2011 - 2012") == "no letters"


def log_of(folder: Path) -> FeatureLog:
    reference = Reference.of(Unit({"origin": [each]}) for each in "aaaaabbbbb")
    return FeatureLog(folder, RELEASE, reference, lambda request, _: [Unit({"origin": [request]})])


def test_fewer_than_five_are_never_written(tmp_path: Path) -> None:
    for asked, lines in ((4, 0), (5, 1)):
        log = log_of(tmp_path)
        for _ in range(asked):
            log.seen("a", {})
        log.close()
        assert len(list(tmp_path.iterdir())) == lines


def test_days_are_kept_for_so_long_and_a_file_grows_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    old, young = (today - timedelta(days) for days in (feature_log.KEPT_DAYS + 1, feature_log.KEPT_DAYS))
    for run in ("cities", "another"):
        for day in (old, young):
            (tmp_path / f"{run}.{day}.jsonl").touch()
    monkeypatch.setattr(feature_log, "LINE_SECONDS", 0)
    monkeypatch.setattr(feature_log, "MOST_BYTES", 300)
    log = log_of(tmp_path)
    for _ in range(50):
        log.seen("a", {})
    log.close()
    assert not (tmp_path / f"cities.{old}.jsonl").exists()
    assert (tmp_path / f"cities.{young}.jsonl").exists()
    assert (tmp_path / f"another.{old}.jsonl").exists()
    assert 100 < (tmp_path / f"cities.{today}.jsonl").stat().st_size <= 300


def test_what_cannot_be_counted_at_once_is_lost_and_a_mistake_harms_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(feature_log, "ROOM", 3)
    reference = Reference.of(Unit({"origin": [each]}) for each in "aaaaabbbbb")

    def slow(request: str, _answer: Any) -> list[Unit]:
        if request == SECRET:
            raise KeyError(SECRET)
        time.sleep(0.05)
        return [Unit({"origin": [request]})] * 3

    log = FeatureLog(tmp_path, RELEASE, reference, slow)
    log.seen(SECRET, {})
    for _ in range(30):
        log.seen("a", {})
    log.close()
    (path,) = tmp_path.iterdir()
    line = json.loads(path.read_text())
    assert line["units"] + 3 * line["lost"] >= 84
    said = capfd.readouterr().err
    assert "KeyError" in said
    assert SECRET not in said


def test_a_folder_that_cannot_be_written_and_a_card_without_a_reference_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match=r"TALENTFLOW_FEATURE_LOG: .*file: File exists"):
        of_flows(flows_artefact(tmp_path), RELEASE, Settings(feature_log=file))
    with pytest.raises(UserError, match=r"card\.json: has no reference; build and release the run anew"):
        of_flows(GOLDEN / "dhg_sil", RELEASE, Settings(feature_log=tmp_path / "log"))
