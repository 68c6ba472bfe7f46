"""Notices: telling people by mail or webhook that a handoff or a question waits for them."""
