"""A second, small implementation of what rflow promises, to compare the program with.

It is written from the design and imports nothing of rflow. A `World` is a store with the people around it; each of its
methods is a command, which changes the world or raises `Refused` with the exit code.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

from model.session import CHECKED, KEEPS_PENDING, OWNERS, WHEN_CLOSED, Session, Text, Wait, person
from model.trees import MOVED, NOT_ALLOWED, NOT_FOUND, TREES, USAGE, Refused, chosen

NEAR = {"ben": "benn", "benn": "ben"}
"""Names so near to each other that one may be a slip for the other."""


@dataclass
class Terminal:
    """A terminal of `member`: its current session, the one it left last, the versions it has displayed (by id)."""

    name: str
    member: str
    current: str | None = None
    last: str | None = None
    seen: dict[str, int] = field(default_factory=dict)


class World:
    """A store, and the terminals of those who work with it."""

    def __init__(self, terminals: list[Terminal]) -> None:
        self.terminals = terminals
        self.sessions: dict[str, Session] = {}
        self._started: dict[tuple[str, str], str] = {}

    # Which session is meant

    def named(self, reference: str) -> Session:
        """Find a session by its code, in capitals or not, with or without hyphen."""
        for session in self.sessions.values():
            if session.code.replace("-", "").casefold() == reference.replace("-", "").casefold():
                return session
        raise Refused(NOT_FOUND)

    def meant(self, at: Terminal, reference: str | None, *, reading: bool = False) -> Session:
        """Find the session named, else this terminal's, else the only open one of its user.

        Nothing is written to that one where this terminal has just left its own.
        """
        if reference is not None:
            return self.named(reference)
        if at.current is not None and at.current not in self.sessions:
            at.current, at.last = None, at.current
        if at.current is not None:
            return self.sessions[at.current]
        owned = (session for session in self.sessions.values() if session.owner == at.member)
        mine = [session for session in owned if session.status == "open"]
        if len(mine) != 1 or (not reading and at.last in self.sessions and at.last != mine[0].id):
            raise Refused(USAGE)
        return mine[0]

    def to_leave(self, at: Terminal, reference: str | None, command_id: str) -> Session:
        """Find the session to close or hand off: no other one, where this terminal has just left its own."""
        last = self.sessions.get(at.last or "") if at.current is None and reference is None else None
        if last is None:
            return self.meant(at, reference)
        if command_id and (at.member, command_id) in last.done:
            return last
        raise Refused(USAGE)

    def inbox(self, member: str) -> list[Session]:
        """Return the sessions that wait for a member to accept them, or in a queue."""
        return [session for session in self.sessions.values() if session.handoff and session.may(member, "accept")]

    def waiting(self, at: Terminal, reference: str | None) -> Session:
        """Find the session named, else the only one that waits for this user."""
        if reference is not None:
            return self.named(reference)
        return _only(self.inbox(at.member))

    def handed_off(self, at: Terminal, reference: str | None) -> Session:
        """Find the session named, else the only one that this user handed off and nobody has accepted."""
        if reference is not None:
            return self.named(reference)
        return _only([s for s in self.sessions.values() if s.handoff and s.handoff["sender"] == person(at.member)])

    # Carrying out

    def carry_out(
        self, at: Terminal, session: Session, name: str, command_id: str, act: Callable[[Session, str], None]
    ) -> Session:
        """Check the rules that all commands share, then let `act` change the session, all of it or nothing."""
        if command_id and (at.member, command_id) in session.done:
            return session
        if name in CHECKED and at.seen.get(session.id, session.steered) < session.steered:
            raise Refused(MOVED)
        if session.closing and name not in WHEN_CLOSED:
            raise Refused(NOT_ALLOWED)
        if not session.may(at.member, name):
            raise Refused(USAGE if name == "take over" and not session.closing else NOT_ALLOWED)
        draft = deepcopy(session)
        by_receiver = name == "step" and session.owner == at.member
        if session.handoff and (name in OWNERS - KEEPS_PENDING or by_receiver):
            draft.accept(at.member)
        act(draft, at.member)
        if command_id:
            draft.done[at.member, command_id] = draft.version
        self.sessions[session.id] = draft
        if draft.steered > session.steered and at.seen.get(session.id, session.steered) >= session.steered:
            at.seen[session.id] = draft.version  # what this terminal did itself is no surprise to it
        return draft

    def displayed(self, at: Terminal, session: Session) -> Session:
        """Note that a terminal shows a session."""
        at.seen[session.id] = session.version
        return session

    def entered(self, at: Terminal, session: Session) -> Session:
        """Make a session a terminal's current one, and show it."""
        at.current, at.last = session.id, None
        return self.displayed(at, session)

    def left(self, at: Terminal, session: Session) -> Session:
        """Have no current session, if it is this one."""
        if at.current == session.id:
            at.current, at.last = None, session.id
        return session

    # Whole sessions

    def start(self, at: Terminal, tree: str | None, title: str, customer: str | None, command_id: str = "") -> Session:
        """Begin a session; its id and code are filled in from what the program says. Sent again, it is the same."""
        if tree is not None and tree not in TREES:
            raise Refused(NOT_FOUND)
        if not title.strip() and (title or tree is None):
            raise Refused(USAGE)
        begun = self.sessions.get(self._started.get((at.member, command_id), ""))
        if begun is not None:
            return begun
        words = Text(title or (TREES[tree]["title"] if tree else ""))
        session = Session(id="", code="", owner=at.member, accepted_by=at.member, title=words)
        texts = [words]
        if customer:
            texts.append(Text(customer))
            session.brief["customer"] = texts[-1]
        session.add(at.member, *texts)
        if tree is not None:
            session.move(at.member, TREES[tree]["start"], tree=tree)
        if command_id:
            session.done[at.member, command_id] = session.version
        return session

    def begun(self, at: Terminal, session: Session, session_id: str, code: str, command_id: str = "") -> Session:
        """Take a new session in under the names that the program gave it."""
        if not session.id:
            session.id, session.code = session_id, code
            self.sessions[session_id] = session
        if command_id:
            self._started[at.member, command_id] = session_id
        return self.entered(at, session)

    def look(self, at: Terminal, reference: str | None) -> Session | None:
        """`rflow` alone: show where this terminal stands, if anywhere."""
        try:
            return self.displayed(at, self.meant(at, reference, reading=True))
        except Refused:
            if reference is not None:
                raise
            return None

    def show(self, at: Terminal, reference: str | None) -> Session:
        """Show a session."""
        return self.displayed(at, self.meant(at, reference, reading=True))

    def resume(self, at: Terminal, reference: str, take: bool, reason: str, command_id: str) -> Session:
        """Go on with a session, or take it over."""
        session = self.named(reference)
        if take and not reason.strip():
            raise Refused(USAGE)
        if take:
            session = self.carry_out(at, session, "take over", command_id, lambda s, by: _take_over(s, by, reason))
        elif session.closing:
            raise Refused(NOT_ALLOWED)
        return self.displayed(at, session) if session.closing else self.entered(at, session)

    def close(self, at: Terminal, ref: str | None, outcome: str | None, summary: str, command_id: str) -> Session:
        """End the work; at an end of the tree the outcome is known."""
        session = self.to_leave(at, ref, command_id)
        if outcome is None:
            known = session.place.get("outcome") if session.node else None
            outcome = {"resolved": "resolved", "escalate": "escalated"}.get(known or "")
        if outcome is None:
            raise Refused(USAGE)
        ended = outcome
        session = self.carry_out(at, session, "close", command_id, lambda s, by: _close(s, by, ended, summary.strip()))
        return self.left(at, session)

    def reopen(self, at: Terminal, ref: str | None, command_id: str) -> Session:
        """Go on after all: with what was closed here, unless another one is named."""
        left = self.sessions.get(at.last or "") if at.current is None and ref is None else None
        session = left if left is not None and left.status == "closed" else self.meant(at, ref)
        return self.entered(at, self.carry_out(at, session, "reopen", command_id, _reopen))

    def delete(self, at: Terminal, reference: str) -> Session:
        """Remove a session for good."""
        session = self.carry_out(at, self.named(reference), "delete", "", lambda s, by: None)
        del self.sessions[session.id]
        return self.left(at, session)

    # Working through the tree

    def choose(self, at: Terminal, ref: str | None, said: str, assume: bool, reason: str, command_id: str) -> Session:
        """Answer the question."""

        def act(session: Session, by: str) -> None:
            if (assume and not reason.strip()) or "choices" not in session.place:
                raise Refused(USAGE)
            choice = chosen(session.place["choices"], said)
            why = Text(reason.strip())
            step = {"kind": "choice", "text": session.place["text"], "result": choice["label"], "reason": why}
            session.move(by, choice["to"], why, **step, node=session.node, assumed=assume)

        return self.displayed(at, self.carry_out(at, self.meant(at, ref), "choose", command_id, act))

    def act_here(self, at: Terminal, ref: str | None, name: str, text: str, command_id: str) -> Session:
        """Do ("done") or leave out ("skip") the action at the position; a question with one answer counts as one."""

        def act(session: Session, by: str) -> None:
            ways = [session.place["to"]] if "to" in session.place else []
            ways += [choice["to"] for choice in session.place.get("choices", [])]
            if len(ways) != 1 or (name == "skip" and not text.strip()):
                raise Refused(USAGE)
            said = Text(text.strip())
            step = {"kind": "action", "result": said} if name == "done" else {"kind": "skipped", "reason": said}
            session.move(by, ways[0], said, **{"result": "", "text": session.place["text"]} | step, node=session.node)

        return self.displayed(at, self.carry_out(at, self.meant(at, ref), name, command_id, act))

    def step(self, at: Terminal, ref: str | None, text: str, result: str, command_id: str) -> Session:
        """Record something that is not in the tree."""

        def act(session: Session, by: str) -> None:
            if not text.strip():
                raise Refused(USAGE)
            said, came = Text(text.strip()), Text(result.strip())
            step = {"seq": session.add(by, said, came), "kind": "own", "text": said, "result": came, "by": person(by)}
            session.steps.append({**step, "node": "", "to": "", "assumed": False, "reason": "", "undone": False})

        return self.carry_out(at, self.meant(at, ref), "step", command_id, act)

    def back(self, at: Terminal, ref: str | None, command_id: str) -> Session:
        """Take back the last move."""

        def act(session: Session, by: str) -> None:
            if not session.moves:
                raise Refused(USAGE)
            step, session.tree, session.node = session.moves.pop()
            step["undone"] = True
            session.add(by, steers=True)

        return self.displayed(at, self.carry_out(at, self.meant(at, ref), "back", command_id, act))

    def enter(self, at: Terminal, ref: str | None, tree: str, command_id: str) -> Session:
        """Go on in another tree."""
        session = self.meant(at, ref)
        if tree not in TREES:
            raise Refused(NOT_FOUND)

        def act(session: Session, by: str) -> None:
            step = {"kind": "tree", "text": TREES[tree]["title"], "result": ""}
            session.move(by, TREES[tree]["start"], tree=tree, **step)

        return self.displayed(at, self.carry_out(at, session, "enter", command_id, act))

    # Writing down

    def note(self, at: Terminal, ref: str | None, text: str, command_id: str) -> Session:
        """Write a note."""

        def act(session: Session, by: str) -> None:
            if not text.strip():
                raise Refused(USAGE)
            said = Text(text)
            seq = session.add(by, said)
            session.notes.append({"seq": seq, "text": said, "by": person(by), "amended": False, "all": [said]})

        return self.carry_out(at, self.meant(at, ref), "note", command_id, act)

    def amend(self, at: Terminal, ref: str | None, seq: int, text: str, command_id: str) -> Session:
        """Change the text of a note by the same member."""

        def act(session: Session, by: str) -> None:
            note = session.entry(session.notes, seq)
            if note is None:
                raise Refused(NOT_FOUND)
            if note["by"] != person(by):
                raise Refused(NOT_ALLOWED)
            if not text.strip():
                raise Refused(USAGE)
            said = Text(text)
            session.add(by, said)
            note.update(text=said, amended=note["amended"] or said != note["text"], all=[*note["all"], said])

        return self.carry_out(at, self.meant(at, ref), "amend", command_id, act)

    def keep(
        self, at: Terminal, ref: str | None, label: str, content: str, exit_code: int | None, command_id: str
    ) -> Session:
        """Keep evidence: a text, or what a command wrote and its exit code."""
        session = self.meant(at, ref)
        if exit_code is None and not content:
            raise Refused(USAGE)

        def act(session: Session, by: str) -> None:
            name, shown = Text(label), Text(content.strip())
            seq, size = session.add(by, name, shown), len(content.encode())
            piece = {"seq": seq, "by": person(by), "label": name, "excerpt": shown}
            ended = {} if exit_code is None else {"exit_code": exit_code}
            session.evidence.append({**piece, **ended, "bytes_total": size, "bytes_kept": size})

        return self.carry_out(at, session, "keep", command_id, act)

    def set_brief(self, at: Terminal, ref: str | None, facts: dict[str, str], command_id: str) -> Session:
        """Record header facts; an empty one clears it, but for the title."""

        def act(session: Session, by: str) -> None:
            if not facts or not facts.get("title", "-").strip():
                raise Refused(USAGE)
            said = {name: Text(text.strip()) for name, text in facts.items()}
            session.add(by, *said.values())
            session.title = said.pop("title", session.title)
            session.brief |= {name: text if text.text else None for name, text in said.items()}

        return self.carry_out(at, self.meant(at, ref), "brief", command_id, act)

    def change(self, at: Terminal, ref: str | None, text: str, revert: str, command_id: str) -> Session:
        """Record a change, and how to take it back."""
        session = self.meant(at, ref)
        if text.strip() and not revert.strip():
            raise Refused(USAGE)

        def act(session: Session, by: str) -> None:
            if not text.strip():
                raise Refused(USAGE)
            said, how = Text(text.strip()), Text(revert.strip())
            seq = session.add(by, said, how)
            session.changes.append({"seq": seq, "text": said, "revert": how, "by": person(by), "reverted": False})

        return self.carry_out(at, session, "change", command_id, act)

    def revert(self, at: Terminal, ref: str | None, seq: int, command_id: str) -> Session:
        """Record that a change was taken back."""

        def act(session: Session, by: str) -> None:
            change = session.entry(session.changes, seq)
            if change is None or change["reverted"]:
                raise Refused(USAGE)
            change["reverted"] = True
            session.add(by)

        return self.carry_out(at, self.meant(at, ref), "revert", command_id, act)

    def wait(self, at: Terminal, ref: str | None, for_: str, until: bool, command_id: str) -> Session:
        """Record what else it waits for; one about the same takes the place of the other."""
        if not (for_.strip() or until):
            raise Refused(USAGE)

        def act(session: Session, by: str) -> None:
            said = Text(for_.strip())
            wait = Wait(session.add(by, said), said, until)
            same = [other for other in session.waits if other.about() == wait.about()][:1]
            session.waits = [other for other in session.waits if other not in same] + [wait]

        return self.carry_out(at, self.meant(at, ref), "wait", command_id, act)

    def end_wait(self, at: Terminal, ref: str | None, seq: int | None, command_id: str) -> Session:
        """Record that a wait is over: that of a number, or the only one."""

        def act(session: Session, by: str) -> None:
            if not session.waits:
                raise Refused(USAGE)
            if seq is not None and seq not in [wait.seq for wait in session.waits]:
                raise Refused(NOT_FOUND)
            if seq is None and len(session.waits) > 1:
                raise Refused(USAGE)
            session.add(by)
            session.waits = [wait for wait in session.waits if seq not in (None, wait.seq)]

        return self.carry_out(at, self.meant(at, ref), "wait", command_id, act)

    def share(self, at: Terminal, ref: str | None) -> Session:
        """Deliver a summary, which is recorded."""
        return self.carry_out(
            at, self.meant(at, ref, reading=True), "share", "", lambda session, by: void(session.add(by))
        )

    def redact(self, at: Terminal, ref: str | None, seq: int, command_id: str) -> Session:
        """Remove the texts of an entry for good, with the amendments of a note."""

        def act(session: Session, by: str) -> None:
            if not 1 <= seq <= session.version:
                raise Refused(NOT_FOUND)
            if by not in (session.log[seq - 1].by, session.owner):
                raise Refused(NOT_ALLOWED)
            for text in session.log[seq - 1].texts:
                text.remove()
            for text in (session.entry(session.notes, seq) or {"all": []})["all"]:
                text.remove()
            if piece := session.entry(session.evidence, seq):
                piece["bytes_kept"] = 0
            session.add(by)

        return self.carry_out(at, self.meant(at, ref), "redact", command_id, act)

    # Handing over

    def hand_off(self, at: Terminal, ref: str | None, to: str, new: bool, note: str, command_id: str) -> Session:
        """Hand a session off: it belongs to the receiver at once, who has not accepted yet."""
        session = self.to_leave(at, ref, command_id)
        known = {at.member}.union(*(session.people for session in self.sessions.values()))
        if not to.strip() or (to.casefold() not in known and NEAR.get(to.casefold()) in known and not new):
            raise Refused(USAGE)

        def act(session: Session, by: str) -> None:
            receiver = to.casefold()
            if receiver == session.owner:
                raise Refused(USAGE)
            word = Text(note.strip())
            session.pass_to(by, "handed off", word, receiver)
            handoff = {"sender": person(by), "to": person(receiver), "note": word}
            session.handoff = {"seq": session.version, **handoff}
            session.owner, session.status = receiver, "handed_off"
            session.people.add(receiver)

        return self.left(at, self.displayed(at, self.carry_out(at, session, "hand off", command_id, act)))

    def cancel(self, at: Terminal, ref: str | None, command_id: str) -> Session:
        """Take a handoff back."""
        return self.entered(at, self.carry_out(at, self.handed_off(at, ref), "cancel", command_id, _took_back))

    def accept(self, at: Terminal, ref: str | None, read_back: str, command_id: str) -> Session:
        """Acknowledge a handoff, or claim one from a queue."""
        session = self.waiting(at, ref)
        session = self.carry_out(at, session, "accept", command_id, lambda s, by: s.accept(by, read_back.strip()))
        return self.entered(at, session)

    def decline(self, at: Terminal, ref: str | None, reason: str, command_id: str) -> Session:
        """Return a handoff to the last owner who had accepted."""

        def act(session: Session, by: str) -> None:
            if not reason.strip():
                raise Refused(USAGE)
            session.pass_to(by, "declined", Text(reason.strip()), session.accepted_by)
            session.settle(session.accepted_by)

        return self.left(at, self.carry_out(at, self.waiting(at, ref), "decline", command_id, act))

    # Taking in

    def take_in(self, exported: Session) -> Session | None:
        """Import an export: extend the session that began so, or make a new one, which is given to be named."""
        here = self.sessions.get(exported.id)
        new = deepcopy(exported)
        if here is None:
            self.sessions[new.id] = new
            return None
        shared = min(here.version, new.version)
        if [event.reads for event in here.log[:shared]] != [event.reads for event in new.log[:shared]]:
            return new
        if new.version > here.version:
            self.sessions[new.id] = new
        return None


def void(_: object) -> None:
    """Make nothing of a value."""


def _only(sessions: list[Session]) -> Session:
    if len(sessions) != 1:
        raise Refused(USAGE if sessions else NOT_FOUND)
    return sessions[0]


def _take_over(session: Session, by: str, reason: str) -> None:
    session.pass_to(by, "took over", Text(reason.strip()))
    session.owner, session.accepted_by, session.handoff = by, by, None
    session.status = "closed" if session.closing else "open"


def _took_back(session: Session, by: str) -> None:
    session.pass_to(by, "took back", Text(""), session.accepted_by)
    session.settle(session.accepted_by)


def _close(session: Session, by: str, outcome: str, summary: str) -> None:
    said = Text(summary)
    session.pass_to(by, f"closed as {outcome}", said)
    session.closing, session.status = {"outcome": outcome, "summary": said, "by": person(by)}, "closed"


def _reopen(session: Session, by: str) -> None:
    if not session.closing:
        raise Refused(USAGE)
    session.pass_to(by, "reopened", Text(""))
    session.closing, session.status = None, "open"
