"""Commands that work on sessions."""
