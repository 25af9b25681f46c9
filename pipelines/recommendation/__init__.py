"""Stages that only the recommendation track has."""
