"""The rules of entries: notes, steps, evidence, corrections, pins, questions, changes, header facts, deliveries."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.state import Delivery, Entry, Note, Session, Step
from rflow.core.session.texts import Text, amendable, validated_text
from rflow.core.session.times import utc
from rflow.core.text import one_line, shorten
from rflow.errors import NotAllowed, NotFound, SessionMoved, UsageProblem


def add_step(command: c.AddStep, first: int) -> Iterator[e.Fact]:
    """Record a step that is not in the tree, with its output if there is one."""
    yield e.StepAdded(text=command.text, result=command.result, assumed=command.assume)
    if command.evidence is not None:
        yield replace(_evidence(command.evidence), on=first)


def add_note(session: Session, command: c.AddNote) -> e.NoteAdded:
    """Add a note. A warning must be short, because it is always shown in full."""
    if command.on:
        _existing(session, command.on)
    if command.kind == "warning":
        validated_text(Text("text", "warning", "words", required=True), command.text)
    return e.NoteAdded(text=command.text, kind=command.kind, on=command.on)


def add_evidence(session: Session, evidence: e.EvidenceAdded) -> e.EvidenceAdded:
    """Add a piece of evidence."""
    if evidence.on:
        _existing(session, evidence.on)
    return _evidence(evidence)


def _evidence(evidence: e.EvidenceAdded) -> e.EvidenceAdded:
    return replace(
        evidence,
        media_type=one_line(evidence.media_type),
        started_at=evidence.started_at and utc(evidence.started_at),
    )


def _existing(session: Session, seq: int) -> Entry:
    """Return the entry of event `seq`; raise `NotFound` or `UsageProblem` if there is none or it was undone."""
    entry = session.entry(seq)
    if entry is None:
        raise NotFound(f"{session.code} has no entry {seq}.", try_=f"See the numbers: rflow show {session.code}")
    if entry.undone:
        raise UsageProblem(f"Entry {seq} was taken back.", try_=f"See what there is: rflow show {session.code}")
    return entry


def amend(session: Session, command: c.AmendEntry, actor: Actor) -> e.EntryAmended:
    """Correct one of the actor's own entries."""
    reply = session.adjustments.get(command.target)
    if reply is not None and isinstance(reply.fact, e.QuestionReplied):
        again = f'rflow -s {session.code} reply {reply.fact.target} "…"'
        raise UsageProblem(f"Entry {command.target} is an answer to a question.", try_=f"Answer again: {again}")
    entry = _existing(session, command.target)
    if entry.by.id != actor.person.id:
        raise NotAllowed(f"Entry {entry.seq} is by {entry.by.name}.", try_="Add a note of your own: rflow note TEXT")
    fields = amendable(session.kinds[entry.seq])
    texts = _amended_texts(entry, fields, command)
    _check_replaced(session, entry, fields, command)
    return e.EntryAmended(target=entry.seq, texts=texts)


def _amended_texts(entry: Entry, fields: dict[str, Text], command: c.AmendEntry) -> dict[str, str]:
    """Return the corrected texts by field name, validated like new ones."""
    if not fields:
        raise UsageProblem(f"Entry {entry.seq} has no text of yours to correct.", try_="Add a note: rflow note TEXT")
    main = next(iter(fields))
    named = ((main, command.text), ("result", command.result), ("revert", command.revert))
    given = {name: text for name, text in named if text is not None}
    if not given:
        raise UsageProblem("There is nothing to correct.", try_=f'Say what it should read: rflow amend {entry.seq} "…"')
    for name in given:
        if name not in fields:
            raise UsageProblem(f"Entry {entry.seq} has no {name}.", try_=f"It has: {', '.join(fields)}.")
    texts = {name: validated_text(fields[name], text) for name, text in given.items()}
    if isinstance(entry, Note) and entry.kind == "warning":
        validated_text(Text("text", "warning", "words", required=True), texts["text"])
    return texts


def _check_replaced(session: Session, entry: Entry, fields: dict[str, Text], command: c.AmendEntry) -> None:
    """Refuse to replace a text that has changed since the sender saw it."""
    if command.replaces is None or command.text is None:
        return
    now = getattr(getattr(entry, "what", entry), next(iter(fields)))
    if now not in (command.replaces, command.text):
        raise _conflict(session, f"Entry {entry.seq} of {session.code}", entry.by.name, now, command.text)


