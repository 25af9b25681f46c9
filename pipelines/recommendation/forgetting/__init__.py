"""A student taken out of everything that holds rows of a run."""
