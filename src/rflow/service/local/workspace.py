"""The workspace over a store: what one actor can do there. `cli` and `web` reach stores only through `service`."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from rflow.core.actors import Actor, Scope, check_scopes
from rflow.core.people import Person
from rflow.core.session.events import Event, NodeFlagged
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.log import Log
from rflow.core.spaces import DEFAULT_SPACE
from rflow.errors import NotAllowed, NotFound, SessionMoved, TracesLeft, UsageProblem
from rflow.identity import new_codes, new_id
from rflow.ports.paging import WHOLE, Part
from rflow.ports.values import FLAG, About, Clock, Imported, Incoming, Proposal, Sent, TreeName, Verdict, is_tree_name
from rflow.stores.derived import no_session, read_tree

if TYPE_CHECKING:
    from rflow.core.session.commands import Command, Start
    from rflow.core.session.experience import Hints, NodeFlag, TreeStats
    from rflow.core.session.rules.moves import Trees
    from rflow.core.session.search.query import Search, SearchPage
    from rflow.core.sharing import Minted, Share, ShareCount, ShareView, ShareWish
    from rflow.core.tree.model import Tree
    from rflow.ports.stores import Store
    from rflow.ports.team import SpaceView
    from rflow.ports.values import Standing

_Result = TypeVar("_Result")


class LocalWorkspace:
    """What `actor` can do at `store`; `rflow.ports.workspace.Workspace` says what each method does."""

    def __init__(
        self,
        store: "Store",
        actor: Actor,
        *,
        clock: Clock,
        ids: Callable[[datetime], str] = new_id,
        codes: Callable[[], Iterator[str]] = new_codes,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.store: Store = store.scoped(actor.spaces)
        self.actor = actor
        self.now = clock
        self.ids = ids
        self.codes = codes
        self._random = random
        self._logs: dict[str, Log] = {}
        self._trees: dict[tuple[str, str], Tree | None] = {}

    @property
    def about(self) -> About:
        """Which store this is."""
        return About(url=self.store.url, kind=self.store.kind, shared=self.store.shared)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def allowed(self, *scopes: Scope) -> "Store":
        """Return the store; raise `NotAllowed` unless the actor's token allows reading and `scopes`."""
        check_scopes(self.actor, *scopes)
        return self.store

    # Sessions

    def find(self, reference: str) -> Head:
        """Find the one session whose code or id begins with `reference`."""
        store = self.allowed()
        heads = store.find(reference, spaces=self.actor.spaces) if reference.strip("- ") else []
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
        return self.allowed().heads(self.visible(query))

    def search(self, search: "Search") -> "SearchPage":
        """Search the texts of the sessions that the actor may see."""
        from rflow.service.local.searching import search_sessions

        return search_sessions(self, self.allowed(), search)

    def visible(self, query: Query) -> Query:
        """Narrow a query down to what the actor may see."""
        allowed = self.actor.spaces
        if allowed is None:
            return query
        from msgspec.structs import replace

        wanted = allowed if query.spaces is None else tuple(space for space in query.spaces if space in allowed)
        return replace(query, spaces=wanted)

    def version(self, session_id: str) -> int | None:
        """Return the number of a session's last event."""
        standing = self.standing(session_id)
        return None if standing is None else standing.version

    def standing(self, session_id: str) -> "Standing | None":
        """Return what is known of a session without reading its events; None if there is no such session."""
        standing = self.allowed().standing(session_id)
        return None if standing is None or self.actor.role_in(standing.space) is None else standing

    def load(self, session_id: str, after: int = 0) -> Log:
        """Read a session's events after version `after`."""
        log = self._visible(self.allowed().load(session_id, after))
        if not after:
            self._logs[session_id] = log
        return log

    def latest(self, session_id: str) -> Log:
        """Read what the state of a session needs, perhaps without its first events."""
        log = self._visible(self.allowed().latest(session_id))
        self._logs[session_id] = log
        return log

    def _visible(self, log: Log) -> Log:
        if self.actor.role_in(log.space) is None:
            raise no_session()
        return log

    def _decided(self, session_id: str, decide: Callable[[Log], _Result]) -> _Result:
        """Return what `decide` makes of the session as it was last read.

        If the session has changed since, an append raises `Stale`; a refusal is decided again on what is there now.
        """
        log = self._logs.pop(session_id, None)
        if log is not None:
            try:
                return decide(log)
            except (NotAllowed, NotFound, SessionMoved, UsageProblem):
                if self.version(session_id) == log.session.version:
                    raise
        return decide(self.latest(session_id))

    def start(self, command: "Start") -> Sent:
        """Start a session; one that the same `command_id` started before is returned as it stands."""
        from rflow.service.local.starting import start

        return start(self, command)

    def send(
        self, session_id: str, command: "Command", contents: Mapping[str, bytes] | None = None, known: int = 0
    ) -> Sent:
        """Carry out a command: decide, append, and decide again where somebody else wrote first."""
        from rflow.core.session.commands import Decline, ExpireHandoff
        from rflow.service.local.sending import AUDITED, Sender, carry_out

        def decided(log: Log) -> Sent:
            sender = Sender(self.store, self.actor, self.now, self.trees_in(log.space))
            try:
                sent = carry_out(sender, log, self._addressed(log, command), contents or {}, known)
            except TracesLeft:
                self._record(log, command)  # the texts are removed
                raise
            if sent.events and type(command) in AUDITED:
                self._record(log, command)
            self._point_to_flags(log.id, sent.events)
            if isinstance(command, Decline | ExpireHandoff):  # a repeated one too: this may not have been done
                from rflow.service.team.leaving import pass_on

                pass_on(self.store, log.id, self.now)
            return sent

        try:
            return self._decided(session_id, decided)
        finally:
            self._logs.pop(session_id, None)  # what was read is old now

    def _record(self, log: Log, command: "Command") -> None:
        from rflow.service.local.auditing import record_command

        record_command(self, log, command)

    def _point_to_flags(self, session_id: str, events: Sequence[Event]) -> None:
        if any(isinstance(event.fact, NodeFlagged) for event in events):
            from rflow.service.local.learning import keep_pointers

            keep_pointers(self, self.load(session_id).session, events)

    def _addressed(self, log: Log, command: "Command") -> "Command":
        """Return a command that may name somebody: a server knows only the members of a space, and queues."""
        if self.actor.roles is None or getattr(command, "to", None) is None:
            return command
        from rflow.service.team.receivers import addressed

        return addressed(self.store, log.space, command)

    def check(self, session_id: str, command: "Command") -> None:
        """Raise the error that `send` would raise now, and write nothing."""
        from rflow.core.session.decide import decide

        def decided(log: Log) -> None:
            addressed = self._addressed(log, command)
            decide(log.session, self.trees_in(log.space), addressed, self.actor, self.now())
            self._logs[session_id] = log

        self._decided(session_id, decided)

    def delete(self, session_id: str) -> None:
        """Remove a session for good, and end its links."""
        from rflow.core.session.commands import Delete

        self.check(session_id, Delete())
        standing = self.store.standing(session_id)
        from rflow.service.local.auditing import record
        from rflow.service.removals import Removals

        removals = Removals()
        with removals.step():
            self.store.delete(session_id)
        record(self, "session_deleted", session_id, standing.space if standing else "")
        if standing is not None:
            from rflow.service.local.learning import remove_pointers

            remove_pointers(self, session_id, standing.space)
        removals.finish()

    def plan_import(self, incoming: Incoming) -> Imported:
        """Return what importing a session would do now, and write nothing."""
        from rflow.service.local.importing import plan_import

        return plan_import(self, incoming)

    def import_session(self, incoming: Incoming, *, accept_ownership: bool = False) -> Imported:
        """Store a session that was read from a file; one that is here with the same beginning is extended."""
        from rflow.service.local.importing import import_session

        imported = import_session(self, incoming, accept_ownership=accept_ownership)
        flagged = [event for event in incoming.events if isinstance(event, Event)]
        self._point_to_flags(imported.session, flagged)
        return imported

    def content(self, session_id: str, digest: str) -> bytes:
        """Read the whole content of a piece of evidence."""
        if self.version(session_id) is None:
            raise no_session()
        return self.store.blob(session_id, digest)

    def people(self) -> list[Person]:
        """Return everybody who has acted or received in sessions that the actor may see, by name.

        In a store with accounts, the members of their spaces are among them.
        """
        seen = self.allowed().people(self.actor.spaces)
        from rflow.service.team.receivers import with_members

        return with_members(self.store, self.actor, seen)

    # Trees

    def tree(self, digest: str) -> bytes | None:
        """Return a version of a tree as canonical JSON."""
        return self.allowed().tree_data(digest, self.actor.spaces)

    def trees_in(self, space: str) -> "Trees":
        """Return what reads the versions of trees that a session of `space` may enter: those of its own space.

        Where everybody is a member of every space (a local store), that is any.
        """
        spaces = None if self.actor.roles is None and not self.actor.admin else (space,)

        def read(digest: str) -> "Tree | None":
            if (space, digest) not in self._trees:
                data = self.store.tree_data(digest, spaces)
                self._trees[space, digest] = read_tree(data, digest) if data is not None else None
            return self._trees[space, digest]

        return read

    def tree_names(self, space: str = DEFAULT_SPACE) -> list[TreeName]:
        """List the current versions of the trees of a space."""
        names = self.allowed().tree_names(space) if self.actor.role_in(space) else []
        return [name for name in names if is_tree_name(name)]

    def add_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str | None = None) -> bool:
        """Make a tree the current version of its id."""
        from rflow.service.local.publishing import add_tree

        return add_tree(self, data, space, edited)

    def propose_tree(self, data: bytes, space: str = DEFAULT_SPACE, edited: str = "") -> Proposal:
        """Keep a version of a tree for a lead to accept."""
        from rflow.service.local.publishing import propose_tree

        return propose_tree(self, data, space, edited)

    def proposals(self, space: str = DEFAULT_SPACE) -> list[Proposal]:
        """List what was proposed in a space."""
        from rflow.service.local.publishing import proposals

        return proposals(self, space)

    def decide_proposal(self, digest: str, verdict: Verdict, space: str = DEFAULT_SPACE) -> Proposal:
        """Publish what was proposed, or drop it."""
        from rflow.service.local.publishing import decide_proposal

        return decide_proposal(self, digest, verdict, space)

    def flags(self, tree_id: str, space: str = DEFAULT_SPACE) -> "list[NodeFlag]":
        """List the flags of the current version of a tree."""
        names = self.allowed().tree_names(space) if self.actor.role_in(space) else []
        if not any(name.id.startswith(f"{FLAG}/{tree_id}/") for name in names):
            return []
        from rflow.service.local.learning import flags

        return flags(self, tree_id, space)

    def tree_stats(self, tree_id: str, space: str = DEFAULT_SPACE, since: datetime | None = None) -> "TreeStats":
        """Return the statistics of a tree from the sessions of a space."""
        from rflow.service.local.learning import tree_stats

        return tree_stats(self, tree_id, space, since)

    def hints(self, session_id: str) -> "Hints":
        """Return what other sessions answered where a session stands."""
        from rflow.service.local.learning import hints

        return hints(self, session_id)

    def remove_tree(self, tree_id: str, space: str = DEFAULT_SPACE) -> None:
        """Remove a tree from the list."""
        from rflow.service.local.publishing import remove_tree

        remove_tree(self, tree_id, space)

    # Links

    def create_share(self, wish: "ShareWish") -> "Minted":
        """Create a read-only link to a session."""
        from rflow.service.local.shares import create

        return create(self, self.allowed("share").shares, wish, self._random)

    def shares(
        self, session_id: str | None = None, *, everybody: bool = False, part: Part = WHOLE
    ) -> "list[ShareCount]":
        """List the links of a session, else the actor's, or a part of these."""
        from rflow.service.local.shares import listed

        return listed(self, self.allowed().shares, session_id, part, everybody=everybody)

    def share(self, reference: str) -> "ShareCount":
        """Find the one link whose id begins with `reference`, or whose token it is."""
        from rflow.service.local.shares import find

        return find(self, self.allowed().shares, reference)

    def session_of_link(self, token: str) -> Head:
        """Return the session that the link with this token shows, if the actor may see it."""
        from rflow.service.local.shares import session_of

        return session_of(self, self.allowed().shares, token)

    def share_views(self, share_id: str) -> "Sequence[ShareView]":
        """Return the last views of a link, the newest first."""
        from rflow.service.local.shares import VIEWS_SHOWN, find

        shares = self.allowed().shares
        return shares.views(find(self, shares, share_id).share.id, VIEWS_SHOWN)

    def revoke_share(self, share_id: str) -> "Share":
        """Revoke a link at once."""
        from rflow.service.local.shares import revoke

        return revoke(self, self.allowed("share").shares, share_id)

    def protect_share(self, share_id: str, password: str) -> "Share":
        """Change the password of a link; an empty one removes it."""
        from rflow.service.local.shares import protect

        return protect(self, self.allowed("share").shares, share_id, password)

    # Spaces

    def spaces(self) -> "list[SpaceView]":
        """List the spaces that the actor may see."""
        from rflow.service.team.spaces import visible_spaces

        return visible_spaces(self.allowed(), self.actor)

    def exported(self, session_id: str) -> None:
        """Record that a whole session leaves as a file."""
        from rflow.service.local.auditing import record

        standing = self.standing(session_id)
        if standing is None:
            raise no_session()
        record(self, "session_exported", session_id, standing.space)
