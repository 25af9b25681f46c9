"""What tune and train do with extractors."""

from collections.abc import Sequence
from typing import Any

from sklearn.metrics import average_precision_score  # type: ignore[import-untyped]
from torch import nn

from modules.track import ModelSpec
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.networks import Member, save_network
from modules.transfer.passage_data import PassageData
from modules.transfer.spans import span_tallies
from modules.transfer.track import models_for
from pipelines.fitting import Fitting, Models
from pipelines.transfer.fitting.data import open_data


def models(_: PassageData, named: Models) -> Sequence[ModelSpec[Any, Any]]:
    """The filter and the members, or those named."""
    return models_for(named)


def error(network: nn.Module, data: PassageData) -> float:
    """1 - F1 of the destination's span on the judged passages; of the filter 1 - average precision."""
    passages = [row.passage for row in data.judged]
    if isinstance(network, MoveFilter):
        moves = [row.circulation for row in data.judged]
        return 1 - float(average_precision_score(moves, network.scores(passages)))
    if not isinstance(network, Member):
        raise TypeError(type(network).__name__)
    return 1 - span_tallies(data.judged, network.extract(passages))["destination"].f1


FITTING = Fitting(open_data, models, "error", error, save_network)
