"""Signing in by OpenID Connect: settings, the provider, what its ID token says, and the routes."""
