"""The multilayer perceptron that tops most models."""

from torch import nn

from modules.errors import UserError


def widths(hidden_units: str) -> list[int]:
    """Widths of the hidden layers, from a text like `64,32`; an empty one has none.

    Raises:
        UserError: if a width is no positive whole number.
    """
    parts = [part.strip() for part in hidden_units.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UserError(f"hidden_units: {hidden_units!r} is no list of widths; write it like 64,32")
    return [int(part) for part in parts]


def mlp(
    inputs: int, hidden_units: str, outputs: int = 1, *, dropout: float = 0.0, batch_norm: bool = False
) -> nn.Sequential:
    """Linear layers with ReLU between them; batch normalisation before and dropout after it, if wanted."""
    layers: list[nn.Module] = []
    for width in widths(hidden_units):
        layers += [
            nn.Linear(inputs, width),
            *([nn.BatchNorm1d(width)] if batch_norm else []),
            nn.ReLU(inplace=True),
        ]
        layers += [nn.Dropout(dropout)] if dropout > 0 else []
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs)) if outputs else nn.Sequential(*layers)