def _conflict(session: Session, what: str, who: str, now: str, wanted: str) -> SessionMoved:
    return SessionMoved(
        f'{what} was changed meanwhile by {who}. It reads now: "{shorten(now, 400)}". Yours: "{shorten(wanted, 400)}".',
        try_=f"Nothing was written. Look again (rflow show {session.code}), then repeat your command if it still fits.",
    )


def settle(session: Session, command: c.SettleAssumption) -> e.AssumptionSettled:
    """Settle an assumption with its outcome, or mark a warning as no longer valid."""
    if any(entry.seq == command.target and entry.warnings for entry in session.ownership):
        return _end_warnings_of_handoff(session, command)
    entry = _existing(session, command.target)
    if isinstance(entry, Note) and entry.kind == "warning":
        return _end_warning(session, command)
    assumed = entry.kind == "assumption" if isinstance(entry, Note) else isinstance(entry, Step) and entry.assumed
    if not assumed:
        open_ = ", ".join(str(seq) for seq in assumptions(session)) or "none"
        raise UsageProblem(f"Entry {command.target} is not an assumption.", try_=f"Assumptions not settled: {open_}.")
    validated_text(Text("text", "text", required=True), command.text)
    return e.AssumptionSettled(target=command.target, text=command.text)


def _end_warning(session: Session, command: c.SettleAssumption) -> e.AssumptionSettled:
    """Mark a warning as no longer valid; refuse it if it already is."""
    if session.notes[command.target].settled is not None:
        raise UsageProblem(f"Warning {command.target} is over already.", try_="To take that back: rflow undo")
    return e.AssumptionSettled(target=command.target, text=command.text)


def _end_warnings_of_handoff(session: Session, command: c.SettleAssumption) -> e.AssumptionSettled:
    """Mark the warnings of a handoff as no longer valid; refuse it if they already are."""
    if command.target not in warnings_of_handoffs(session):
        raise UsageProblem(
            f"The warnings of handoff {command.target} are over already.", try_=f"See: rflow show {session.code}"
        )
    return e.AssumptionSettled(target=command.target, text=command.text)


def warnings(session: Session) -> list[int]:
    """Return the numbers of the valid warnings, except for those of handoffs."""
    return [note.seq for note in session.unsettled("warning")]


def warnings_of_handoffs(session: Session) -> dict[int, str]:
    """Return the valid warnings of handoffs as one text each, by the number of the handoff."""
    return {entry.seq: "; ".join(entry.warnings) for entry in session.handoffs if entry.warnings}


def assumptions(session: Session) -> list[int]:
    """Return the numbers of the assumptions (notes, steps and answers) that are neither settled nor undone."""
    notes = [note.seq for note in session.unsettled("assumption")]
    steps = [s.seq for s in session.steps.values() if s.assumed and s.settled is None and not s.undone]
    return sorted(notes + steps)


def pin(session: Session, targets: Sequence[int], actor: Actor) -> Iterator[e.Pinned]:
    """Pin entries; without numbers, the last entry."""
    from rflow.core.session.rules.latest import last_entry

    wanted = targets or [last_entry(session, actor)]
    for seq in wanted:
        _existing(session, seq)
    new = [seq for seq in dict.fromkeys(wanted) if seq not in session.pins]
    if not new:
        raise UsageProblem(f"{_entries(wanted)} pinned already.", try_="To remove a pin: rflow unpin SEQ")
    yield from (e.Pinned(target=seq) for seq in new)


def unpin(session: Session, targets: Sequence[int]) -> Iterator[e.Unpinned]:
    """Unpin entries; without numbers, the one that was pinned last."""
    if not session.pins:
        raise UsageProblem(f"{session.code} has no pinned entries.", try_="Pin one: rflow pin SEQ")
    wanted = targets or [_last_pinned(session)]
    pinned = [seq for seq in dict.fromkeys(wanted) if seq in session.pins]
    if not pinned:
        raise UsageProblem(
            f"{_entries(wanted)} not pinned.", try_=f"Pinned: {', '.join(map(str, sorted(session.pins)))}."
        )
    yield from (e.Unpinned(target=seq) for seq in pinned)


def _last_pinned(session: Session) -> int:
    facts = (event.fact for event in reversed(session.adjustments.values()))
    return next(fact.target for fact in facts if isinstance(fact, e.Pinned) and fact.target in session.pins)


def _entries(seqs: Sequence[int]) -> str:
    numbers = ", ".join(map(str, seqs))
    return f"Entry {numbers} is" if len(seqs) == 1 else f"Entries {numbers} are"


