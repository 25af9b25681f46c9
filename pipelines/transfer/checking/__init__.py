"""The expectations of a run's articles and labelled passages."""
