"""What is measured on: made-up sessions, trees, stores and homes."""
