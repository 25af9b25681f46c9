"""The simulate stage: a twin of a university's placement records, with a planted two-sided utility."""
