"""What only the transfer track does."""
