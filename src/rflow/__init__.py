"""rflow: answers "what have you tried so far?" in one command."""

__version__ = "0.1.0"
