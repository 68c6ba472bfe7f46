"""The server: read-only links, the API, the pages of those who are signed in, health (installed with `pip install "rflow[server]"`)."""
