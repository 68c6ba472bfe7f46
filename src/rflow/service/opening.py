"""Opens stores: where `cli` and `web` get their workspaces from, so that they need not know stores."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from rflow.core.actors import Actor
from rflow.identity import new_codes
from rflow.ports.values import Clock, Report, Verified, unreported

if TYPE_CHECKING:
    from pathlib import Path

    from rflow.core.summary.budget.view import Zone
    from rflow.ports.stores import Store
    from rflow.service.local.shared import SharedSessions
    from rflow.service.local.workspace import LocalWorkspace
    from rflow.service.team.team import Team
    from rflow.stores.copy import Counts


def open_workspace(
    url: str, actor: Actor, clock: Clock, codes: Callable[[], Iterator[str]] = new_codes
) -> "LocalWorkspace":
    """Return what `actor` can do at the store of that URL or path."""
    from rflow.service.local.workspace import LocalWorkspace
    from rflow.stores import open_store

    return LocalWorkspace(open_store(url), actor, clock=clock, codes=codes)


def open_shared(url: str, clock: Clock, zone: "Zone", patterns: Sequence[str]) -> "SharedSessions":
    """Return the sessions that links to the store of that URL or path show, on a connection of their own."""
    from rflow.service.local.shared import SharedSessions
    from rflow.stores import open_store

    return SharedSessions(open_store(url), clock=clock, zone=zone, patterns=patterns)


def open_team(url: str, clock: Clock) -> "Team":
    """Return the store of that URL or path as a server uses it, on a connection of its own."""
    from rflow.service.team.team import Team
    from rflow.stores import open_store

    return Team(open_store(url), clock=clock)


def check_exists(url: str) -> None:
    """Raise `StoreProblem` unless there is a store at that URL or path."""
    from rflow.stores import open_store

    open_store(url, create=False).close()


def check_output(path: "Path") -> None:
    """Raise `UsageProblem` where a file of a store would be overwritten, or one added to its own folders."""
    from rflow.stores.places import check_output as check

    check(path)


def absolute_url(url: str) -> str:
    """Return the URL of a store with an absolute path: a relative one would be another store in every folder."""
    from rflow.stores import normal_url

    return url if url.startswith(("https://", "http://")) else normal_url(url)


def is_on_network(url: str) -> bool:
    """Whether the store at that URL is reached over a network: a server, or PostgreSQL."""
    from rflow.stores.postgres.connection.address import is_postgres

    return url.startswith(("https://", "http://")) or is_postgres(url)


def public_url(url: str) -> str:
    """Return a store's URL or path as it may be shown: without a password.

    Nothing is shown of a server's with a user or a query, and of one of an unknown kind with a user: both are refused
    wherever they are used.
    """
    scheme, _, rest = url.partition("://")
    if scheme.casefold() in ("https", "http"):
        return f"{scheme}://…" if any(mark in rest for mark in "@?#") else url
    from rflow.stores.postgres.connection.address import is_postgres, shown

    if is_postgres(url):
        return shown(url)
    unknown = scheme and "@" in rest and scheme.casefold() not in ("sqlite", "json")
    return f"{scheme}://…" if unknown else url


def open_for_upkeep(url: str) -> "Store":
    """Return the store of that URL or path, on a connection of its own, for the upkeep of a server."""
    from rflow.stores import open_store

    return open_store(url)


def file_identity(url: str) -> tuple[int, int] | None:
    """Return the identity of a SQLite file: a connection stays with the old file when another one replaces it."""
    from pathlib import Path

    kind, _, path = url.partition("://")
    try:
        status = Path(path).stat() if kind == "sqlite" else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status else None


def upgrade_store(url: str) -> int | None:
    """Bring the tables of a PostgreSQL store up to date; return the version that they had, None for another kind."""
    from contextlib import closing

    from rflow.stores import open_store
    from rflow.stores.postgres.connection.address import is_postgres

    if not is_postgres(url):
        return None
    from rflow.stores.postgres.store import PostgresStore

    with closing(open_store(url, create=False)) as store:
        return store.upgrade() if isinstance(store, PostgresStore) else None


def verify_backup(path: "Path") -> Verified:
    """Read everything in a backup, which stays as it is; raise `StoreProblem` if it is none or can't be read here."""
    from rflow.stores.backups.verifying import verify

    return verify(path)


def restore_store(
    url: str, backup: "Path", actor: Actor, clock: Clock, *, server: str | None = None
) -> "tuple[Verified, Path | None]":
    """Put a backup in the place of the store at `url`; return what it holds, and where the old store is kept.

    `server` is the address of a server that serves the store now, for which nothing is restored.
    """
    from contextlib import closing

    from rflow.core.accounts import AuditEntry
    from rflow.core.session.times import utc
    from rflow.service.team.team_service import accounts_of
    from rflow.stores import open_store
    from rflow.stores.backups.restoring import in_use, restore

    if server is not None:
        raise in_use(f"{url}, served at {server},")
    verified, kept = restore(url, backup, clock())
    with closing(open_store(url, create=False)) as store:
        accounts = accounts_of(store)
        if accounts is not None and accounts.exist():
            accounts.record([AuditEntry(at=utc(clock()), action="store_restored", by=actor.person)])
    return verified, kept


def copy_stores(
    source: str, target: str, report: Report = unreported, people: "Path | None" = None
) -> "tuple[Counts, Collection[str]]":
    """Copy everything from one store into another, which is created where there is none, and verify it.

    `people` is a file that says which accounts the people of the source are. Also returns the names of those whom it
    does not say.
    """
    from contextlib import closing

    from rflow.stores import open_store
    from rflow.stores.copy import copy_store

    with closing(open_store(source, create=False)) as origin, closing(open_store(target)) as copy:
        if people is None:
            return copy_store(origin, copy, new_codes(), report), ()
        from rflow.service.people_map import read_people_map

        rename = read_people_map(people, copy)
        return copy_store(origin, copy, new_codes(), report, rename), sorted(rename.names)
