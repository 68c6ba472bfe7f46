"""Checkpoints of long sessions: their state as JSON, so that they can be read without replaying every event."""
