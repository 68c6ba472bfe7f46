"""What one actor can do at a store: the workspace, read-only links, sessions as files."""
