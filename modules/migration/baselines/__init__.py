"""Baselines: forecasters that need no gradient descent."""
