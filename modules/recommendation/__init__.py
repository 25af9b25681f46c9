"""Reciprocal, interpretable job recommendation: the data, the samplers and the models of the track."""
