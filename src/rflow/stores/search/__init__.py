"""The search index of stores: a database with the words of each session, derived from its events."""
