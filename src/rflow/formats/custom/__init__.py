"""People's own formats: found, checked, trusted and rendered in a sandbox."""
