"""Member A: a pretrained sentence encoder with two heads."""

from collections.abc import Sequence

from torch import Tensor, nn

from modules.transfer.pretrained import pretrained_bert, pretrained_tokenizer
from modules.transfer.tagging.crf import CRF
from modules.transfer.tagging.pieces import PieceBatch, piece_batch
from modules.transfer.tagging.tagger import Tagger
from modules.transfer.tagging.tags import TAGS


class Encoder(Tagger):
    """MiniLM's word pieces to tags, and its first piece to whether a move is told.

    A word is its first piece (Devlin et al., NAACL 2019). The transitions of the tags are BIO's and not
    learned: members are to be built differently.

    Args:
        trained: how many of the six layers learn, from the last; the others and the pieces' vectors stay.
        dropout: before both heads.
        longest: pieces of a passage that are read.
    """

    name = "encoder"

    def __init__(self, *, trained: int = 3, dropout: float = 0.1, longest: int = 192) -> None:
        super().__init__(CRF(learned=False), trained=trained, dropout=dropout, longest=longest)
        self.longest, self.trained = longest, trained
        self.tokenizer, self.bert = pretrained_tokenizer(), pretrained_bert()
        width = self.bert.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.tag = nn.Linear(width, len(TAGS))
        self.tells = nn.Linear(width, 1)
        for layer in self.bert.encoder.layer[len(self.bert.encoder.layer) - trained :]:
            layer.requires_grad_(requires_grad=True)

    def encode(self, texts: Sequence[str]) -> PieceBatch:
        """Word pieces."""
        return piece_batch(self.tokenizer, texts, self.longest)

    def forward(self, batch: PieceBatch) -> tuple[Tensor, Tensor]:
        """Emissions B x L x K of tags, and logits B of circulation."""
        states = self.bert(input_ids=batch.pieces, attention_mask=batch.seen).last_hidden_state
        states = self.dropout(states)
        places = batch.first.unsqueeze(2).expand(-1, -1, states.shape[2])
        return self.tag(states.gather(1, places)), self.tells(states[:, 0]).squeeze(1)
