"""The pages of a run: on its models, and on its cities."""
