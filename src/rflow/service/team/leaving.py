"""Somebody leaves: their account is disabled or erased, and what was theirs goes to somebody else."""

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
from rflow.ports.team import Left, user_view
from rflow.ports.values import Clock, Stale
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.removals import Removals
from rflow.service.sessions import all_heads
from rflow.service.team import erasing
from rflow.service.team.office import accounts_of

if TYPE_CHECKING:
    from rflow.service.team.office import Office

UNASSIGNED = Person(id="@unassigned", name="@unassigned", kind="queue")
"""The queue that open sessions go to where no heir may have them."""
_log = logging.getLogger("rflow")
_ERASED = "#erased-"
"""What the ids of those who were erased begin with."""


def disable(office: "Office", account: Account, heir: str) -> Left:
    """Disable an account; done again, it continues where it was interrupted."""
    to = _heir(office, account, heir)
    credentials = len(office.account_store.credentials(account.id))
    if account.active:
        _store_disabled(office, account)
    links = [_revoke(office, share) for share in _links_of(office, account)]
    moved = dict(_moved(office, account, to))
    user = user_view(office.account_store.account(account.id) or account, office.account_store.roles(account.id))
    return Left(
        user=user,
        credentials=credentials,
        links=len(links),
        sessions={code: heir for code, heir in moved.items() if heir},
        unreadable=[code for code, heir in moved.items() if not heir],
    )


def _store_disabled(office: "Office", account: Account) -> None:
    entry = office.entry("account_disabled", account.id)
    try:
        office.account_store.replace(replace(account, disabled_at=office.now()), account, entry, ends=ENDED)
    except Stale:
        raise UsageProblem(f"Somebody else changed {account.name} just now.", try_="Try again.") from None


def _heir(office: "Office", account: Account, name: str) -> Person:
    """Return who gets the open sessions: a person with an account, or a queue."""
    if not name:
        return UNASSIGNED
    heir = person(clean(name))
    if heir.is_queue and is_named(heir):
        return heir
    known = office.account(name)
    if known.id == account.id or not known.active:
        raise UsageProblem(f"{known.name} can't take these sessions.", try_="Name somebody else, or a queue: @tier2")
    return known.person


def _links_of(office: "Office", account: Account) -> Iterator[Share]:
    for count in office.store.shares.listed():
        if count.share.by.id == account.id and count.share.revoked_at is None:
            yield count.share


def _revoke(office: "Office", share: Share) -> Share:
    ended = replace(share, revoked_at=office.now(), revoked_by=office.actor.person)
    office.store.shares.replace(ended)
    office.account_store.record([office.entry("link_revoked", share.id, share.space)])
    return ended


def _moved(office: "Office", account: Account, heir: Person) -> Iterator[tuple[str, str]]:
    """Move the open sessions to the heir; where the heir is no member of a session's space, to a queue.

    Yields the code of each, and who has it now; "" where it can't be written, because a newer rflow wrote to it. One
    that moves meanwhile is left out: somebody else has taken it.
    """
    workspace = LocalWorkspace(office.store, Actor(person=RFLOW), clock=office.now)
    mine = Query(owner=account.id, status=("open", "handed_off"), limit=50)
    for head in list(all_heads(workspace, mine)):
        to = heir if heir.is_queue or _works_in(office, heir, head.space) else UNASSIGNED
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
    """Give a session that came back to somebody who has left to a queue: a handoff of theirs was not accepted.

    Returns whether it went there. One that somebody has taken over meanwhile stays with them.
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
    """Give to a queue what belongs to somebody who has left, because it came to them later or could not be passed on.

    What fails is logged, and left for the next time.
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


def _works_in(office: "Office", who: Person, space: str) -> bool:
    account = office.account_store.account(who.id)
    role = office.account_store.roles(who.id).get(space)
    return account is not None and (account.admin or role in ("member", "lead"))


def erase(office: "Office", account: Account, heir: str) -> Left:
    """Remove an account, and replace its name in every record of the store."""
    left = disable(office, account, heir)
    to = Person(id=f"{_ERASED}{share_id(office.random(7)).lower()}", name="Former member", kind=account.kind)
    for share in [count.share for count in office.store.shares.listed()]:
        _rename_in_link(office, share, account.id, to)
    removals = Removals()
    rewritten, unreadable = erasing.erase_from_sessions(office.store, account.person, to, removals)
    office.store.outbox.forget(account.id)
    erasing.erase_proposals(office.store, account.id)
    with removals.step():
        office.account_store.erase(account.id, to, office.entry("account_erased", to.id))
    removals.finish()
    return replace(left, rewritten=rewritten, unreadable=sorted({*left.unreadable, *unreadable}))


def _rename_in_link(office: "Office", share: Share, person_id: str, to: Person) -> None:
    renamed = share
    if share.by.id == person_id:
        renamed = replace(renamed, by=to)
    if share.revoked_by is not None and share.revoked_by.id == person_id:
        renamed = replace(renamed, revoked_by=to)
    if renamed != share:
        office.store.shares.replace(renamed)
