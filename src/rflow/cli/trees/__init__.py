"""Trees at the command line: imported, written and edited; and how nodes, and what sessions teach, are shown."""
