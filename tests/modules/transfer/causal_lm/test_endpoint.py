"""Language models on a server as models of the track."""

import copy
import logging
from pathlib import Path

import pytest

from modules.errors import UserError
from modules.transfer.causal_lm.endpoint import Endpoint
from modules.transfer.networks import load_network, save_network
from modules.transfer.passage import Passage
from modules.transfer.passage_data import PassageData
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.track import models_for
from pipelines.transfer.fitting.fitting import error
from tests.modules.transfer.causal_lm.protocol import ANSWER, NO, PASSAGE, Server, says

SPANS = {
    field: (
        PASSAGE.text.index(str(ANSWER[field])),
        PASSAGE.text.index(str(ANSWER[field])) + len(str(ANSWER[field])),
    )
    for field in ("subject", "origin", "destination", "time")
}
DATA = PassageData(
    [], [Labelled(PASSAGE, True, SPANS, "a"), Labelled(Passage("Nobody moved."), False, {}, "b")]
)


def chosen(server: Server, name: str) -> Endpoint:
    (spec,) = models_for([name])
    assert not spec.learned
    drawn = {key: values[0] for key, values in spec.space.items()}
    network = spec.build(DATA, {**drawn, "url": server.url})
    assert isinstance(network, Endpoint)
    return network


def test_the_three_of_the_seed_are_asked_for_by_name_and_never_by_all(server: Server) -> None:
    assert {"mistral", "openchat", "solar"}.isdisjoint(spec.name for spec in models_for("all"))
    server.replies = [says(NO)]
    chosen(server, "solar").extract([PASSAGE])
    assert server.asked[0][1]["model"].startswith("upstage/SOLAR")
    with pytest.raises(UserError, match="did you mean mistral"):
        models_for(["mistrall"])


def test_it_is_judged_like_any_other_model(server: Server) -> None:
    server.replies = [lambda body: says(ANSWER if "Oslo" in body["messages"][-1]["content"] else NO)(body)]
    assert error(chosen(server, "mistral"), DATA) == 0.0
    server.replies = [says(NO)]
    assert error(chosen(server, "mistral"), DATA) == 1.0


def test_it_is_saved_shipped_and_sent_to_another_process_without_its_connection(
    server: Server, tmp_path: Path
) -> None:
    server.replies = [says(ANSWER)]
    network = chosen(server, "openchat")
    (said,) = network.extract([PASSAGE])
    save_network(network, tmp_path)
    for other in (load_network(tmp_path), copy.deepcopy(network)):  # a copy is made as Ray would send it
        assert isinstance(other, Endpoint)
        assert other.extract([PASSAGE]) == [said]
    assert said.model == "openchat"


def test_answers_that_are_none_are_told_of(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.replies = [says("Yes."), says("No."), says({"circulation": True}), says(ANSWER)]
    with caplog.at_level(logging.WARNING):
        found = Endpoint(name="mistral", url=server.url, at_once=1).extract([PASSAGE] * 4)
    assert [each.circulation for each in found] == [False, False, False, True]
    assert "2 not_json, 1 wrong_shape" in caplog.text
