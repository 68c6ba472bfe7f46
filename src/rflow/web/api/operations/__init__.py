"""The operations of the API: one table, from which its routes, its OpenAPI document and its tests derive."""

from rflow.web.api.operations import accounts, links, people, sessions, signing_in, spaces, trees
from rflow.web.api.operations.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *people.OPERATIONS,
    *sessions.OPERATIONS,
    *trees.OPERATIONS,
    *links.OPERATIONS,
    *spaces.OPERATIONS,
    *accounts.OPERATIONS,
    *signing_in.OPERATIONS,
)
