"""Units: what a summary can show of a session, entry by entry."""
