"""The server: read-only links, the API, the pages of those who are signed in (`pip install "rflow[server]"`)."""
