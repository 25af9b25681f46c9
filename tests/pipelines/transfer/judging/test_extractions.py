"""Fits that read labelled passages in Ray's workers."""

from pathlib import Path

import pytest
import torch

from modules.errors import UserError
from modules.transfer.networks import save_network
from modules.transfer.passage import Passage
from modules.transfer.passage_data import PassageData
from modules.transfer.tagging.charseq import CharSeq
from modules.transfer.tagging.labelled import Labelled
from pipelines.judging import Contender
from pipelines.ray_session import ray_session
from pipelines.transfer.fitting.data import Folds
from pipelines.transfer.judging.extractions import extractions

JUDGED = {
    "backtest": [
        Passage("Anna Kovács moved from Budapest to Berlin in 2010."),
        Passage("It rained in Paris."),
    ],
    "final": [Passage("In 2014 Ambrose Quilley relocated from Lisbon to Toronto.")],
}


@pytest.mark.slow
@pytest.mark.drill  # its short form: a fit that read another fold would fit no answers in test_articles
def test_each_fit_reads_what_its_own_fold_judges_and_a_torn_one_is_named(tmp_path: Path) -> None:
    networks, folders = {}, {}
    for seed, fold in enumerate(JUDGED):
        torch.manual_seed(seed)
        networks[fold], folders[fold] = CharSeq().eval(), tmp_path / fold
        folders[fold].mkdir()
        save_network(networks[fold], folders[fold])
    told = {
        fold: PassageData([], [Labelled(passage, circulation=True) for passage in passages])
        for fold, passages in JUDGED.items()
    }
    data = Folds(told["backtest"], told["final"], {})
    fit = Contender("charseq", "part", {}, {0: folders["backtest"]}, {0: folders["final"]})
    with ray_session(2):
        (found,) = extractions([fit], data)
        assert {"backtest": found.backtest[0], "final": found.final[0]} == {
            fold: networks[fold].extract(passages) for fold, passages in JUDGED.items()
        }
        (folders["final"] / "model.safetensors").write_bytes(b"torn")
        with pytest.raises(UserError, match="charseq could not read the labelled passages"):
            extractions([fit], data)
