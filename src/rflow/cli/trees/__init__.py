"""Trees at the command line: imported, written and edited; and what is said of a node and of what sessions teach."""
