"""The migration track as a service."""
