"""The HTTP API: the table of its operations, the OpenAPI document made from it, and the routes that carry them out."""
