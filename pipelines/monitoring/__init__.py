"""Whether what is asked and told today is what the model was made for."""
