"""Workspaces of several people over one store, as parameters for the contract tests of the ports.

A new implementation of `Workspace` is one line in `WORKSPACES`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from rflow.core.accounts import Account, AuditEntry
from rflow.core.actors import Actor, MemberRole
from rflow.core.people import Person, person
from rflow.core.space_policy import new_space
from rflow.ports.accounts import Membership
from rflow.ports.stores import Store
from rflow.ports.workspace import Administration, Workspace
from rflow.service.local.administration import LocalAdministration
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import open_store
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import ANA, BEN, CHLOE, MORNING

DEV, ADMIN = person("Dev Patel"), person("Root Admin")
LEEDS, YORK = "leeds", "york"

MEMBERS: Mapping[str, Actor] = {
    "ana": Actor(person=ANA, roles={LEEDS: "member", YORK: "member"}),
    "ben": Actor(person=BEN, roles={LEEDS: "member"}),
    "chloe": Actor(person=CHLOE, roles={LEEDS: "lead"}),
    "dev": Actor(person=DEV, roles={YORK: "lead"}),
    "admin": Actor(person=ADMIN, roles={}, admin=True),
}
"""Who works in which space: Ana in both, Ben and Chloé (a lead) in Leeds, Dev (a lead) in York."""


class Office:
    """The people who work with one store; `at` returns the workspace of each."""

    def __init__(self, workspace: Callable[[Actor], Workspace], administration: Callable[[Actor], Administration]):
        self.workspace = workspace
        self.administration = administration

    def at(self, name: str) -> Workspace:
        """Return a new workspace of one of `MEMBERS`."""
        return self.workspace(MEMBERS[name])


def ticking() -> Callable[[], datetime]:
    """Return a clock that advances by a second whenever it is read."""
    seconds = count(1)
    return lambda: MORNING + timedelta(seconds=next(seconds))


def local_office(kind: str) -> Callable[[Path], Iterator[Office]]:
    """Return a function that opens an office at a new store of this kind, with a connection for each workspace."""

    def open_office(folder: Path) -> Iterator[Office]:
        clock, url = ticking(), url_in(folder, kind)
        with ExitStack() as stores:

            def opened() -> Store:
                return stores.enter_context(closing(open_store(url)))

            def workspace(actor: Actor) -> Workspace:
                return LocalWorkspace(opened(), actor, clock=clock)

            yield Office(workspace, lambda actor: LocalAdministration(opened(), actor, clock=clock))

    return open_office


def remote_office(folder: Path) -> Iterator[Office]:
    """Open an office at a server over HTTP; what looks after the store stays beside it."""
    from rflow.delivery.url import HttpUrl, parse_url
    from rflow.remote import RemoteWorkspace
    from rflow.service.local.shared import SharedSessions
    from rflow.service.team.sign_in import SignIn
    from rflow.service.team.team import Team
    from rflow.web.app import LinkServer
    from support.web.app import running

    clock, url = ticking(), url_in(folder, "sqlite")

    def links() -> SharedSessions:
        return SharedSessions(open_store(url), clock=clock, zone=lambda at: at, patterns=())

    with ExitStack() as open_, closing(open_store(url)) as store:
        for space in (LEEDS, YORK):
            enrol(store, space, MEMBERS)
        server = LinkServer(links, open_team=lambda: Team(open_store(url), clock=clock))
        address = parse_url(open_.enter_context(running(server.app)))
        assert isinstance(address, HttpUrl)
        sign_in = SignIn(store, clock=clock)

        def workspace(actor: Actor) -> Workspace:
            enrol(store, LEEDS, {"": actor})
            return open_.enter_context(closing(RemoteWorkspace(address, sign_in.open_session(actor), clock=clock)))

        def administration(actor: Actor) -> Administration:
            return LocalAdministration(open_.enter_context(closing(open_store(url))), actor, clock=clock)

        yield Office(workspace, administration)


WORKSPACES: Mapping[str, Callable[[Path], Iterator[Office]]] = {
    **{kind: local_office(kind) for kind in EVERY_KIND},
    "server": remote_office,
}
"""Every implementation of the ports, by name: a local workspace over each kind of store, and one over HTTP."""

PARAMETERS = [pytest.param(name, marks=pytest.mark.slow) if name == "server" else name for name in WORKSPACES]
"""Their names, for tests; a server takes longer to start than `make check` has."""


def enrol(store: Store, space: str, actors: Mapping[str, Actor]) -> None:
    """Create a space, and accounts with a role in it for all actors who sign in at a server."""
    entry = AuditEntry(at=MORNING, action="enrolled")
    if store.accounts.space(space) is None:
        store.accounts.put_space(new_space(space, MORNING), None, entry)
    for actor in sorted(actors.values(), key=lambda actor: not actor.admin):
        who = actor.person
        if actor.roles is not None and store.accounts.account(who.id) is None:
            account = Account(id=who.id, name=who.name, created_at=MORNING, admin=actor.admin)
            store.accounts.add(account, entry)
            for each, role in actor.roles.items():
                store.accounts.set_role(Membership(each, who.id, role), entry)


def member(who: Person, role: MemberRole, space: str = LEEDS) -> Actor:
    """Return a person with a role in one space."""
    return Actor(person=who, roles={space: role})
