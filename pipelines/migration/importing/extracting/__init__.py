"""Extraction: from raw job queries to counts of people by period, origin and destination."""
