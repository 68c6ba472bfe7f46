"""Signing in with OpenID Connect: settings, the provider, the verified identity, and the routes."""
