"""Member C of the ensemble: a causal language model, tuned here or asked at a server."""
