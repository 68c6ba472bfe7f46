"""What readers of links see: they have no account and are no actor, only the token of a link."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from rflow.core.session.replay import replay_session
from rflow.core.session.state import Session
from rflow.core.sharing import Need, Share, ShareView, needs, opens, works
from rflow.core.space_policy import Policy
from rflow.core.summary.budget.arrange import sections_only
from rflow.core.summary.budget.view import Extent, View, Zone
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import summarise
from rflow.core.summary.units.phrases import header_line
from rflow.core.tokens import is_token, token_hash
from rflow.core.tree.model import Tree
from rflow.ports.stores import Closing, Networked, Store
from rflow.ports.values import Clock
from rflow.service.team.team_service import accounts_of, policy_of
from rflow.stores.derived import readable_trees

if TYPE_CHECKING:
    from rflow.service.team.links import ProtectedLinks

_JUST_AFTER, _DAY = timedelta(seconds=1), timedelta(days=1)


class Shared(NamedTuple):
    """A session as a link shows it, and when it has to be shown anew though nothing was added; None for a snapshot."""

    session: Session
    progress: Progress
    stale_at: datetime | None


class SharedSessions:
    """The sessions that a store's links show; `patterns` are the server's patterns for secrets."""

    def __init__(self, store: Store, *, clock: Clock, zone: Zone, patterns: Sequence[str] = ()) -> None:
        self._store = store.scoped(())  # a link is found by its hash, and shows only its own space
        self._whole = store
        self.zone = zone
        self.patterns = tuple(patterns)
        self.now = clock

    @property
    def url(self) -> str:
        """The URL of the store."""
        return self._store.url

    @property
    def is_remote(self) -> bool:
        """Whether every access goes over a network, even reading the stamp."""
        return self._store.shared

    @property
    def has_accounts(self) -> bool:
        """Whether the store has any accounts, so that people can sign in."""
        accounts = accounts_of(self._whole)
        return accounts is not None and accounts.exist()

    def stamp(self) -> int | None:
        """Return a number that changes whenever somebody else has written to the store; None if there is none."""
        return self._store.stamp()

    def listen(self, on_change: Callable[[str], None]) -> Closing | None:
        """Call `on_change` in a thread with the id of each session that changes ("" if any may have), until closed.

        Return None if the store does not report changes.
        """
        return self._whole.listen(on_change) if isinstance(self._whole, Networked) else None

    def advice(self, connections: int) -> list[str]:
        """Return what the operator of a server with this many connections to the store should know."""
        return self._whole.advice(connections) if isinstance(self._whole, Networked) else []

    def live(self, token: str) -> Share | None:
        """Return the share of a token if it can be opened now without a password or signing in."""
        share = self._share(token)
        return share if share is not None and opens(share, self.now(), self._policy(share)) else None

    def working(self, token: str) -> "tuple[Share, frozenset[Need]] | None":
        """Return the share of a token if it works now, with what readers must do to open it."""
        share = self._share(token)
        policy = self._policy(share) if share is not None else Policy()
        return (share, needs(share, policy)) if share is not None and works(share, self.now(), policy) else None

    def opened(self, token: str, opened: str, session: str) -> Share | None:
        """Return the share of a token if this reader has opened it; `session` is their web session's token."""
        working = self.working(token)
        if working is None or ("sign_in" in working[1] and not self.is_signed_in(session)):
            return None
        share, needs = working
        return share if needs <= {"sign_in"} or self.protected.is_open(share, opened) else None

    def is_signed_in(self, session: str) -> bool:
        """Whether this is the token of a valid web session."""
        from rflow.service.team.sign_in import SignIn

        return is_token(session, "session") and SignIn(self._whole, clock=self.now).watching(session) is not None

    @property
    def protected(self) -> "ProtectedLinks":
        """The service that opens links with a password or a limited number of views."""
        from rflow.service.team.links import ProtectedLinks

        return ProtectedLinks(self._whole, clock=self.now)

    def _share(self, token: str) -> Share | None:
        return self._store.shares.by_hash(token_hash(token)) if is_token(token) else None

    def _of(self, share: Share) -> Store:
        """Return the store restricted to the space of a link."""
        return self._store.scoped((share.space,))

    def _policy(self, share: Share) -> Policy:
        return policy_of(self._of(share), share.space)

    def check_readable(self) -> None:
        """Raise `StoreProblem` if the store can't be read."""
        self._store.standing("")

    def revision(self, share: Share) -> str | None:
        """Return a text that changes whenever a link's session does; None if the session is gone."""
        standing = self._of(share).standing(share.session)
        return standing.revision if standing else None

    def all_live(self, tokens: Sequence[str]) -> dict[str, tuple[Share, str]]:
        """Look up several links at once: those that can be opened now, with the revisions of their sessions."""
        if not isinstance(self._whole, Networked):
            each = ((token, self.live(token)) for token in tokens)
            live = {token: (share, self.revision(share)) for token, share in each if share is not None}
            return {token: (share, revision) for token, (share, revision) in live.items() if revision is not None}
        names = {token_hash(token): token for token in tokens if is_token(token)}
        found = self._whole.watched(list(names))
        policies = {space: policy_of(self._whole, space) for space in {share.space for share, _ in found.values()}}
        return {
            names[name]: (share, standing.revision)
            for name, (share, standing) in found.items()
            if opens(share, self.now(), policies[share.space])
        }

    def progress(self, share: Share, extent: Extent, *, brief: bool = False) -> Shared:
        """Return the session as a share shows it (a snapshot ends at its last event), and its progress.

        With `brief`, return the brief form even of a whole link. Raises `NotFound` if the session is gone. The progress
        is the same for every reader until `stale_at`.
        """
        store = self._of(share)
        log = store.load(share.session)
        events = [event for event in log.events if share.until_seq is None or event.seq <= share.until_seq]
        session = replay_session(log.id, log.code, events)
        changed_at = session.updated_at or self.now()
        as_of, stale_at = (changed_at, None) if share.until_seq is not None else self._as_of(session, changed_at)
        patterns = tuple(dict.fromkeys([*self.patterns, *share.patterns]))
        brief = brief or share.brief
        view = View(as_of=as_of, zone=self.zone, patterns=patterns, extent=extent, brief=brief)
        progress = summarise(session, _trees(store, session), view, tree_changed=_tree_changed(store, session))
        progress = replace(progress, header=header_line(as_of_last_change(progress)))
        return Shared(session, sections_only(progress) if brief else progress, stale_at)

    def _as_of(self, session: Session, changed_at: datetime) -> tuple[datetime, datetime]:
        """Return the time as of which a session is shown now, and from when on it is another.

        A summary says of a wait that it is overdue, and of a time its day unless that is today. So it is as of the last
        change, or the midnight or the end of a wait that has passed since.
        """
        now = self.now()
        midnight = self.zone(now).replace(hour=0, minute=0, second=0, microsecond=0)
        ends = (
            [wait.until + _JUST_AFTER for wait in session.waiting if wait.until] if session.status != "closed" else []
        )
        passed = [at for at in (midnight, *ends) if at <= now]
        return max([changed_at, *passed]), min([midnight + _DAY, *(at for at in ends if at > now)])

    def record(self, views: Mapping[str, Sequence[ShareView]]) -> None:
        """Record views of shares, by share id."""
        self._whole.shares.record(views)

    def close(self) -> None:
        """Close the store."""
        self._store.close()


def as_of_last_change(progress: Progress) -> Progress:
    """Return a progress that has the time of the last change, as the header of a link has, not that of its computation.

    Its texts stay as they are: to say on which day something was, they need the time of the computation.
    """
    head = progress.session
    at, elapsed = head.changed_at or head.as_of, head.elapsed
    if head.started_at and head.status != "closed":
        elapsed = max((at - head.started_at).total_seconds(), 0.0)
    return replace(progress, session=replace(head, as_of=at, elapsed=elapsed))


def _trees(store: Store, session: Session) -> dict[str, Tree]:
    return readable_trees({digest: store.tree_data(digest, (session.space,)) for digest in session.trees})


def _tree_changed(store: Store, session: Session) -> bool | None:
    if session.tree is None:
        return None
    current = store.tree_digest(session.tree.id, session.space)
    return None if current is None else current != session.tree.digest
