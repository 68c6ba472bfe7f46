"""Decision trees: the model, and what can be computed from it."""
