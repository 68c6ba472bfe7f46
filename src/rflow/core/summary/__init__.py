"""The summary of a session, computed and format-neutral."""
