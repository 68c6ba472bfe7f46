"""The ports: small protocols that adapters satisfy without inheriting from them."""
