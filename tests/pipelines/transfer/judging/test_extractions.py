"""Fits that read labelled passages in Ray's workers."""

import shutil
from pathlib import Path

import pytest
import torch

from modules.errors import UserError
from modules.transfer.causal_lm.endpoint import Endpoint
from modules.transfer.networks import Member, save_network
from modules.transfer.passage import Passage
from modules.transfer.passage_data import PassageData
from modules.transfer.tagging.charseq import CharSeq
from modules.transfer.tagging.labelled import Labelled
from pipelines.judging import Contender
from pipelines.ray_session import ray_session
from pipelines.transfer.fitting.data import Folds
from pipelines.transfer.judging.extractions import extractions
from tests.modules.transfer.causal_lm.protocol import says, serving

JUDGED = {
    "backtest": [
        Passage("Anna Kovács moved from Budapest to Berlin in 2010."),
        Passage("It rained in Paris."),
        *(Passage(f"In {year} Ana Costa left Lisbon for Oslo.") for year in range(1990, 2030)),
    ],
    "final": [Passage("In 2014 Ambrose Quilley relocated from Lisbon to Toronto.")],
}


@pytest.mark.slow
def test_each_fit_reads_what_its_own_fold_judges_and_what_goes_wrong_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    torch.manual_seed(0)
    with serving() as server, ray_session(2):
        server.replies = [says("Yes.")]
        asked = Endpoint(name="mistral", url=server.url)
        networks: dict[str, tuple[Member, Member]] = {
            "charseq": (CharSeq().eval(), CharSeq().eval()),
            "mistral": (asked, asked),
        }
        fits = []
        for name, pair in networks.items():
            folders = [tmp_path / name / fold for fold in JUDGED]
            for folder, network in zip(folders, pair, strict=True):
                folder.mkdir(parents=True)
                save_network(network, folder)
            fits.append(Contender(name, "part", {}, {0: folders[0]}, {0: folders[1]}))
        told = [
            PassageData([], [Labelled(passage, circulation=True) for passage in passages])
            for passages in JUDGED.values()
        ]
        data = Folds(told[0], told[1], {})
        tagged, answered = extractions(fits, data)
        assert [tagged.backtest[0], tagged.final[0]] == [
            network.extract(passages)
            for network, passages in zip(networks["charseq"], JUDGED.values(), strict=True)
        ]
        assert not any(each.circulation for each in (*answered.backtest[0], *answered.final[0]))
        assert "mistral: 32 passages, no valid answer to some: 32 not_json" in caplog.text
        torn = tmp_path / "torn"  # a folder that no worker has open
        shutil.copytree(tmp_path / "charseq/final", torn)
        (torn / "model.safetensors").write_bytes(b"torn")
        with pytest.raises(UserError, match="charseq could not read the labelled passages"):
            extractions([Contender("charseq", "part", {}, {0: torn}, {0: torn})], data)
