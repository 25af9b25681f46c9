"""What the flows told by text have to do with flows counted elsewhere."""
