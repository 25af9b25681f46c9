"""Articles that tell of moves between countries, and what they tell."""
