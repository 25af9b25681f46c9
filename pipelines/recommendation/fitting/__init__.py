"""A run's students, employers and placements as tune and train see them."""
