"""A run's flows as tune and train see them."""
