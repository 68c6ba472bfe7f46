"""The workspace over a store: what one actor can do there. The only door to a store."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.events import Event
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import NotAllowed, NotFound, StoreProblem, UsageProblem
from rflow.identity import id_of, new_codes, new_id
from rflow.ports.stores import Clock, CodeTaken, Stale, Store, TreeName
from rflow.ports.workspace import About, Imported, Incoming, Sent

if TYPE_CHECKING:
    from rflow.core.session.commands import Command, Start
    from rflow.core.sharing import Minted, Share, ShareCount, ShareView, ShareWish
    from rflow.core.tree.model import Tree


class LocalWorkspace:
    """What `actor` can do at `store`; `rflow.ports.workspace.Workspace` says what each method does."""

    def __init__(
        self,
        store: Store,
        actor: Actor,
        *,
        clock: Clock,
        ids: Callable[[datetime], str] = new_id,
        codes: Callable[[], Iterator[str]] = new_codes,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.store = store
        self.actor = actor
        self.now = clock
        self._ids = ids
        self._codes = codes
        self._random = random
        self._logs: dict[str, Log] = {}
        self._trees: dict[str, Tree | None] = {}

    @property
    def about(self) -> About:
        """Which store this is."""
        return About(url=self.store.url, kind=self.store.kind, shared=self.store.shared)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    # Sessions

    def find(self, reference: str) -> Head:
        """Find the one session whose code or id begins with `reference`."""
        heads = self.store.find(reference, spaces=self.actor.spaces) if reference.strip("- ") else []
        if len(heads) == 1:
            return heads[0]
        if not heads:
            raise NotFound(
                f'There is no session "{reference}" in this store.', try_="See what there is: rflow list --all"
            )
        codes = ", ".join(f"{head.code} ({head.title})" for head in heads)
        raise UsageProblem(f'"{reference}" could be more than one session: {codes}.', try_="Type one more letter.")

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        return self.store.heads(self._visible(query))

    def _visible(self, query: Query) -> Query:
        """Narrow a query down to what the actor may see."""
        allowed = self.actor.spaces
        if allowed is None:
            return query
        from msgspec.structs import replace

        wanted = allowed if query.spaces is None else tuple(space for space in query.spaces if space in allowed)
        return replace(query, spaces=wanted)

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event."""
        standing = self.store.standing(session_id)
        return None if standing is None or self.actor.role_in(standing.space) is None else standing.version

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events behind version `after`."""
        log = self.store.load(session_id, after)
        if self.actor.role_in(log.space) is None:
            raise no_session()
        if not after:
            self._logs[session_id] = log
        return log

    def _known(self, session_id: str) -> Log:
        """Return a session as it was read last: deciding on an old state is found out when its events are appended."""
        return self._logs.pop(session_id, None) or self.load(session_id)

    def start(self, command: "Start") -> Sent:
        """Start a session.

        With a `command_id` the session's id follows from it, so that the command sent again finds the same session.
        """
        from rflow.core.session.decide import decide
        from rflow.core.session.state import Session

        at, key = self.now(), command.command_id
        session_id = id_of(f"{self.actor.person.id}\n{key}") if key else self._ids(at)
        events = decide(Session(id=session_id), self._tree, command, self.actor, at)
        try:
            code = self.create(session_id, events, space=command.space)
        except Stale:
            log = self.load(session_id)
            return Sent(session=log.id, code=log.code, events=(), entry=1, tail=tuple(log.events))
        return Sent(session=session_id, code=code, events=tuple(events), entry=1, tail=tuple(events))

    def new_id(self) -> str:
        """Return the id of a new session."""
        return self._ids(self.now())

    def create(
        self,
        session_id: str,
        events: Sequence[Event],
        contents: Mapping[str, bytes] | None = None,
        *,
        code: str = "",
        space: str = DEFAULT_SPACE,
    ) -> str:
        """Store a new session under `code`, or under a new code if that is taken; return the code."""
        from itertools import chain

        from rflow.core.session.replay import replay
        from rflow.core.session.state import Session

        for free in chain([code] if code else (), self._codes()):
            session = replay(events, Session(id=session_id, code=free, space=space))
            try:
                self.store.create(session, events, contents or {})
            except CodeTaken:
                continue
            return free
        raise StoreProblem(
            "No short code is left in this store.", try_="Remove old sessions, or begin a new store: rflow --store PATH"
        )

    def send(
        self, session_id: str, command: "Command", contents: Mapping[str, bytes] | None = None, known: int = 0
    ) -> Sent:
        """Carry out a command: decide, append, and decide again where somebody else wrote first."""
        from rflow.service.sending import Sender, carry_out

        sender = Sender(self.store, self.actor, self.now, self._tree)
        return carry_out(sender, self._known(session_id), command, contents or {}, known)

    def check(self, session_id: str, command: "Command") -> None:
        """Raise what `send` would raise now, and write nothing."""
        from rflow.core.session.decide import decide

        log = self._known(session_id)
        self._logs[session_id] = log
        decide(log.session, self._tree, command, self.actor, self.now())

    def delete(self, session_id: str) -> None:
        """Remove a session for good, and end its links."""
        from rflow.core.session.commands import Delete

        self.check(session_id, Delete())
        self.store.delete(session_id)

    def plan_import(self, incoming: Incoming) -> Imported:
        """Return what importing a session would do now, and write nothing."""
        from rflow.service.importing import plan_import

        return plan_import(self, incoming)

    def import_session(self, incoming: Incoming, *, accept_ownership: bool = False) -> Imported:
        """Store a session that was read from a file; one that is here with the same beginning is extended."""
        from rflow.service.importing import import_session

        return import_session(self, incoming, accept_ownership=accept_ownership)

    def content(self, session_id: str, digest: str) -> bytes:
        """Read the whole content of a piece of evidence."""
        if self.version(session_id) is None:
            raise no_session()
        return self.store.blob(session_id, digest)

    def people(self) -> list[Person]:
        """Return everybody who has acted or received in sessions that the actor may see, by name."""
        return self.store.people(self.actor.spaces)

    # Trees

    def tree(self, digest: str) -> bytes | None:
        """Return a version of a tree as canonical JSON."""
        return self.store.tree_data(digest, self.actor.spaces)

    def _tree(self, digest: str) -> "Tree | None":
        """Return a version of a tree, read."""
        if digest not in self._trees:
            from rflow.stores.derived import read_tree

            data = self.tree(digest)
            self._trees[digest] = read_tree(data, digest) if data is not None else None
        return self._trees[digest]

    def tree_names(self, space: str = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        return self.store.tree_names(space) if self.actor.role_in(space) else []

    def add_tree(self, data: bytes, space: str = DEFAULT_SPACE) -> bool:
        """Make a tree the current version of its id."""
        self._check_publishing(space)
        return self.store.add_tree(data, self.now(), space)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> None:
        """Take a tree out of the list."""
        self._check_publishing(space)
        if not self.store.remove_tree(tree_id, space):
            raise NotFound(f'There is no tree "{tree_id}" in this store.', try_="See what there is: rflow tree list")

    def _check_publishing(self, space: str) -> None:
        """Trees are published by the leads of a space; in a local store by everybody who can open it."""
        role = self.actor.role_in(space)
        if role is None:
            raise NotFound("There is no such space.", try_="See what there is: rflow tree list")
        if self.actor.roles is not None and role != "lead":
            raise NotAllowed("Trees are published by a lead of this space.", try_="Ask one to add it.")
        if self.actor.scopes is not None:
            raise NotAllowed("This token does not allow that.", try_="Let a person do it.")

    # Links

    def create_share(self, wish: "ShareWish") -> "Minted":
        """Make a read-only link to a session."""
        from rflow.service.shares import create

        return create(self, self.store.shares, wish, self._random)

    def shares(self, session_id: str | None = None, *, everybody: bool = False) -> "list[ShareCount]":
        """List the links of a session, else the actor's."""
        from rflow.service.shares import listed

        return listed(self, self.store.shares, session_id, everybody=everybody)

    def share(self, reference: str) -> "ShareCount":
        """Find the one link whose id begins with `reference`, or whose token it is."""
        from rflow.service.shares import find

        return find(self, self.store.shares, reference)

    def share_views(self, share_id: str) -> "Sequence[ShareView]":
        """Return the last views of a link, the newest first."""
        from rflow.service.shares import VIEWS_SHOWN, find

        return self.store.shares.views(find(self, self.store.shares, share_id).share.id, VIEWS_SHOWN)

    def revoke_share(self, share_id: str) -> "Share":
        """End a link at once."""
        from rflow.service.shares import revoke

        return revoke(self, self.store.shares, share_id)


def no_session() -> NotFound:
    """Return the error for a session that is not there, or that the actor may not see."""
    return NotFound("There is no such session in this store.", try_="See which there are: rflow list --all")
