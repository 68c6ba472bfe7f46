"""The store in a folder of JSON Lines files."""