def flag(session: Session, text: str) -> e.NodeFlagged:
    """Report a problem with the node at the position."""
    if session.place is None or session.tree is None:
        raise UsageProblem(f"{session.code} is in no tree.", try_="Write a note instead: rflow note TEXT")
    return e.NodeFlagged(node=session.place.node, digest=session.tree.digest, text=text)


def ask(to: Person, text: str) -> e.QuestionAsked:
    """Ask a person or a queue a question."""
    return e.QuestionAsked(to=to, text=text)


def reply(session: Session, command: c.ReplyQuestion) -> e.QuestionReplied:
    """Answer a question."""
    question = session.questions.get(command.target)
    if question is None or question.undone:
        known = ", ".join(str(q.seq) for q in session.questions.values() if not q.undone) or "none yet"
        raise UsageProblem(f"Entry {command.target} is not a question.", try_=f"Questions of {session.code}: {known}.")
    return e.QuestionReplied(target=question.seq, text=command.text)


def question_answered(session: Session, command_id: str, by: Person) -> int | None:
    """Return the question that an answer without a number is for; None if that is ambiguous.

    It is the question that the same command has already answered, otherwise the only open one.
    """
    answer = session.event_of_command(command_id, by)
    for question in session.questions.values():
        if answer is not None and answer in [reply.seq for reply in question.replies]:
            return question.seq
    open_ = [question.seq for question in session.questions.values() if question.is_open]
    return open_[0] if len(open_) == 1 else None


def set_brief(session: Session, command: c.SetBrief) -> e.BriefSet:
    """Set header facts, unless one of them has changed since the sender saw it."""
    fact = e.BriefSet(brief=command.brief, title=command.title)
    if fact == e.BriefSet(brief=e.Brief()):
        raise UsageProblem("Nothing to record.", try_='Say what: rflow brief --ask "Can you check the firewall?"')
    if command.replaces is not None:
        for name in command.brief.__struct_fields__:
            _check_brief(session, name, getattr(command.brief, name), getattr(command.replaces, name))
    return fact


def _check_brief(session: Session, name: str, wanted: str | None, seen: str | None) -> None:
    now = getattr(session.brief, name) or ""
    if wanted is None or seen is None or now in (seen, wanted):
        return
    by = [
        ev.by.name
        for ev in session.adjustments.values()
        if isinstance(ev.fact, e.BriefSet | e.SessionStarted) and getattr(ev.fact.brief, name) is not None
    ]
    raise _conflict(session, f"The {name} of {session.code}", by[-1] if by else "somebody", now, wanted)


def revert(session: Session, command: c.RevertChange) -> e.ChangeReverted:
    """Record that a change was reverted."""
    change = session.changes.get(command.change)
    if change is None or not change.in_place:
        left = ", ".join(str(entry.seq) for entry in session.changes.values() if entry.in_place) or "none"
        raise UsageProblem(f"Entry {command.change} is not a change left in place.", try_=f"Left in place: {left}.")
    return e.ChangeReverted(change=command.change, note=command.note)


def share(session: Session, command: c.RecordShared) -> e.ProgressShared:
    """Record a delivery; refuse to post an unchanged session to the same place again."""
    if command.state == "started" and not command.again:
        check_not_posted(session, command.destination)
    return e.ProgressShared(
        format=command.format,
        destination=command.destination,
        through=min(command.through, session.version),
        state=command.state,
    )


def _in_utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def check_not_posted(session: Session, destination: str, clock: Callable[[datetime], str] = _in_utc) -> None:
    """Refuse to post a session that was, or may have been, posted there and has not changed since.

    `clock` formats a time for the person who posts.
    """

    def when(delivery: Delivery) -> str:
        return f"at {clock(delivery.at)} by {delivery.by.name}"

    same = [
        delivery
        for delivery in session.deliveries
        if delivery.destination == destination and delivery.through >= session.content_version
    ]
    states = [delivery.state for delivery in same]
    where = destination.removeprefix("post:")
    if "sent" in states:
        sent = same[states.index("sent")]
        raise NotAllowed(
            f"{session.code} was posted to {where} {when(sent)}, and has not changed since.",
            try_="To post it anyway: --again",
        )
    if states.count("started") > states.count("failed"):
        begun = [delivery for delivery in same if delivery.state == "started"][-1]
        raise NotAllowed(
            f"{session.code} may have been posted to {where} {when(begun)}; the outcome is unknown.",
            try_="Look there first. To post it anyway: --again",
        )
