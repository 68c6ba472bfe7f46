"""The HTTP API as data: the JSON of requests and responses, where that is not a type of the core.

The server (`rflow.web.api`) and the client (`rflow.remote`) share these types. No hash, password or token leaves the
server, except in the response that creates a token.
"""
