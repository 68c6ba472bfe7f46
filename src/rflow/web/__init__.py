"""The server of read-only links: pages, live updates, health (installed with `pip install "rflow[server]"`)."""
