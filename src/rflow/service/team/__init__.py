"""Looking after a team: accounts, spaces, tokens, signing in, protected links, the audit."""
