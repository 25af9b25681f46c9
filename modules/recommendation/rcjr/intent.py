"""What a student means to do after graduation."""

import torch
from torch import Tensor, nn

from modules.recommendation.mlp import mlp


class IntentHead(nn.Module):
    """Intent from the student's fields and the course of the grades, equations (3)-(5).

    G_t = GRU(G_{t-1}, x_t), G_0 = 0, hidden width d; O = softmax(MLP([P_1; ...; P_M; G_T])). Without a
    sequence there is no GRU.

    Args:
        fields: M, of the student.
        sequence: T, how many of them, the last, are in order of time.
        width: d.
        intents: number of classes.
        hidden_units: of the perceptron.
    """

    def __init__(self, fields: int, sequence: int, width: int, intents: int, hidden_units: str) -> None:
        super().__init__()
        self.sequence = sequence
        self.gru = nn.GRU(width, width, batch_first=True) if sequence else None
        self.mlp = mlp((fields + (sequence > 0)) * width, hidden_units, intents)

    def forward(self, fields: Tensor) -> Tensor:
        """Logits n x intents of students' fields n x M x d."""
        parts = [fields.flatten(1)]
        if self.gru is not None:
            _, last = self.gru(fields[:, -self.sequence :])
            parts.append(last[0])
        logits: Tensor = self.mlp(torch.cat(parts, dim=1))
        return logits
