"""Serving extractors of talent transfers."""
