"""From all sentences of an article to the passages that may tell of a move, cheapest step first."""
