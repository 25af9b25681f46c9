"""The four readable properties of a city."""

import torch
from torch import Tensor, nn

VARIABLES = ("pull", "push", "stay", "reach")


class CityVariables(nn.Module):
    """One number a city, variable and target period, v = w.ReLU(W z) + c, and its worth in the decoder.

    pull raises what flows in, push what flows out, stay what stays, and a city of large reach sends more
    people far. How much is a loading >= 0, one a variable and period ahead, so a variable's sign has one
    meaning; what orders the cities is the contrast (`modules.migration.dhg_sil.contrast`).

    Shapes:
        z: B x h x N x c.
        representation: B x h x N x d a variable.
        output: B x h x N a variable.
    """

    def __init__(self, context: int, hidden: int, horizon: int) -> None:
        super().__init__()
        self.represent = nn.ModuleDict({name: nn.Linear(context, hidden) for name in VARIABLES})
        self.read = nn.ModuleDict({name: nn.Linear(hidden, 1) for name in VARIABLES})
        self.raw_loading = nn.Parameter(torch.full((len(VARIABLES), horizon), 0.01))
        for head in self.read.values():
            nn.init.zeros_(head.weight)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    @property
    def loading(self) -> dict[str, Tensor]:
        """Variable -> h, what one unit of it adds to a standardised log."""
        return dict(zip(VARIABLES, self.raw_loading.abs(), strict=True))

    def forward(self, z: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Variables and the representations that they are read from."""
        representation = {name: torch.relu(layer(z)) for name, layer in self.represent.items()}
        values = {name: head(representation[name]).squeeze(-1) for name, head in self.read.items()}
        return values, representation
