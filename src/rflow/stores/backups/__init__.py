"""Backups: verifying and restoring them."""
