"""The ports: small protocols that the adapters satisfy without inheriting."""
