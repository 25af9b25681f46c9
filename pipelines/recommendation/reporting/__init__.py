"""The pages of a run that recommends."""
