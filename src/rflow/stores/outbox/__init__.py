"""The outbox of each kind of store: notices that wait to be sent."""
