"""Measures the store in PostgreSQL, with a primary and a synchronous standby of its own."""
