"""The tables of a PostgreSQL store: creating and upgrading them, who sees which rows, partitions."""
