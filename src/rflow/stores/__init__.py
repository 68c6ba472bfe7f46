"""Stores, with the port `rflow.ports.stores.Store`: in memory, SQLite, a folder of JSON lines, PostgreSQL.

`open_store` takes a URL or a path:

    sqlite:///home/ana/work.db   a file; sqlite:work.db and sqlite:///./work.db start from the current folder
    json:/home/ana/shifts        a folder; relative paths as they are
    postgresql://ana@db/work     a database, in which the store has a schema of its own
    memory:                      a new one each time; memory:NAME is the same each time in this process
    /home/ana/work.db            .db, .sqlite, .sqlite3, or a file that is a SQLite database
    /home/ana/shifts             anything else is a folder
"""

import os
import re
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from rflow.errors import UsageProblem
from rflow.folders import expanded
from rflow.stores.failures import PATIENCE, absent, explained, foreign, status_of

if TYPE_CHECKING:
    from rflow.ports.stores import Store
    from rflow.stores.memory.store import MemoryStore

_SUFFIXES = (".db", ".sqlite", ".sqlite3")
_SERVERS = ("https", "http")
_WAYS = (
    "A store is sqlite:///PATH, json:FOLDER, postgresql://USER@HOST/DATABASE, or a path: to a .db file (SQLite) or to a"
    " folder (JSON)."
)
_NAME_IT = "Use --store PATH, or RFLOW_STORE: a user without a home folder has no usual store."
_named: "dict[str, MemoryStore]" = {}


def open_store(url: str, *, create: bool = True, patience: float = PATIENCE) -> "Store":
    """Return the store at `url`; files are opened when first needed, and created when something is written.

    Without `create` the store must exist, or it raises `StoreProblem`. Raises `UsageProblem` for a URL that this
    version can't open. No error repeats a URL, which may hold a password.
    """
    kind, where = _read(url)
    if kind == "memory":
        return _memory(where)
    if kind == "postgresql":
        return _postgres(where, patience, create=create)
    if not create:
        with explained(where):
            if status_of(where) is None:
                raise absent(where)
    if kind == "sqlite":
        from rflow.stores.sqlite.store import SqliteStore

        return SqliteStore(where, patience)
    from pathlib import Path

    from rflow.stores.folder.store import JsonDirStore

    return JsonDirStore(Path(where), patience)


def normal_url(url: str) -> str:
    """Return a store's URL in its normal form, with an absolute path, so that two names of a store compare equal."""
    kind, where = _read(url)
    if kind == "postgresql":
        return where
    path = where.replace(os.sep, "/") if kind != "memory" else where
    return f"sqlite://{path if path.startswith('/') else '/' + path}" if kind == "sqlite" else f"{kind}:{path}"


def place_of(url: str) -> tuple[str, str]:
    """Return the kind of store that a URL means, and its absolute path, name or address."""
    return _read(url)


def _memory(name: str) -> "Store":
    from rflow.stores.memory.store import MemoryStore

    return _named.setdefault(name, MemoryStore(name)) if name else MemoryStore()


def _postgres(url: str, patience: float, *, create: bool) -> "Store":
    try:
        from rflow.stores.postgres.store import PostgresStore
    except ImportError as missing:
        raise UsageProblem(
            f"rflow was installed without its PostgreSQL store ({missing.name} is missing).",
            try_='Install it: pip install "rflow[postgres]"',
        ) from missing
    store = PostgresStore(url, patience)
    if not create and not store.exists():
        store.close()
        raise absent(store.url)
    return store


def _read(url: str) -> tuple[str, str]:
    """Return the kind of store that a URL means, and its path or name."""
    scheme, colon, rest = url.strip().partition(":")
    scheme = scheme.casefold()
    if not url.strip() or "\0" in url:
        raise UsageProblem("The store has no name.", try_=f"{_NAME_IT} {_WAYS}")
    if colon and scheme == "memory":
        return scheme, rest
    if colon and scheme in ("sqlite", "json"):
        if not rest.strip("/"):
            raise UsageProblem(f"The store's path is missing after {scheme}:", try_=_WAYS)
        return scheme, _path(rest)
    if scheme in ("postgresql", "postgres"):
        from rflow.stores.postgres.connection.address import normal

        return "postgresql", normal(url)
    if rest.startswith("//"):
        raise _unknown(scheme)
    return _kind_of(_absolute(url.strip()))


def _unknown(scheme: str) -> UsageProblem:
    if scheme.partition("+")[0] in _SERVERS:
        return UsageProblem(
            "That is the address of a server, not of a store.",
            try_=f"Do this on the server itself, with its store. {_WAYS}",
        )
    return UsageProblem(f"There is no kind of store called {scheme!r}.", try_=_WAYS)


def _path(rest: str) -> str:
    """Return the path after the scheme: `//` starts an empty host, `/./` and `/~/` a relative path, `/C:/` a drive."""
    path = "/" + rest.lstrip("/") if rest.startswith("///") else rest.removeprefix("//")
    return _absolute(path[1:] if re.match(r"/(\.{1,2}|~|[A-Za-z]:)(/|$)", path) else path)


def _absolute(path: str) -> str:
    """Return an absolute path; raise `UsageProblem` if it is not valid text, which a URL could not contain."""
    absolute = os.path.abspath(expanded(path))
    try:
        absolute.encode()
    except UnicodeEncodeError:
        raise UsageProblem(
            "The store's path is not text in UTF-8.", try_="Rename it, or use another path with --store."
        ) from None
    return absolute


def _kind_of(path: str) -> tuple[str, str]:
    """Return the kind of store that a path means, and the path."""
    with explained(path):
        there, named_so = status_of(path), os.path.splitext(path)[1] in _SUFFIXES
        mode = there.st_mode if there else 0
        if S_ISREG(mode) and not named_so:
            from pathlib import Path

            from rflow.stores.places import is_database

            if not is_database(Path(path)):
                raise foreign(path)
            return "sqlite", path
        return ("sqlite" if named_so and not S_ISDIR(mode) else "json"), path
