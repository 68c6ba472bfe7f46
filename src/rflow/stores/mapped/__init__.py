"""A store over mappings: the beginning of a new kind of store (CONTRIBUTING.md)."""
