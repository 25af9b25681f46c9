"""Recommendations of employers to students, served."""
