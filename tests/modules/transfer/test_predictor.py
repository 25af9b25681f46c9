from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.artefact import FLOWS, PLACES, seal
from modules.errors import UserError
from modules.transfer.predictor import TransferExtractor
from modules.transfer.request import AskedMention, AskedText, ExtractRequest, FlowsRequest, NormaliseRequest
from tests.modules.transfer.small import TEXT, extractor, sealed


@pytest.fixture(scope="module")
def loaded(gazetteer_file: Path, tmp_path_factory: pytest.TempPathFactory) -> TransferExtractor:
    """Saved and read again."""
    made = extractor(gazetteer_file, ("grammar", "charseq"))
    return TransferExtractor.load(sealed(tmp_path_factory.mktemp("extractor") / "artefact", made))


def test_what_is_loaded_answers_as_what_was_saved(loaded: TransferExtractor, gazetteer_file: Path) -> None:
    made = extractor(gazetteer_file, ("grammar", "charseq"))
    asked = ExtractRequest([AskedText(TEXT, date(2012, 1, 1))], screen=False)
    assert loaded.extract(asked) == made.extract(asked)


def test_a_move_is_told_with_its_evidence(gazetteer_file: Path) -> None:
    found = extractor(gazetteer_file).extract(ExtractRequest([AskedText(TEXT)], screen=True))
    (passage,) = found["passages"]
    assert passage["sentences"] == 2
    reading = passage["readings"][-1]
    verdict = reading["verdict"]
    assert (verdict["subject"], verdict["origin"], verdict["destination"]) == ("Maria Keller", "AUT", "CAN")
    assert verdict["flow"]
    spans = reading["members"][0]["spans"]
    assert {name: TEXT[span["start"] : span["end"]] for name, span in spans.items() if span} == {
        name: span["text"] for name, span in spans.items() if span
    }
    assert spans["destination"]["text"] == "Toronto"


def test_the_filter_drops_what_names_nobody_who_goes_anywhere(gazetteer_file: Path) -> None:
    said = "It rained in Paris. The committee met on Monday. Anna Kovács moved to Berlin in 2010."
    made = extractor(gazetteer_file)
    screened, everything = (
        made.extract(ExtractRequest([AskedText(said)], screen=screen))["passages"][0]
        for screen in (True, False)
    )
    assert [len(each["readings"]) for each in (screened, everything)] == [1, 3]
    assert screened["readings"][0] == everything["readings"][2]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(min_size=1, max_size=120), min_size=1, max_size=4))
def test_whatever_is_sent_spans_lie_in_the_text(loaded: TransferExtractor, texts: list[str]) -> None:
    found = loaded.extract(ExtractRequest([AskedText(text) for text in texts], screen=False))["passages"]
    assert len(found) == len(texts)
    for text, passage in zip(texts, found, strict=True):
        assert len(passage["readings"]) == passage["sentences"]
        for reading in passage["readings"]:
            assert 0 <= reading["start"] < reading["end"] <= len(text)
            for member in reading["members"]:
                for span in filter(None, member["spans"].values()):
                    assert text[span["start"] : span["end"]] == span["text"]


def test_the_text_around_a_mention_tells_which_place_is_meant(loaded: TransferExtractor) -> None:
    mentions = [AskedMention("Georgia"), AskedMention("Georgia", "He taught in Tbilisi, Georgia, and left.")]
    alone, told = loaded.normalise(NormaliseRequest(mentions))["mentions"]
    assert alone["iso3"] != told["iso3"]
    assert told["iso3"] == "GEO"


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        (FlowsRequest(), 15),
        (FlowsRequest(origin="HUN"), 12),
        (FlowsRequest(destination="CAN", level="strict"), 2),
        (FlowsRequest(since="2012"), 5),
        (FlowsRequest(since="2012-04"), 5),
        (FlowsRequest(since="2012-06"), 1),
        (FlowsRequest(until="2011"), 2),
        (FlowsRequest(since="2013"), 0),
        (FlowsRequest(level="core"), 7),
    ],
)
def test_flows_are_those_that_were_asked_for(
    loaded: TransferExtractor, asked: FlowsRequest, total: int
) -> None:
    assert loaded.flows_between(asked)["total"] == total


def test_another_gazetteer_is_refused(gazetteer_file: Path, tmp_path: Path) -> None:
    folder = sealed(tmp_path / "artefact", extractor(gazetteer_file))
    (folder / PLACES).write_bytes(b"other")
    with pytest.raises(UserError, match=r"places.sqlite: its sha256 is not the manifest's"):
        TransferExtractor.load(folder)


def test_an_artefact_without_flows_is_refused(gazetteer_file: Path, tmp_path: Path) -> None:
    folder = sealed(tmp_path / "artefact", extractor(gazetteer_file))
    (folder / FLOWS).unlink()
    seal(folder)
    with pytest.raises(UserError, match=r"flows.json: missing from the artefact"):
        TransferExtractor.load(folder)


def test_without_a_gazetteer_it_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="dvc repro gazetteer"):
        extractor(tmp_path / "nowhere")
