"""Helpers that read trees and sessions from a store."""

from rflow.core.tree.model import Tree
from rflow.ports.stores import Store
from rflow.stores.derived import read_tree


def tree_version(store: Store, digest: str) -> Tree | None:
    """Return a version of a tree, decoded."""
    data = store.tree_data(digest)
    return None if data is None else read_tree(data, digest)


def named_tree(store: Store, tree_id: str) -> Tree | None:
    """Return the current version of a tree, decoded."""
    digest = store.tree_digest(tree_id)
    return tree_version(store, digest) if digest else None


def version_in(store: Store, session_id: str) -> int | None:
    """Return the number of a session's last event."""
    standing = store.standing(session_id)
    return standing.version if standing else None


def digests_in(store: Store) -> list[str]:
    """Return the digests of all versions of trees."""
    return sorted(digest for _, digest in store.versions())
