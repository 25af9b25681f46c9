"""From what a text calls a place to a country of today."""
