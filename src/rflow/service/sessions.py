"""Working with sessions over any workspace: states, commands, people, evidence, exports."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from rflow.core.people import Person, is_named, person
from rflow.core.session.events import Brief, Event
from rflow.core.session.head import Head, Query
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.text import clean, shorten
from rflow.errors import NotFound, UsageProblem
from rflow.ports.values import Sent

if TYPE_CHECKING:
    from rflow.core.session.commands import Command, Start
    from rflow.core.tree.model import Tree
    from rflow.ports.team import SpaceView
    from rflow.ports.workspace import Workspace


_LISTED = 10
"""So many sessions with the same ticket are listed."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: the session after it, and what `Sent` says about it."""

    session: Session
    events: tuple[Event, ...]
    entry: int
    steered: int = 0


def find_session(workspace: "Workspace", reference: str) -> Session:
    """Load the one session whose code or id begins with `reference`."""
    return load_session(workspace, workspace.find(reference).id)


def session_named(workspace: "Workspace", reference: str) -> Session:
    """Load the one session whose code or id begins with `reference`, else the one that has this ticket."""
    if workspace.about.kind == "server" and fits_address(reference):
        return load_session(workspace, reference)  # the server finds it: one request
    return load_session(workspace, head_named(workspace, reference).id)


def fits_address(reference: str) -> bool:
    """Whether what names a session can be a part of an address at a server: a ticket may have a slash."""
    return "/" not in reference and bool(reference.strip(". "))


def head_named(workspace: "Workspace", reference: str) -> Head:
    """Return the one session whose code or id begins with `reference`, else the one that has this ticket."""
    try:
        return workspace.find(reference)
    except NotFound:
        heads = workspace.heads(Query(ticket=reference.strip(), limit=_LISTED)).heads if reference.strip() else ()
        if not heads:
            raise
    if len(heads) == 1:
        return heads[0]
    from rflow.core.text import listing

    states = [(head.code, f"{shorten(head.title, 50)} ({head.status.replace('_', ' ')})") for head in heads]
    raise UsageProblem(
        listing(f"Several sessions have the ticket {clean(reference.strip())}:", states), try_="Name one by its code."
    )


def heads_with(workspace: "Workspace", query: Query, words: Sequence[str]) -> Iterator[Head]:
    """Yield the sessions of a query that have all of the words in title, customer or ticket."""
    wanted = [word.casefold() for word in words]
    for head in all_heads(workspace, query):
        text = "\n".join((head.title, head.customer, head.ticket)).casefold()
        if all(word in text for word in wanted):
            yield head


def load_session(workspace: "Workspace", session_id: str) -> Session:
    """Load a session by its whole id."""
    return workspace.latest(session_id).session


def send(
    workspace: "Workspace", session: Session, command: "Command", contents: Mapping[str, bytes] | None = None
) -> Outcome:
    """Carry out `command` on `session`, of which this is the state that the sender has."""
    sent = workspace.send(session.id, command, contents, session.version)
    return Outcome(session=_after(workspace, session, sent), events=sent.events, entry=sent.entry, steered=sent.steered)


def _after(workspace: "Workspace", session: Session, sent: Sent) -> Session:
    if sent.reload:
        return load_session(workspace, sent.session)
    if not session.version:  # the sender had only a name
        session = Session(id=sent.session, code=sent.code)
    return replay(sent.tail, session)


def start_session(
    workspace: "Workspace",
    title: str,
    brief: Brief,
    tree: "Tree | None",
    command_id: str = "",
    space: str | None = None,
) -> Session:
    """Start a session, in `tree` from its start or free, and return its state."""
    return started(workspace, start_command(title, brief, tree, command_id, space))


def start_command(
    title: str, brief: Brief, tree: "Tree | None", command_id: str = "", space: str | None = None
) -> "Start":
    """Return the command that starts a session, in `tree` from its start or free."""
    from rflow.core.session.commands import Start
    from rflow.core.tree.model import digest

    wanted = digest(tree) if tree else ""
    command = Start(title=title or (tree.title if tree else ""), brief=brief, tree=wanted, command_id=command_id)
    return command if space is None else replace(command, space=space)


