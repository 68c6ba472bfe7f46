"""The rules of a session: who may do what, and which events a command causes."""
