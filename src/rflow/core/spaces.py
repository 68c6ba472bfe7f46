"""Spaces: what belongs together and who may see it. A local store has one, which nobody sees."""

DEFAULT_SPACE = "default"
"""The space of every session, tree and link where nobody has made another."""
