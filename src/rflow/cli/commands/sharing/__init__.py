"""Commands that share a session, or change its owner."""
