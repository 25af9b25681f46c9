"""The judgement of fitted models, and what is packaged of it."""
