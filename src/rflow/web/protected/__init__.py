"""Links that open only with a password, a click, or for people who are signed in."""
