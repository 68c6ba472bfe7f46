"""From declarations to command lines: the fast reader, Typer, completion."""
