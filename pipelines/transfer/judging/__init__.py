"""The judgement of the extractors, of what they agree on, and of the table that comes of it."""
