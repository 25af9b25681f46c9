"""The expectations of a run's students, employers and placements."""
