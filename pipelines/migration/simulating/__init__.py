"""The simulate stage: a search engine's log of raw queries with planted intentions and planted dirt."""
