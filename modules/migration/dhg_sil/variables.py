"""The four readable properties of a city."""

import torch
from torch import Tensor, nn

VARIABLES = ("pull", "push", "stay", "reach")


class CityVariables(nn.Module):
    """One number a city, variable and target period, v = s + w.ReLU(W [z | seen]) + c, and its worth.

    s is the mean of the variable's standardised statistic over the window: a variable starts as what was seen
    of it and learns where it goes.

    pull raises what flows in, push what flows out, stay what stays, and a city of large reach sends more
    people far. How much is a loading >= 0, one a variable and period ahead, so a variable's sign has one
    meaning; what orders the cities is the contrast (`modules.migration.dhg_sil.contrast`).

    Shapes:
        z: B x h x N x c.
        seen: B x L x N x 4, the statistics over the window, standardised, 0 where unknown.
        representation: B x h x N x d a variable.
        output: B x h x N a variable.
    """

    def __init__(self, context: int, hidden: int, horizon: int) -> None:
        super().__init__()
        width = context + 2 * len(VARIABLES)
        self.represent = nn.ModuleDict({name: nn.Linear(width, hidden) for name in VARIABLES})
        self.read = nn.ModuleDict({name: nn.Linear(hidden, 1) for name in VARIABLES})
        self.raw_loading = nn.Parameter(torch.full((len(VARIABLES), horizon), 1e-3))
        for head in self.read.values():
            nn.init.zeros_(head.weight)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]

    @property
    def loading(self) -> dict[str, Tensor]:
        """Variable -> h, what one unit of it adds to a standardised log."""
        return dict(zip(VARIABLES, self.raw_loading.abs(), strict=True))

    def forward(self, z: Tensor, seen: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Variables and the representations that they are read from."""
        mean = seen.mean(1)
        known = torch.cat([mean, seen[:, -1]], dim=-1)[:, None].expand(-1, z.shape[1], -1, -1)
        full = torch.cat([z, known], dim=-1)
        representation = {name: torch.relu(layer(full)) for name, layer in self.represent.items()}
        values = {
            name: mean[:, None, :, place] + self.read[name](representation[name]).squeeze(-1)
            for place, name in enumerate(VARIABLES)
        }
        return values, representation
