"""What a run of the transfer track shows."""
