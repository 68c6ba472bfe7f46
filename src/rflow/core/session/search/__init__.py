"""Searching sessions: words and how they compare, what of a session is searched, and what is shown of a match."""
