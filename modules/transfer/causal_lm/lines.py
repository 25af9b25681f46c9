"""What the model reads, and the strict line it answers: `Yes | subject | origin | destination | time`."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from modules.errors import UserError
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.tagging.tags import FIELDS

UNKNOWN = "UNKNOWN"
"""What stands in a slot that the passage does not tell."""
_OPENING = "Did somebody move to another country: who, from where, to where, when?\nText:"
_CLOSING = "\nAnswer:"
_ANCHOR = "a"


class Lines:
    """Prompts and answers as tokens.

    Every part of a line is turned into tokens by itself, so that a line is made of the same tokens whether
    it is learned whole or scored slot by slot.

    Args:
        tokenizer: of the base.
        longest: tokens of a passage that are read, counted from its end: what is asked about stands last.

    Raises:
        UserError: if the tokeniser begins `Yes` and `No` alike.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, longest: int) -> None:
        self._tokenizer, self._longest = tokenizer, longest
        self._anchor = len(tokenizer.encode(_ANCHOR, add_special_tokens=False))
        self.opening: list[int] = tokenizer.encode(_OPENING)
        """Tokens before every passage."""
        self._closing = tokenizer.encode(_CLOSING, add_special_tokens=False)
        self.bar = self._tokens("|")
        self.yes, self.no = self._tokens("Yes"), self._tokens("No")
        if self.yes[0] == self.no[0]:
            raise UserError("causal_lm: this base's tokeniser begins Yes and No alike; name another base")

    def passage(self, text: str) -> list[int]:
        """What stands behind the opening: a passage, and the demand for an answer."""
        return [*self._tokens(text)[-self._longest :], *self._closing]

    def slot(self, mention: str | None) -> list[int]:
        """A slot's mention, and the bar that ends it."""
        return [*self._tokens(mention or UNKNOWN), *self.bar]

    def slots(self, row: Labelled) -> list[int]:
        """All that follows `Yes` in the line of a passage that tells of a move."""
        text = row.passage.text
        mentions = (text[slice(*row.spans[field])] if field in row.spans else None for field in FIELDS)
        return [*self.bar, *(token for mention in mentions for token in self.slot(mention))]

    def _tokens(self, text: str) -> Sequence[int]:
        # Behind a letter: some tokenisers put a space of their own before what comes first.
        tokens: list[int] = self._tokenizer.encode(f"{_ANCHOR} {text}", add_special_tokens=False)
        return tokens[self._anchor :]
