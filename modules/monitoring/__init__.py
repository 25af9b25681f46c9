"""What requests are counted by, so that they can be held against what a model was made from."""
