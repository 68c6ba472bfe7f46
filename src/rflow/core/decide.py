"""The rules: what events a command brings, or why it may not. Pure: the same command, state and time give the same."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

import msgspec

from rflow.core.access import ACCESS, ON_CLOSED, STEERING, Role, roles
from rflow.core.choices import find_choice
from rflow.core.commands import (
    Accept,
    AddEvidence,
    AddNote,
    AddStep,
    AmendNote,
    Back,
    CancelHandoff,
    Choose,
    Close,
    Command,
    Decline,
    Delete,
    Done,
    Enter,
    HandOff,
    MakeChange,
    RecordShared,
    RedactText,
    Reopen,
    RevertChange,
    SetBrief,
    SetWaiting,
    Skip,
    Start,
    TakeOver,
)
from rflow.core.events import (
    ActionDone,
    Brief,
    BriefSet,
    ChangeMade,
    ChangeReverted,
    ChoiceMade,
    Event,
    EvidenceAdded,
    Fact,
    HandedOff,
    HandoffAccepted,
    HandoffCancelled,
    HandoffDeclined,
    NoteAdded,
    NoteAmended,
    Place,
    ProgressShared,
    SessionClosed,
    SessionReopened,
    SessionStarted,
    StepAdded,
    SteppedBack,
    StepSkipped,
    TakenOver,
    TextRedacted,
    TreeEntered,
    TreeRef,
    WaitingSet,
)
from rflow.core.people import Person
from rflow.core.session import Session
from rflow.core.text import clean, one_line, shorten
from rflow.core.tree import Action, End, Node, Tree, digest, exits, kind_of
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem

NOTE_LIMIT = 64 * 1024
LINE_LIMIT = 4 * 1024
TITLE_LIMIT = 200


def decide(session: Session, tree: Tree | None, command: Command, actor: Person, at: datetime) -> list[Event]:
    """Check `command` by `actor` against the rules and give the events it brings.

    `session` is the state it was decided on (a new one has version 0), `tree` the version that the session stands in,
    `at` the time now. Raises `NotAllowed`, `SessionMoved`, `UsageProblem` or `NotFound`.
    """
    _check_readable(session)
    _check_begun(session, command)
    _check_seen(session, command)
    _check_closed(session, command)
    _check_access(session, command, actor)
    facts = [*_acceptance(session, command, actor), *_facts(session, tree, command, actor)]
    moment = _moment(session, at)
    return [
        Event(
            seq=session.version + number,
            at=moment,
            by=actor,
            fact=fact,
            command_id=command.command_id,
            happened_at=_happened_at(command, moment) if isinstance(fact, StepAdded) else None,
        )
        for number, fact in enumerate(facts, 1)
    ]


def _moment(session: Session, at: datetime) -> datetime:
    """Give `at` in UTC to the millisecond, but never before the last event: clocks run backwards, records don't."""
    at = at.astimezone(UTC)
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return max(at, session.updated_at) if session.updated_at else at


def _happened_at(command: Command, moment: datetime) -> datetime | None:
    if not isinstance(command, AddStep) or command.happened_at is None:
        return None
    happened = _utc(command.happened_at)
    if happened > moment:
        raise UsageProblem("That time is still to come.", try_="Give --at the time when you did it.")
    return happened


