"""Member D as the shared stages want a model: a network without weights."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from torch import nn

from modules.transfer.grammar.grammar import Framed, Grammar
from modules.transfer.passage import Passage


class GrammarNetwork(nn.Module):
    """The grammar, whose parser is loaded when it is first asked."""

    name: ClassVar[str] = Grammar.name

    def __init__(self) -> None:
        super().__init__()
        self.hyperparameters: dict[str, float] = {}

    @cached_property
    def grammar(self) -> Grammar:
        """The parser and its frames."""
        return Grammar()

    def extract(self, passages: Sequence[Passage]) -> list[Framed]:
        """What the surest frame says of each passage."""
        return self.grammar.extract(passages)

    def __getstate__(self) -> dict[str, object]:
        """Everything but the parser, which another process loads by itself."""
        return {key: value for key, value in self.__dict__.items() if key != "grammar"}
