"""The trees of a PostgreSQL store."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rflow.core.spaces import DEFAULT_SPACE
from rflow.ports.values import TreeName
from rflow.stores import derived
from rflow.stores.postgres import rows
from rflow.stores.postgres.connection.database import Database


class PostgresTrees:
    """The part of a store that holds trees."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_tree(self, data: bytes, at: datetime, space: str = DEFAULT_SPACE, expected: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        name = derived.new_tree_name(data, at, space)
        with self._database.writing() as db:
            sql = "SELECT digest FROM tree_names WHERE id = %s AND space = %s"
            known = db.execute(sql, (name.id, space)).fetchone()
            if not derived.is_new_version(name, known[0] if known else "", expected):
                return False
            rows.put_tree(db, data, space)
            rows.set_name(db, name)
            return True

    def set_name(self, name: TreeName) -> None:
        """Store the name of a tree as copied from another store."""
        with self._database.writing() as db:
            rows.set_name(db, name)

    def put_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> None:
        """Store a version of a tree."""
        with self._database.writing() as db:
            rows.put_tree(db, data, space)

    def tree_data(self, digest: str, spaces: Sequence[str] | None = None) -> bytes | None:
        """Read one version of a tree."""
        visible, allowed = in_spaces(spaces)
        sql = f"SELECT data FROM trees WHERE digest = %s AND {visible} LIMIT 1"  # noqa: S608 (constants)
        with self._database.reading() as db:
            row = db.execute(sql, (digest, *allowed)).fetchone()
        return derived.verified(row[0], digest, "tree") if row else None

    def tree_digest(self, tree_id: str, space: str = DEFAULT_SPACE) -> str | None:
        """Return the digest of the current version of a tree."""
        sql = "SELECT digest FROM tree_names WHERE id = %s AND space = %s"
        with self._database.reading() as db:
            row = db.execute(sql, (tree_id, space)).fetchone()
        return row[0] if row else None

    def tree_names(self, space: str | None = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        with self._database.reading() as db:
            return rows.tree_names(db, space)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> bool:
        """Remove the name of a tree."""
        with self._database.writing() as db:
            return db.execute("DELETE FROM tree_names WHERE id = %s AND space = %s", (tree_id, space)).rowcount > 0

    def versions(self) -> Iterable[tuple[str, str]]:
        """Return (space, digest) of all tree versions."""
        with self._database.reading() as db:
            return [(space, name) for space, name in db.execute("SELECT space, digest FROM trees")]


def in_spaces(spaces: Sequence[str] | None) -> tuple[str, tuple[list[str], ...]]:
    """Return the condition that keeps rows of `spaces` (None is all) and its values."""
    return ("true", ()) if spaces is None else ("space = ANY(%s)", (list(spaces),))
