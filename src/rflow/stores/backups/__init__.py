"""Backups: checking one, and putting one in the place of a store."""
