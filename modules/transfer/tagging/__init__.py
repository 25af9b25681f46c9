"""Members of the ensemble that tag words: what a passage tells, as spans."""
