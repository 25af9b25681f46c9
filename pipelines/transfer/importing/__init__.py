"""The import stage: articles of any shape into one sorted table without duplicates."""
