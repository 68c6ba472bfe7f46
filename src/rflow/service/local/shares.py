"""Read-only links as members of a space use them: creating, listing, finding and revoking them."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.core.session.head import Query
from rflow.core.sharing import Minted, Share, ShareCount, ShareWish, may_revoke, needs, works
from rflow.core.space_policy import Policy, check_link
from rflow.core.tokens import is_token, token_hash, token_of
from rflow.errors import NotAllowed, NotFound, StoreProblem, UsageProblem
from rflow.identity import share_id
from rflow.ports.paging import Key, Part, collect, link_key
from rflow.service.local.auditing import record
from rflow.service.sessions import all_heads
from rflow.service.team.links import checked_label, link_password, protection
from rflow.service.team.team_service import policy_of

if TYPE_CHECKING:
    from rflow.core.session.head import Head
    from rflow.ports.stores import ShareStore
    from rflow.service.local.workspace import LocalWorkspace

_FEW, _PAGE = 20, 1000
"""How many sessions are looked up one by one; how many of the actor's own are listed at a time."""
VIEWS_SHOWN = 50
"""How many of the last views `share show` lists."""


def create(workspace: "LocalWorkspace", store: "ShareStore", wish: ShareWish, random: Callable[[int], bytes]) -> Minted:
    """Create a link to a session; it keeps its creator's own patterns for secrets, which apply to every reader."""
    log = workspace.load(wish.session)
    _check_sharing(workspace, log.space)
    policy = policy_of(workspace.store, log.space)
    check_link(policy, wish.expires_at, workspace.now())
    token = token_of(random(32))
    share = Share(
        id=share_id(random(7)),
        session=log.id,
        space=log.space,
        hash=token_hash(token),
        ending=token[-4:],
        by=workspace.actor.person,
        created_at=workspace.now(),
        expires_at=wish.expires_at,
        label=checked_label(wish.label),
        brief=wish.brief,
        until_seq=log.session.version if wish.snapshot else None,
        patterns=wish.patterns,
        **protection(workspace.store, wish),
        audience="signed_in" if policy.links == "signed_in" else wish.audience,
    )
    store.add(share)
    record(workspace, "link_made", share.id, share.space, session=log.id)
    return Minted(share=share, token=token)


def _check_sharing(workspace: "LocalWorkspace", space: str) -> None:
    if workspace.actor.role_in(space) == "reader":
        raise NotAllowed("You may only read here.", try_="Ask a member of this space to share it.")


def listed(
    workspace: "LocalWorkspace", store: "ShareStore", session_id: str | None, part: Part, *, everybody: bool = False
) -> list[ShareCount]:
    """List the links of a session, else the actor's: those they created, and those to sessions of theirs."""
    if session_id is not None and workspace.version(session_id) is None:
        return []
    every = session_id is not None or everybody
    owners = _Owners(workspace)

    def wanted(share: Share) -> bool:
        return workspace.actor.role_in(share.space) is not None and (every or owners.is_mine(share))

    def select(part: Part) -> list[tuple[Key, ShareCount | None]]:
        counts = store.listed(session_id, part)
        return [(link_key(count.share), count if wanted(count.share) else None) for count in counts]

    return collect(select, part)


class _Owners:
    """Whether the actor owns the sessions of links: a few are looked up one by one; for more, theirs are listed."""

    def __init__(self, workspace: "LocalWorkspace") -> None:
        self._workspace = workspace
        self._me = workspace.actor.person.id
        self._known: dict[str, bool] = {}

    @cached_property
    def _mine(self) -> frozenset[str]:
        return frozenset(head.id for head in all_heads(self._workspace, Query(owner=self._me, limit=_PAGE)))

    def is_mine(self, share: Share) -> bool:
        """Whether the actor made a link, or owns its session."""
        if share.by.id == self._me:
            return True
        if len(self._known) >= _FEW and share.session not in self._known:
            return share.session in self._mine
        if share.session not in self._known:
            self._known[share.session] = _owner(self._workspace, share) == self._me
        return self._known[share.session]


def _owner(workspace: "LocalWorkspace", share: Share) -> str | None:
    """Return who owns a link's session; None where that is gone."""
    try:
        standing = workspace.store.standing(share.session)
    except StoreProblem:
        return None
    return standing.owner if standing else None


def find(workspace: "LocalWorkspace", store: "ShareStore", reference: str) -> ShareCount:
    """Find the one link whose id begins with `reference`, or whose token it is."""
    if is_token(reference):
        reference = getattr(store.by_hash(token_hash(reference)), "id", "")
    wanted = reference.strip().upper()
    found = store.find_by_prefix(wanted) if wanted else []
    counts = [count for count in found if workspace.actor.role_in(count.share.space)]
    if len(counts) == 1:
        return counts[0]
    if not counts:
        raise NotFound("There is no such link in this store.", try_="See what there is: rflow share list --all")
    names = ", ".join(count.share.id for count in counts)
    raise UsageProblem(f"That could be more than one link: {names}.", try_="Type one more letter.")


def session_of(workspace: "LocalWorkspace", store: "ShareStore", token: str) -> "Head":
    """Return the session that a link shows, if the actor is a member of its space."""
    share = store.by_hash(token_hash(token)) if is_token(token) else None
    seen = share is not None and workspace.actor.role_in(share.space) is not None
    policy = policy_of(workspace.store, share.space) if share is not None else Policy()
    if share is not None and works(share, workspace.now(), policy):
        if seen:
            return workspace.find(share.session)
        sender = "the person who sent it to you" if needs(share, policy) else share.by.name
        raise NotAllowed(
            "The link is there to read; you are no member of the space that its session is in.",
            try_=f"Open it in a browser. To work on the session, ask {sender} or an admin to make you a member.",
        )
    if share is not None and seen and workspace.version(share.session) is not None:
        code = workspace.find(share.session).code
        raise NotFound("This link does not work any longer.", try_=f"You may see its session: rflow resume {code}")
    raise NotFound(
        "This link does not work: it has ended, or it is not copied completely.",
        try_="Ask for a new one, or look for the session: rflow list",
    )


def revoke(workspace: "LocalWorkspace", store: "ShareStore", share_id: str) -> Share:
    """Revoke a link at once; one that was revoked before stays as it is."""
    share = find(workspace, store, share_id).share
    if not may_revoke(share, _owner(workspace, share), workspace.actor):
        raise NotAllowed(
            f"The link {share.id} was made by {share.by.name}, to a session that is not yours.",
            try_=f"Ask {share.by.name}, or the session's owner.",
        )
    if share.revoked_at is not None:
        return share
    ended = replace(share, revoked_at=workspace.now(), revoked_by=workspace.actor.person)
    store.replace(ended)
    record(workspace, "link_revoked", share.id, share.space, session=share.session)
    return ended


def protect(workspace: "LocalWorkspace", store: "ShareStore", share_id: str, password: str) -> Share:
    """Change the password of a link; those who have opened it with the old one must open it again."""
    share = find(workspace, store, share_id).share
    if not may_revoke(share, _owner(workspace, share), workspace.actor):
        raise NotAllowed(
            f"The link {share.id} was made by {share.by.name}.",
            try_=f"Ask {share.by.name}, or create another link.",
        )
    changed = replace(share, password=link_password(workspace.store, password) if password else "")
    store.replace(changed)
    record(workspace, "link_password_set", share.id, share.space, session=share.session)
    return changed
