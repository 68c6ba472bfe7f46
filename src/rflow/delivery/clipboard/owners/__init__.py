"""Programs that put rich text and plain text on a clipboard together; each runs in its own Python.

They import the standard library and each other, nothing else of rflow: they must start fast (docs/decisions/0003).
"""
