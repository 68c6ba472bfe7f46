"""Importing charts, runbooks and other tools' trees: readers that return a `Chart`, and its conversion to a tree."""
