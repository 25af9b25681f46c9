"""What split, tune and train do with extractors."""
