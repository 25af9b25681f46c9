"""The expectations of a run's flows and queries."""
