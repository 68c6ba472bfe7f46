"""Spaces: groups of sessions, trees and links with those who may see them. A local store has a single, hidden space."""

DEFAULT_SPACE = "default"
"""The space of every session, tree and link until somebody creates another space."""
