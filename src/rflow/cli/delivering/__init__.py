"""Delivering a summary: copying and posting, recorded and once."""
