"""Member B: characters and words, from scratch."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from modules.transfer.tagging.batch import BUCKETS, CHARACTERS, WordBatch, word_batch
from modules.transfer.tagging.crf import CRF
from modules.transfer.tagging.tagger import Tagger
from modules.transfer.tagging.tags import TAGS


class CharSeq(Tagger):
    """A character CNN and a hashed word vector into a BiLSTM with a CRF (Ma and Hovy, ACL 2016).

    A max over the words' states tells whether the passage tells of a move. Bytes go in, so there is no
    vocabulary and no word is unknown.

    Args:
        character_dim: of a byte's vector.
        word_dim: of a word's vector, and of what the CNN says of its characters.
        hidden: of the LSTM, each way.
        dropout: of what goes into the LSTM and comes out.
        unseen: share of words whose own vector training hides, so that characters and context tell.
        longest: words of a passage that are read.
    """

    name = "charseq"

    def __init__(
        self,
        *,
        character_dim: int = 24,
        word_dim: int = 48,
        hidden: int = 96,
        dropout: float = 0.3,
        unseen: float = 0.3,
        longest: int = 160,
    ) -> None:
        super().__init__(
            CRF(),
            character_dim=character_dim,
            word_dim=word_dim,
            hidden=hidden,
            dropout=dropout,
            unseen=unseen,
            longest=longest,
        )
        self.unseen, self.longest = unseen, longest
        self.characters = nn.Embedding(CHARACTERS, character_dim, padding_idx=0)
        self.convolution = nn.Conv1d(character_dim, word_dim, kernel_size=3, padding=1)
        self.word = nn.Embedding(BUCKETS + 1, word_dim, padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(2 * word_dim, hidden, batch_first=True, bidirectional=True)
        self.tag = nn.Linear(2 * hidden, len(TAGS))
        self.tells = nn.Linear(2 * hidden, 1)

    def encode(self, texts: Sequence[str]) -> WordBatch:
        """Bytes and hashes of words."""
        return word_batch(texts, self.longest)

    def forward(self, batch: WordBatch) -> tuple[Tensor, Tensor]:
        """Emissions B x L x K of tags, and logits B of circulation."""
        count, width, length = batch.characters.shape
        characters = self.characters(batch.characters.view(count * width, length)).transpose(1, 2)
        shape = relu(self.convolution(characters)).amax(2).view(count, width, -1)
        hashes = batch.hashes
        if self.training and self.unseen > 0:
            hidden = torch.empty_like(hashes, dtype=torch.bool).bernoulli_(self.unseen)
            hashes = hashes.masked_fill(hidden, 0)
        entered = self.dropout(torch.cat([shape, self.word(hashes)], dim=2))
        # Packed: backwards padding would come first, and a passage's answer hang on its neighbours' length.
        lengths = batch.mask.sum(1).clamp(min=1).cpu()
        packed, _ = self.lstm(pack_padded_sequence(entered, lengths, batch_first=True, enforce_sorted=False))
        states = self.dropout(pad_packed_sequence(packed, batch_first=True, total_length=width)[0])
        strongest = states.masked_fill(~batch.mask.unsqueeze(2), -1.0).amax(1)
        return self.tag(states), self.tells(strongest).squeeze(1)
