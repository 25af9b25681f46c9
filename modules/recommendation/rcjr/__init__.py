"""RCJR: reciprocal-constrained, interpretable job recommendation (Zhu et al., 2021)."""
