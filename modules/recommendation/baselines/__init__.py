"""What RCJR is compared with."""
