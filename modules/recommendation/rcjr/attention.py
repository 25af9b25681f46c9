"""What one side looks at in the other."""

from torch import Tensor


def extract(query: Tensor, fields: Tensor) -> tuple[Tensor, Tensor]:
    """Fields weighted by their likeness to a query, equations (7)-(8) and (10)-(11).

    w_f = softmax_f(query . field_f / sqrt(d)); extracted = sum_f w_f field_f. With a student as query and an
    employer's fields it is what the student prefers, the other way round what the employer requires.

    Args:
        query: B x d, the sum of one side's fields, equations (6) and (9).
        fields: B x F x d, the other side's.

    Returns:
        weights: B x F, adding up to 1.
        extracted: B x d.
    """
    scaled = query.unsqueeze(-1) * query.shape[-1] ** -0.5
    weights = (fields @ scaled).squeeze(-1).softmax(dim=-1)
    return weights, (weights.unsqueeze(1) @ fields).squeeze(1)