def started(workspace: "Workspace", command: "Start") -> Session:
    """Start a session, and return its state."""
    sent = workspace.start(command)
    return replay(sent.tail, Session(id=sent.session, code=sent.code))


def all_heads(workspace: "Workspace", query: Query) -> Iterator[Head]:
    """Yield all sessions that match, page after page."""
    while True:
        page = workspace.heads(query)
        yield from page.heads
        if page.after is None:
            return
        query = replace(query, after=page.after)


def version_at(workspace: "Workspace", session: Session, at: datetime) -> int:
    """Return the version that `session` had at a time."""
    events = workspace.load(session.id).events
    return max((event.seq for event in events if isinstance(event, Event) and event.at <= at), default=0)


def evidence_content(workspace: "Workspace", session: Session, seq: int) -> bytes:
    """Read the whole content of the evidence of event `seq`."""
    piece = session.evidence.get(seq)
    if piece is None:
        known = ", ".join(map(str, session.evidence)) or "none yet"
        raise UsageProblem(f"Entry {seq} is not evidence.", try_=f"Evidence of {session.code}: {known}.")
    if not piece.what.digest:
        raise NotFound(
            f"The content of evidence {seq} was removed.", try_=f"What is left of it: rflow show {session.code}"
        )
    return workspace.content(session.id, piece.what.digest)


def space_named(workspace: "Workspace", name: str) -> "SpaceView":
    """Return the space of that name, if the actor may see it; raise `NotFound` with the nearest that they may see."""
    wanted = person(clean(name)).id
    spaces = {space.id: space for space in workspace.spaces()}
    if wanted in spaces:
        return spaces[wanted]
    from difflib import get_close_matches

    close = get_close_matches(wanted, spaces, n=1)
    hint = f'Did you mean "{spaces[close[0]].name}"?' if close else "See which there are: rflow space list"
    raise NotFound(f'There is no space "{name}".', try_=hint)


def receiver(workspace: "Workspace", name: str, *, new: bool = False) -> tuple[Person, bool]:
    """Return the person or queue called `name`, and whether the store knows them.

    An unknown name that is similar to a known one is refused, unless `new` is set. A server checks names itself, so
    there every other unknown name counts as known.
    """
    wanted = person(clean(name))
    if not is_named(wanted):
        raise UsageProblem("To whom? The name is empty.", try_="Name a person, or a queue such as @tier2.")
    known = {somebody.id: somebody for somebody in [*workspace.people(), workspace.actor.person]}
    if wanted.id in known:
        return known[wanted.id], True
    from difflib import get_close_matches

    swapped = [key for key in known if sorted(key) == sorted(wanted.id)]  # "sma": too short to be close to "sam"
    close = [known[key].name for key in swapped or get_close_matches(wanted.id, known, n=3, cutoff=0.7)]
    if workspace.about.kind == "server" and not wanted.is_queue:
        if close and not new:
            raise NotFound(f'"{wanted.name}" is no member here.', try_=f"Did you mean {' or '.join(close)}?")
        return wanted, True
    if close and not new:
        raise UsageProblem(
            f'"{wanted.name}" does not appear in this store.',
            try_=f"Did you mean {' or '.join(close)}? If it is somebody new, add --new-user.",
        )
    return wanted, False


def export_session(workspace: "Workspace", session: Session, *, evidence: bool = True) -> Iterator[bytes]:
    """Yield the lines of an export of `session`, with its trees and, if wanted, the contents of its evidence."""
    from rflow.service.interchange import export_lines

    workspace.exported(session.id)
    log = workspace.load(session.id)
    trees = [data for digest in session.trees if (data := workspace.tree(digest)) is not None]
    digests = {piece.what.digest for piece in session.evidence.values() if piece.what.digest} if evidence else set()
    contents = ((digest, workspace.content(session.id, digest)) for digest in sorted(digests))
    return export_lines(log, trees, contents, len(digests))
