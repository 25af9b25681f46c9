"""Batch inference: a released model over a table of questions."""
