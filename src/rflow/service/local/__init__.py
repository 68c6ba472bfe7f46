"""The workspace over a store: what one actor can do there."""
