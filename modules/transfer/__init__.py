"""The transfer track: who moved between which countries, as text tells it."""
