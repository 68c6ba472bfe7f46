"""People who leave: disabling or erasing their account, and passing their sessions on to somebody else."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.core.accounts import ENDED, Account
from rflow.core.actors import Actor
from rflow.core.people import RFLOW, Person, is_named, person
from rflow.core.session.commands import Reassign
from rflow.core.session.head import Query
from rflow.core.sharing import Share
from rflow.core.text import clean
from rflow.errors import NotAllowed, NotFound, RflowError, SessionMoved, UsageProblem
from rflow.identity import share_id
from rflow.ports.stores import Store
from rflow.ports.team import OffboardingResult, user_view
from rflow.ports.values import Clock, Stale
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.removals import Removals
from rflow.service.sessions import all_heads
from rflow.service.team import erasing
from rflow.service.team.team_service import accounts_of

if TYPE_CHECKING:
    from rflow.service.team.team_service import TeamService

UNASSIGNED = Person(id="@unassigned", name="@unassigned", kind="queue")
"""The queue for open sessions that no successor may have."""
_log = logging.getLogger("rflow")
_ERASED = "#erased-"
"""The prefix of ids that stand for erased people."""


def disable(service: "TeamService", account: Account, successor: str) -> OffboardingResult:
    """Disable an account. If this was interrupted, calling it again completes it."""
    to = _successor(service, account, successor)
    credentials = len(service.account_store.credentials(account.id))
    if account.active:
        _store_disabled(service, account)
    links = [_revoke(service, share) for share in _links_of(service, account)]
    moved = dict(_move_sessions(service, account, to))
    user = user_view(service.account_store.account(account.id) or account, service.account_store.roles(account.id))
    return OffboardingResult(
        user=user,
        credentials=credentials,
        links=len(links),
        sessions={code: successor for code, successor in moved.items() if successor},
        unreadable=[code for code, successor in moved.items() if not successor],
    )


def _store_disabled(service: "TeamService", account: Account) -> None:
    entry = service.entry("account_disabled", account.id)
    try:
        service.account_store.replace(replace(account, disabled_at=service.now()), account, entry, ends=ENDED)
    except Stale:
        raise UsageProblem(f"Somebody else changed {account.name} just now.", try_="Try again.") from None


def _successor(service: "TeamService", account: Account, name: str) -> Person:
    """Return the person with an account, or the queue, that gets the open sessions."""
    if not name:
        return UNASSIGNED
    successor = person(clean(name))
    if successor.is_queue and is_named(successor):
        return successor
    known = service.account(name)
    if known.id == account.id or not known.active:
        raise UsageProblem(f"{known.name} can't take these sessions.", try_="Name somebody else, or a queue: @tier2")
    return known.person


def _links_of(service: "TeamService", account: Account) -> Iterator[Share]:
    for count in service.store.shares.listed():
        if count.share.by.id == account.id and count.share.revoked_at is None:
            yield count.share


def _revoke(service: "TeamService", share: Share) -> Share:
    ended = replace(share, revoked_at=service.now(), revoked_by=service.actor.person)
    service.store.shares.replace(ended)
    service.account_store.record([service.entry("link_revoked", share.id, share.space)])
    return ended


def _move_sessions(service: "TeamService", account: Account, successor: Person) -> Iterator[tuple[str, str]]:
    """Reassign the open sessions to `successor`, or to a queue if the successor is not a member of the session's space.

    Yields the code of each session and the name of its new owner; "" if this version can't write to it, because a
    newer rflow has. Sessions that somebody else takes over in the meantime are left out.
    """
    workspace = LocalWorkspace(service.store, Actor(person=RFLOW), clock=service.now)
    mine = Query(owner=account.id, status=("open", "handed_off"), limit=50)
    for head in list(all_heads(workspace, mine)):
        to = successor if successor.is_queue or _works_in(service, successor, head.space) else UNASSIGNED
        try:
            workspace.send(head.id, _reassign(to, account.name, head.version))
        except (NotFound, SessionMoved):  # deleted or taken over meanwhile
            continue
        except NotAllowed:
            yield head.code, ""
        else:
            yield head.code, to.name


def _reassign(to: Person, left: str, seen: int) -> Reassign:
    return Reassign(to=to, reason=f"The account of {left} was disabled", seen=seen)


def pass_on(store: Store, session_id: str, clock: Clock) -> bool:
    """Move a session to a queue if its owner has left, for example because their handoff was not accepted.

    Returns whether it was moved. It is not if somebody has taken it over in the meantime.
    """
    accounts = accounts_of(store)
    session = store.latest(session_id).session
    owner = session.owner
    account = accounts.account(owner.id) if accounts is not None else None
    has_left = owner.id.startswith(_ERASED) or (account is not None and not account.active)
    if session.status == "closed" or not has_left:
        return False
    workspace = LocalWorkspace(store, Actor(person=RFLOW), clock=clock)
    try:
        workspace.send(session_id, _reassign(UNASSIGNED, owner.name, session.version))
    except SessionMoved:
        return False
    return True


def pass_on_all(store: Store, clock: Clock) -> None:
    """Move all sessions of people who have left to a queue: some came to them later or could not be moved before.

    Failures are logged, and tried again the next time.
    """
    gone = {account.id for account in store.accounts.accounts() if not account.active}
    gone |= {somebody.id for somebody in store.people() if somebody.id.startswith(_ERASED)}
    workspace = LocalWorkspace(store, Actor(person=RFLOW), clock=clock)
    for owner in gone:
        for head in list(all_heads(workspace, Query(owner=owner, status=("open", "handed_off"), limit=50))):
            facts = {"session": head.id, "code": head.code}
            try:
                if pass_on(store, head.id, clock):
                    _log.info("a session of somebody who has left waits in a queue", extra={"facts": facts})
            except RflowError as error:
                why = {"why": error.what}
                _log.warning("a session of somebody who has left could not be passed on", extra={"facts": facts | why})


def _works_in(service: "TeamService", who: Person, space: str) -> bool:
    account = service.account_store.account(who.id)
    role = service.account_store.roles(who.id).get(space)
    return account is not None and (account.admin or role in ("member", "lead"))


def erase(service: "TeamService", account: Account, successor: str) -> OffboardingResult:
    """Remove an account, and replace its name in every record of the store."""
    left = disable(service, account, successor)
    to = Person(id=f"{_ERASED}{share_id(service.random(7)).lower()}", name="Former member", kind=account.kind)
    for share in [count.share for count in service.store.shares.listed()]:
        _rename_in_link(service, share, account.id, to)
    removals = Removals()
    rewritten, unreadable = erasing.erase_from_sessions(service.store, account.person, to, removals)
    service.store.outbox.forget(account.id)
    erasing.erase_proposals(service.store, account.id)
    with removals.step():
        service.account_store.erase(account.id, to, service.entry("account_erased", to.id))
    removals.finish()
    return replace(left, rewritten=rewritten, unreadable=sorted({*left.unreadable, *unreadable}))


def _rename_in_link(service: "TeamService", share: Share, person_id: str, to: Person) -> None:
    renamed = share
    if share.by.id == person_id:
        renamed = replace(renamed, by=to)
    if share.revoked_by is not None and share.revoked_by.id == person_id:
        renamed = replace(renamed, revoked_by=to)
    if renamed != share:
        service.store.shares.replace(renamed)
