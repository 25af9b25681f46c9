"""Stages that only the migration track has: simulate and import."""
