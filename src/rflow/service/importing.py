"""Imports a session that was read from a file: as a new session, or by adding entries to the session that is here."""

from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec

from rflow.core.people import Person
from rflow.core.session.events import OWNERSHIP, Event
from rflow.core.session.replay import replay, replay_session
from rflow.core.session.state import OwnershipEntry, Session
from rflow.core.text import one_line, shorten
from rflow.errors import BadInput, NotAllowed, NotFound
from rflow.ports import Log, Stale
from rflow.service.sending import ATTEMPTS, busy

if TYPE_CHECKING:
    from rflow.service.interchange import Read
    from rflow.service.workspace import Workspace

_SHOWN = 5


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """What an import does, or did: `session` is the state after it, `added` the entries that extend a session here.

    `diverged` is a session that continued differently here, so that the file becomes another one.
    """

    outcome: Literal["new", "diverged", "extended", "unchanged"]
    session: Session
    added: tuple[Event, ...] = ()

    @property
    def ownership(self) -> list[OwnershipEntry]:
        """The added entries that change who owns the session, or whether it is open."""
        changes = {event.seq for event in self.added if isinstance(event.fact, OWNERSHIP)}
        return [entry for entry in self.session.ownership if entry.seq in changes]

    def authors(self, member: Person) -> str:
        """Return how many entries are added by whom, such as "4 entries by Sam Okafor and 1 by you"."""
        names = {event.by.id: _name(event.by, member) for event in self.added}
        counts = Counter(event.by.id for event in self.added).most_common()
        (first, most), *others = [(names[author], count) for author, count in counts]
        parts = [f"{most} {'entry' if most == 1 else 'entries'} by {first}", *(f"{n} by {who}" for who, n in others)]
        return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)

    def ownership_changes(self, member: Person) -> str:
        """Return the changes of owner and status as text, such as "handed off to you by Sam Okafor (entry 12)"."""
        entries = self.ownership
        texts = [_change(entry, member) for entry in entries[-_SHOWN:]]
        left_out = len(entries) - len(texts)
        return "; ".join([*([f"{left_out} earlier changes"] if left_out else []), *texts])


def _name(person: Person, member: Person) -> str:
    return "you" if person.id == member.id else shorten(one_line(person.name), 40)


def _change(entry: OwnershipEntry, member: Person) -> str:
    to = ""
    if entry.to:
        to = f" to {_name(entry.to, member)}" if entry.word == "handed off" else f" (back to {_name(entry.to, member)})"
    return f"{entry.word}{to} by {_name(entry.by, member)} (entry {entry.seq})"


def plan_import(workspace: "Workspace", read: "Read") -> Import:
    """Return what importing `read` would do now; raise `BadInput` if some of its entries can't be read."""
    events = _readable(read)
    log = _here(workspace, read.session.id)
    if log is None:
        return Import(outcome="new", session=read.session)
    known = list(log.events)
    common = min(len(known), len(events))
    if known[:common] != events[:common]:
        return Import(outcome="diverged", session=read.session)
    here = replay_session(log.id, log.code, known)
    if len(events) <= len(known):
        return Import(outcome="unchanged", session=here)
    added = events[common:]
    return Import(outcome="extended", session=replay(added, here), added=tuple(added))


def _here(workspace: "Workspace", session_id: str) -> Log | None:
    """Read the session that is here; a plain document has no id."""
    try:
        return workspace.store.load(session_id) if session_id else None
    except NotFound:
        return None


def import_session(workspace: "Workspace", read: "Read", *, accept_ownership: bool) -> Import:
    """Import `read`; raise `NotAllowed` if that needs `accept_ownership`, because a session here changes its owner."""
    for _ in range(ATTEMPTS):
        planned = plan_import(workspace, read)
        if planned.ownership and not accept_ownership:
            raise _refusal(planned, workspace.member)
        for tree in read.trees.values():
            workspace.store.put_tree(tree)
        try:
            return _store(workspace, read, planned)
        except Stale:
            continue
    raise busy(read.session)


def _refusal(planned: Import, member: Person) -> NotAllowed:
    return NotAllowed(
        f"Nothing was imported, because the file changes the owner or status of {planned.session.code}, which is here "
        f"already: {planned.ownership_changes(member)}.",
        try_="If that is right, repeat the command with --accept-ownership.",
    )


def _readable(read: "Read") -> list[Event]:
    events = [event for event in read.events if isinstance(event, Event)]
    if len(events) < len(read.events):
        raise BadInput("Some of its entries can't be read.", try_="Upgrade rflow, or export the session again.")
    return events


def _store(workspace: "Workspace", read: "Read", planned: Import) -> Import:
    """Write what was planned; raise `Stale` if the session has changed since."""
    if planned.outcome == "extended":
        expected = planned.added[0].seq - 1
        workspace.store.append(planned.session, planned.added, expected, read.blobs)
    elif planned.outcome != "unchanged":
        own_id = read.session.id if planned.outcome == "new" else ""
        session = workspace.create(own_id, _readable(read), [], read.blobs, code=read.session.code)
        return msgspec.structs.replace(planned, session=session)
    return planned
