"""Escaping: showing users' texts literally in each kind of output."""
