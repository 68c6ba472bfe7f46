"""Escaping: how each kind of text shows what a user wrote literally."""
