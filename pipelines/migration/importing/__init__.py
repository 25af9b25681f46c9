"""The import stage: any table of counts, or a simulated one, into one sorted table."""
