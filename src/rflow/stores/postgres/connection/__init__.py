"""The connection to a PostgreSQL store: its URL, errors, texts, transactions."""
