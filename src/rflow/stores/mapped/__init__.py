"""A store over mappings, as the base of new kinds of stores (see CONTRIBUTING.md)."""
