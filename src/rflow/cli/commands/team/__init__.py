"""Commands for a team: accounts, spaces, tokens, the audit log."""
