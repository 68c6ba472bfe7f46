"""Commands that move sessions between stores as files: export, import."""

from collections import Counter
from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App, label
from rflow.cli.output import echo_bytes
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Overwrite, Reference
from rflow.core.people import Person, person
from rflow.core.session.events import Event
from rflow.core.session.replay import replay
from rflow.core.session.state import OwnershipEntry, Session
from rflow.core.text import enumerated, one_line, shorten
from rflow.errors import NotAllowed, UsageProblem
from rflow.service.sessions import export_session, load_session

if TYPE_CHECKING:
    from rflow.ports.values import Imported, Incoming

_SHOWN = 5
ACCEPT = "--accept-ownership"
app = Group()


@app.command()
def export(
    run: App,
    reference: Reference = None,
    output: Annotated[str | None, Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
    overwrite: Overwrite = False,
    no_evidence: Annotated[bool, Option("--no-evidence", help="Leave out the contents of evidence.")] = False,
) -> None:
    """Write a session as JSON Lines, unredacted, to import it elsewhere."""
    from rflow.cli.sources import confirm_overwrite, write_output

    session = run.session(reference)
    confirm_overwrite(run, output, overwrite=overwrite)
    data = b"".join(export_session(run.workspace, session, evidence=not no_evidence))
    if output is None:
        echo_bytes(data)
        return
    write_output(output, data, private=True)
    run.report_written(session, f"written to {output}, unredacted.")
    run.say(f"To import it elsewhere: rflow import {quote(output)}")


@app.command("import")
def import_(
    run: App,
    file: Annotated[str, Argument(metavar="FILE|-", help="An export, or a plain JSON document of a session.")],
    accept_ownership: Annotated[
        bool, Option(ACCEPT, help="Allow it to change the owner or status of a session that is here.")
    ] = False,
    as_mine: Annotated[
        bool, Option("--as-mine", help="It was mine on my laptop: keep everybody else as an unverified name.")
    ] = False,
    space: Annotated[str, Option(metavar="NAME", help="Of --as-mine: the space to put it in.")] = "",
) -> None:
    """Import an exported session, or another tool's document.

    If the session is in this store already, its new entries are added. With --as-mine it is yours here: what you wrote
    under your own name (--user) stays yours, and others are marked as imported.
    """
    from rflow.cli.display.bar import progress_bar
    from rflow.cli.sources import name_of, read_input
    from rflow.service.interchange import read_session

    data = read_input(file)
    with progress_bar("Reading") as report:
        read = read_session(data, name_of(file), run.me, run.workspace.now(), report)
    incoming = _mine(run, read.incoming, space) if as_mine else read.incoming
    if space and not as_mine:
        raise UsageProblem("--space belongs to --as-mine.", try_="rflow import FILE --as-mine --space NAME")
    if not accept_ownership:
        accept_ownership = _ask(run, run.workspace.plan_import(incoming))
    done = run.workspace.import_session(incoming, accept_ownership=accept_ownership)
    session = load_session(run.workspace, done.session)
    if as_mine:
        session = _taken(run, session)
    run.report_written(session, _result(run, session, done))
    handed = session.pending is not None and session.owner.id == run.me.id
    to, command = ("accept it", "accept") if handed else ("continue", "resume")
    to, command = ("read it", "show") if session.status == "closed" else (to, command)
    run.say(f"To {to}: rflow {command} {session.code}")


def _mine(run: App, incoming: "Incoming", space: str) -> "Incoming":
    """Return a session from the user's own laptop for import: all other people become unverified names."""
    from msgspec.structs import replace

    from rflow.core.session.authors import as_mine
    from rflow.core.session.events import SessionStarted
    from rflow.core.spaces import DEFAULT_SPACE
    from rflow.service.sessions import space_named

    where = space_named(run.workspace, run.text(space)).id if space else DEFAULT_SPACE
    own = person(run.settings["user.name"].text).id
    begin, *others = as_mine(incoming.events, run.me, own)
    if isinstance(begin, Event) and isinstance(begin.fact, SessionStarted):
        begin = replace(begin, fact=replace(begin.fact, space=where))
    return replace(incoming, events=(begin, *others))


def _taken(run: App, session: Session) -> Session:
    """Take over an imported session if it is open and somebody else owns it."""
    if session.status == "closed" or session.owner.id == run.me.id:
        return session
    from rflow.core.session.commands import TakeOver

    return run.send(session, TakeOver(reason="Imported from a file", seen=session.version)).session


def _ask(run: App, planned: "Imported") -> bool:
    """Ask whether an import may change owner or status; False if it does not. Raises without a terminal."""
    if not planned.ownership:
        return False
    here = load_session(run.workspace, planned.session)
    changes = ownership_changes(replay(planned.events, here), planned.ownership, run.me)
    if not run.can_ask:
        raise NotAllowed(
            f"Nothing was imported, because the file changes the owner or status of {here.code}, which is here "
            f"already: {changes}.",
            try_=f"If that is right, repeat the command with {ACCEPT}.",
        )
    what = f"The file adds {authors(planned.events, run.me)} to {label(here)}, and changes its owner or status: "
    run.confirm(f"{what}{changes}. Import it?", ACCEPT)
    return True


def _result(run: App, session: Session, done: "Imported") -> str:
    """Report what was imported, and who owns it."""
    mine = session.owner.id == run.me.id
    whose = "It is yours." if mine else f"It belongs to {_name(session.owner, run.me)}."
    if mine and session.pending:
        whose = f"{one_line(session.pending.sender.name)} hands it to you."
    match done.outcome:
        case "new":
            return f"imported. {whose}"
        case "diverged":
            return f"imported as a new session, because it continued differently here. {whose}"
        case "extended":
            return f"added {authors(done.events, run.me)}. {whose}"
        case "unchanged":
            return "here already, nothing new."


def authors(events: Sequence[Event], me: Person) -> str:
    """Return how many entries each person added, such as "4 entries by Sam Okafor and 1 by you"."""
    names = {event.by.id: _name(event.by, me) for event in events}
    counts = Counter(event.by.id for event in events).most_common()
    (first, most), *others = [(names[author], count) for author, count in counts]
    parts = [f"{most} {'entry' if most == 1 else 'entries'} by {first}", *(f"{n} by {who}" for who, n in others)]
    return enumerated(parts)


def ownership_changes(after: Session, changes: Sequence[Event], me: Person) -> str:
    """Return changes of owner and status as text, such as "handed off to you by Sam Okafor (entry 12)"."""
    numbers = {event.seq for event in changes}
    entries = [entry for entry in after.ownership if entry.seq in numbers]
    texts = [_change(entry, me) for entry in entries[-_SHOWN:]]
    left_out = len(entries) - len(texts)
    return "; ".join([*([f"{left_out} earlier changes"] if left_out else []), *texts])


def _name(somebody: Person, me: Person) -> str:
    """Return the name of a person in a file, with their id if it differs from that of the name."""
    if somebody.id == me.id:
        return "you"
    name, own_id = shorten(somebody.name, 40), shorten(somebody.id, 40)
    name = f'"{name}"' if not name or name.casefold() == "you" else name
    return name if person(somebody.name).id == somebody.id else f"{name} (id {own_id})"


def _change(entry: OwnershipEntry, me: Person) -> str:
    to = f"to {_name(entry.to, me)}" if entry.to else ""
    if entry.to:
        to = f" {to}" if entry.word in ("handed off", "reassigned") else f" (back {to})"
    return f"{entry.word}{to} by {_name(entry.by, me)} (entry {entry.seq})"
