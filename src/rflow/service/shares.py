"""Read-only links: what a member may do with them, and what a reader of one sees."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from rflow.core.session.replay import replay_session
from rflow.core.session.state import Session
from rflow.core.sharing import (
    Share,
    ShareCount,
    ShareView,
    is_token,
    may_revoke,
    state_of,
    token_hash,
    token_of,
)
from rflow.core.summary.brief import shorten_progress
from rflow.core.summary.progress import Progress
from rflow.core.summary.view import View
from rflow.errors import NotAllowed, NotFound, StoreProblem, UsageProblem
from rflow.identity import new_share_id
from rflow.service.summaries import new_view, session_progress
from rflow.service.workspace import Workspace

VIEWS_SHOWN = 50
"""The last views that `share show` lists."""


class Minted(msgspec.Struct, frozen=True, kw_only=True):
    """A new share, with the token that nobody can be told a second time."""

    share: Share
    token: str


class Shares:
    """The links of a workspace's store, seen by its member."""

    def __init__(self, workspace: Workspace, random: Callable[[int], bytes] = os.urandom) -> None:
        self._workspace = workspace
        self._store = workspace.store.shares
        self._random = random

    def create(
        self,
        session: Session,
        *,
        expires_at: datetime | None,
        label: str = "",
        brief: bool = False,
        snapshot: bool = False,
    ) -> Minted:
        """Make a link to `session`; the member's own patterns for secrets go along, whoever renders it later."""
        token = token_of(self._random(32))
        share = Share(
            id=new_share_id(),
            session=session.id,
            hash=token_hash(token),
            ending=token[-4:],
            by=self._workspace.member,
            created_at=self._workspace.now(),
            expires_at=expires_at,
            label=label,
            brief=brief,
            until_seq=session.version if snapshot else None,
            patterns=self._workspace.patterns,
        )
        self._store.add(share)
        return Minted(share=share, token=token)

    def listed(self, session: Session | None = None, *, everybody: bool = False) -> list[ShareCount]:
        """List the links of a session, or this member's: those they made, and those on sessions of theirs."""
        found = self._store.listed(session.id if session else None)
        if session is not None or everybody:
            return found
        return [one for one in found if self._mine(one.share)]

    def _mine(self, share: Share) -> bool:
        return may_revoke(share, self._session(share), self._workspace.member)

    def find(self, reference: str) -> ShareCount:
        """Find the one link whose id begins with `reference`, or whose token it is."""
        if is_token(reference):
            reference = getattr(self._store.by_hash(token_hash(reference)), "id", "")
        wanted = reference.strip().upper()
        found = [one for one in self._store.listed() if wanted and one.share.id.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound("There is no such link in this store.", try_="See what there is: rflow share list --all")
        names = ", ".join(one.share.id for one in found)
        raise UsageProblem(f"That could be more than one link: {names}.", try_="Type one more letter.")

    def views(self, share: Share) -> Sequence[ShareView]:
        """Give the last views of a link, the newest first."""
        return self._store.views(share.id, VIEWS_SHOWN)

    def revoke(self, share: Share) -> Share:
        """End a link at once; one that has been revoked stays as it is."""
        if not may_revoke(share, self._session(share), self._workspace.member):
            raise NotAllowed(
                f"The link {share.id} was made by {share.by.name}, on a session that is not yours.",
                try_=f"Ask {share.by.name}, or the session's owner.",
            )
        if share.revoked_at is not None:
            return share
        ended = msgspec.structs.replace(share, revoked_at=self._workspace.now(), revoked_by=self._workspace.member)
        self._store.replace(ended)
        return ended

    def _session(self, share: Share) -> Session | None:
        try:
            return self._workspace.load(share.session)
        except (NotFound, StoreProblem):
            return None

    # What a reader sees

    def live(self, token: str) -> Share | None:
        """Find the share of a token, if it can be looked at now; what can't be a token asks no store."""
        share = self._store.by_hash(token_hash(token)) if is_token(token) else None
        return share if share is not None and state_of(share, self._workspace.now()) == "live" else None

    def shown(self, share: Share) -> Session:
        """Load the session as the share shows it: a snapshot up to where it was taken."""
        log = self._workspace.history(share.session)
        events = [event for event in log.events if share.until_seq is None or event.seq <= share.until_seq]
        return replay_session(log.id, log.code, events)

    def view(self, share: Share, session: Session) -> View:
        """Return the view of `session` that the share shows: as of its last change, the same for every reader."""
        patterns = dict.fromkeys([*self._workspace.patterns, *share.patterns])
        return msgspec.structs.replace(new_view(self._workspace, as_of=session.updated_at), patterns=tuple(patterns))

    def progress(self, share: Share, session: Session, view: View) -> Progress:
        """Compute the progress of `session` that the share shows."""
        progress = session_progress(self._workspace, session, view)
        return shorten_progress(progress) if share.brief else progress