def _utc(at: datetime) -> datetime:
    """Give a time that somebody wrote in UTC to the millisecond, as all times are recorded."""
    try:
        in_utc = at.astimezone(UTC) if at.tzinfo else None
    except OverflowError:
        in_utc = None
    if in_utc is None:
        raise UsageProblem(f"{at} is not a time with its offset from UTC.", try_="Write it like 2026-03-01T02:10Z.")
    return in_utc.replace(microsecond=in_utc.microsecond // 1000 * 1000)


def _check_begun(session: Session, command: Command) -> None:
    if isinstance(command, Start) and session.version:
        raise UsageProblem(f"{session.code} has begun already.", try_=f"Go on with: rflow resume {session.code}")
    if not isinstance(command, Start) and not session.version:
        raise NotFound("That session has not begun.", try_="Begin one: rflow start")


def _check_readable(session: Session) -> None:
    if session.unreadable:
        newer = any(entry.reason == "newer" for entry in session.unreadable)
        what = "was written by a newer rflow" if newer else "is damaged in the store"
        remedy = (
            "Upgrade rflow to go on with it." if newer else "See `rflow store check`; `rflow export` saves the rest."
        )
        raise NotAllowed(f"{session.code} {what}: it can be read here, but not written.", try_=remedy)


def _check_closed(session: Session, command: Command) -> None:
    if session.status != "closed" or type(command) in ON_CLOSED:
        return
    outcome = session.closing.outcome if session.closing else "closed"
    raise NotAllowed(f"{session.code} is closed ({outcome}).", try_=f"Reopen it first: rflow -s {session.code} reopen")


def _check_access(session: Session, command: Command, actor: Person) -> None:
    if isinstance(command, Start) or ACCESS[type(command)] & roles(session, actor):
        return
    raise _refusal(session, command, actor)


def _refusal(session: Session, command: Command, actor: Person) -> NotAllowed | UsageProblem:
    """Say why the table says no, and what would help."""
    code, owner = session.code, session.owner.name
    if isinstance(command, TakeOver):
        return UsageProblem(f"{code} is yours already.", try_=f"Go on with: rflow resume {code}")
    if isinstance(command, CancelHandoff):
        return NotAllowed(f"{code} has no handoff of yours to take back.", try_=f"See: rflow show {code}")
    if isinstance(command, Accept | Decline):
        return NotAllowed(f"{code} has not been handed to you.", try_="See what has: rflow inbox")
    if Role.SENDER in roles(session, actor):
        return NotAllowed(
            f"You handed {code} to {owner}, who has not accepted it yet.",
            try_=f"Take it back first: rflow -s {code} handoff --cancel",
        )
    if session.owner.is_queue:
        return NotAllowed(f"{code} waits in the queue {owner}.", try_=f"Claim it first: rflow accept {code}")
    return NotAllowed(
        f"{code} belongs to {owner}.", try_=f'Take it over first: rflow resume {code} --take --reason "…"'
    )


def _check_seen(session: Session, command: Command) -> None:
    if type(command) not in STEERING or command.seen is None or command.seen >= session.steered:
        return
    who = session.steered_by.name if session.steered_by else "Somebody"
    raise SessionMoved(
        f"{session.code} has moved since you last looked: {who} was there. {_stands(session)}",
        try_="Nothing was written. Look again with `rflow`, then repeat your command if it still fits.",
    )


def _stands(session: Session) -> str:
    """Say where a session stands, for somebody who thought it stood elsewhere."""
    if session.status == "closed":
        return f"It is closed now ({session.closing.outcome if session.closing else ''})."
    where = f'It stands at "{shorten(session.place.text, 120)}"' if session.place else "It has no tree"
    return f"{where} and belongs to {session.owner.name}."


def _acceptance(session: Session, command: Command, actor: Person) -> Iterator[Fact]:
    """A receiver's first act as owner acknowledges the handoff."""
    own = ACCESS[type(command)] == frozenset({Role.OWNER})
    passes_on = isinstance(command, HandOff | Delete)
    if session.pending and session.owner.id == actor.id and own and not passes_on:
        yield HandoffAccepted()


def _facts(session: Session, tree: Tree | None, command: Command, actor: Person) -> Iterator[Fact]:
    match command:
        case Start(title=title, brief=brief):
            yield SessionStarted(title=_title(title), brief=_brief(brief))
        case Enter(tree=entered):
            yield _enter(entered)
        case Choose():
            yield _choose(session, tree, command)
        case Done(result=result):
            yield _done(session, tree, _line(result, "result", empty=True))
        case Skip(reason=reason):
            yield _skip(session, tree, _line(reason, "reason"))
        case AddStep(text=text, result=result):
            yield StepAdded(text=_line(text, "step"), result=_line(result, "result", empty=True))
        case Back():
            yield _back(session)
        case AddNote(text=text):
            yield NoteAdded(text=_note(text))
        case AmendNote():
            yield _amend(session, command, actor)
        case AddEvidence(evidence=evidence):
            yield _evidence(evidence)
        case SetBrief(brief=brief, title=title):
            yield _set_brief(brief, title)
        case MakeChange(text=text, revert=revert):
            yield ChangeMade(text=_line(text, "change"), revert=_line(revert, "way to revert it"))
        case RevertChange(change=change):
            yield _revert(session, change)
        case SetWaiting(until=until, waiting_for=waiting_for):
            yield WaitingSet(until=until and _utc(until), waiting_for=_line(waiting_for, "text", empty=True))
        case RecordShared(format=format_, destination=destination, through=through):
            yield ProgressShared(format=format_, destination=destination, through=min(through, session.version))
        case RedactText(target=target):
            yield from _redact(session, target, actor)
        case Delete():
            return
        case HandOff() | Accept() | Decline() | CancelHandoff() | TakeOver() | Close() | Reopen():
            yield _ownership(session, command)
        case _ as unexpected:
            assert_never(unexpected)


def _ownership(
    session: Session, command: HandOff | Accept | Decline | CancelHandoff | TakeOver | Close | Reopen
) -> Fact:
    match command:
        case HandOff(to=to, note=note):
            if to.id == session.owner.id:
                raise UsageProblem(f"{session.code} is with {session.owner.name} already.", try_="Name somebody else.")
            return HandedOff(to=_receiver(to), note=_note(note, empty=True))
        case Accept(read_back=read_back):
            return HandoffAccepted(read_back=_note(read_back, empty=True))
        case Decline(reason=reason):
            return HandoffDeclined(reason=_line(reason, "reason"))
        case CancelHandoff():
            return HandoffCancelled()
        case TakeOver(reason=reason):
            return TakenOver(reason=_line(reason, "reason"))
        case Close(outcome=outcome, summary=summary):
            return SessionClosed(outcome=outcome, summary=_note(summary, empty=True))
        case Reopen():
            if session.status != "closed":
                raise UsageProblem(f"{session.code} is not closed.", try_=f"Go on with: rflow resume {session.code}")
            return SessionReopened()


def _receiver(to: Person) -> Person:
    """Check who receives: a session is never without an owner."""
    to = Person(id=one_line(to.id), name=one_line(to.name))
    if not to.id.strip("@") or not to.name:
        raise UsageProblem("To whom? The name is empty.", try_="Name a person, or a queue such as @tier2.")
    return to


def _title(title: str) -> str:
    title = one_line(title)
    if not title:
        raise UsageProblem("The session needs a title.", try_='Give one: rflow start --title "What is wrong"')
    return shorten(title, TITLE_LIMIT)


def _line(text: str, what: str, *, empty: bool = False) -> str:
    """Check a text of one line or a few; `what` names it in the error."""
    text = clean(text).strip()
    if not text and not empty:
        raise UsageProblem(f"The {what} is empty.", try_="Say it in a few words.")
    if len(text.encode()) > LINE_LIMIT:
        raise UsageProblem(
            f"The {what} is longer than 4 KiB.", try_="Keep it short, and put the rest into `rflow attach`."
        )
    return text


def _note(text: str, *, empty: bool = False) -> str:
    text = clean(text).strip("\n").rstrip()
    if not text.strip() and not empty:
        raise UsageProblem("The note is empty.", try_='Write it: rflow note "what you saw"')
    if len(text.encode()) > NOTE_LIMIT:
        raise UsageProblem("The note is longer than 64 KiB.", try_="Attach it as a file: rflow attach FILE")
    return text


def _brief(brief: Brief) -> Brief:
    fields = {name: getattr(brief, name) for name in brief.__struct_fields__}
    return Brief(**{n: _line(text, n, empty=True) for n, text in fields.items() if text is not None})


def _set_brief(brief: Brief, title: str | None) -> BriefSet:
    fact = BriefSet(brief=_brief(brief), title=None if title is None else _title(title))
    if fact == BriefSet(brief=Brief()):
        raise UsageProblem("Nothing to record.", try_='Say what: rflow brief --ask "Can you check the firewall?"')
    return fact


def _enter(tree: Tree) -> TreeEntered:
    ref = TreeRef(id=tree.id, title=one_line(tree.title), digest=digest(tree))
    return TreeEntered(tree=ref, place=place_of(tree, tree.start))


def place_of(tree: Tree, node_id: str) -> Place:
    """Describe a node of `tree` as a place to stand at."""
    node = tree.nodes.get(node_id)
    if node is None:
        raise NotFound(f'The tree "{tree.title}" has no node "{node_id}".', try_="See: rflow tree check FILE")
    return Place(node=node_id, kind=kind_of(node), text=node.text)


def _here(session: Session, tree: Tree | None, wanted: str) -> tuple[str, Node, Tree]:
    """Give the node at the position; `wanted` is the command that needs one."""
    if session.place is None:
        raise UsageProblem(
            f"{session.code} is in no tree, so there is nothing to {wanted}.",
            try_='Record what you tried with `rflow step "…"`, or go into a tree with `rflow enter TREE`.',
        )
    if tree is None or session.place.node not in tree.nodes:
        raise NotFound(
            f"The tree that {session.code} stands in is not in this store.",
            try_="Add it with `rflow tree add FILE`, or record what you tried with `rflow step`.",
        )
    return session.place.node, tree.nodes[session.place.node], tree


def _choose(session: Session, tree: Tree | None, command: Choose) -> ChoiceMade:
    name, node, tree = _here(session, tree, "choose")
    reason = _line(command.reason, "reason", empty=not command.assume)
    if isinstance(node, End):
        raise _at_end(node)
    if isinstance(node, Action):
        raise UsageProblem(
            f'"{shorten(node.text, 80)}" is something to do, not a question.',
            try_='Say what came of it: rflow done "…" (or rflow skip --reason "…").',
        )
    choice = find_choice(node.choices, command.choice)
    return ChoiceMade(
        node=name,
        question=node.text,
        label=choice.label,
        to=place_of(tree, choice.to),
        assumed=command.assume,
        reason=reason,
    )


def _at_end(node: End) -> UsageProblem:
    if node.outcome == "resolved":
        remedy = "Close it with `rflow close`, or go back with `rflow back`."
    else:
        remedy = (
            "Hand it on with `rflow handoff USER`, close it with `rflow close --outcome escalated`, or go `rflow back`."
        )
    return UsageProblem(f'The tree ends here: "{shorten(node.text, 80)}".', try_=remedy)


def _single_way(session: Session, tree: Tree | None, wanted: str) -> tuple[str, Node, Place]:
    """Give the action at the position and where it leads; a decision with one exit counts as one."""
    name, node, tree = _here(session, tree, wanted)
    if isinstance(node, End):
        raise _at_end(node)
    ways = exits(node)
    if len(ways) != 1:
        labels = "; ".join(f"{number} {way.label}" for number, way in enumerate(ways, 1))
        hint = ' (unverified: add --assume --reason "…")' if wanted == "skip" else ""
        raise UsageProblem(
            f'"{shorten(node.text, 80)}" is a question.', try_=f"Answer it with rflow choose{hint}: {labels}."
        )
    return name, node, place_of(tree, ways[0].to)


def _done(session: Session, tree: Tree | None, result: str) -> ActionDone:
    name, node, to = _single_way(session, tree, "do")
    return ActionDone(node=name, text=node.text, result=result, to=to)


def _skip(session: Session, tree: Tree | None, reason: str) -> StepSkipped:
    name, node, to = _single_way(session, tree, "skip")
    return StepSkipped(node=name, text=node.text, reason=reason, to=to)


def _back(session: Session) -> SteppedBack:
    if not session.moves:
        raise UsageProblem("There is no move to take back: this is where the session began.", try_="See: rflow show")
    return SteppedBack(undone=session.moves[-1].seq)


def _amend(session: Session, command: AmendNote, actor: Person) -> NoteAmended:
    note = session.notes.get(command.note)
    if note is None:
        known = ", ".join(str(seq) for seq in session.notes) or "none yet"
        raise UsageProblem(f"Entry {command.note} is not a note.", try_=f"Notes of {session.code}: {known}.")
    if note.by.id != actor.id:
        raise NotAllowed(f"Note {note.seq} is by {note.by.name}.", try_="Add a note of your own: rflow note TEXT")
    return NoteAmended(note=note.seq, text=_note(command.text))


def _evidence(evidence: EvidenceAdded) -> EvidenceAdded:
    return msgspec.structs.replace(
        evidence,
        label=_line(shorten(evidence.label, TITLE_LIMIT), "label"),
        command=clean(evidence.command),
        excerpt=clean(evidence.excerpt),
        media_type=one_line(evidence.media_type),
        host=one_line(evidence.host),
        cwd=one_line(evidence.cwd),
        started_at=evidence.started_at and _utc(evidence.started_at),
    )


def _revert(session: Session, seq: int) -> ChangeReverted:
    change = session.changes.get(seq)
    if change is None or change.reverted:
        left = ", ".join(str(c.seq) for c in session.changes.values() if not c.reverted) or "none"
        raise UsageProblem(f"Entry {seq} is not a change left in place.", try_=f"Left in place: {left}.")
    return ChangeReverted(change=seq)


def _redact(session: Session, target: int, actor: Person) -> Iterator[TextRedacted]:
    if target not in session.authors:
        raise NotFound(f"{session.code} has no entry {target}.", try_=f"See the numbers: rflow show {session.code}")
    if actor.id not in (session.authors[target], session.owner.id):
        raise NotAllowed(
            f"Entry {target} is not yours, and neither is {session.code}.",
            try_=f"Ask {session.owner.name}, who owns it.",
        )
    yield TextRedacted(target=target)
