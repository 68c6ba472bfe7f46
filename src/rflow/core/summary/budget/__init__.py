"""The budget of a summary: which units it shows, how much of each, in which order."""
