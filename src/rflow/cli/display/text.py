"""The texts about a session in the terminal: its heading, open points, position, and the next commands."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from rflow.cli.app import local
from rflow.cli.output import prose_width, styled
from rflow.core.session.events import Contingency
from rflow.core.session.state import Change, OwnershipEntry, Session
from rflow.core.text import clean, columns, counted, one_line, shorten, wrap
from rflow.core.tree.graph import Remaining, remaining
from rflow.core.tree.model import Action, Decision, End, Node, Tree

_CHANGES = 5
"""How many changes in place are listed."""
_ROOMY = 2
"""If there are more changes, each is cut to one line."""
_POINT = 160
"""How many characters of the situation, or of a change, are shown."""
_LEAST = 20
"""How many columns of a change are shown at least beside how to revert it."""
_ASK, _LONG_ASK = 60, 900
"""How many words and characters of the ask are shown; a summary does not cut so many words either."""


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Wrap an untrusted text to the terminal's width; its own line breaks are kept."""
    lines: list[str] = []
    width = prose_width(sys.stdout)
    for number, line in enumerate(clean(text).split("\n")):
        start = first if number == 0 and first is not None else indent
        lines += wrap(line, width, start, indent) or [start.rstrip()]
    return "\n".join(lines)


def clock(at: datetime | None, now: datetime) -> str:
    """Return the local time of day, with the date if that is not the date of `now`."""
    if at is None:
        return "--:--"
    here = local(at)
    return here.strftime("%H:%M" if here.date() == local(now).date() else "%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """Return an approximate length of time; only for the screen, since it soon becomes outdated."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def ago(at: datetime, now: datetime) -> str:
    """Return approximately how long ago a time was."""
    seconds = (now - at).total_seconds()
    return "now" if seconds < 60 else f"{span(seconds)} ago"


def heading(session: Session, now: datetime, *, situation: bool = False, plans: bool = False) -> str:
    """Return code and title of the session; then ticket, customer, severity, owner; then its waits.

    `situation` adds the situation, `plans` the contingencies of waits.
    """
    brief = session.brief
    facts = [fact for fact in (brief.ticket, brief.customer) if fact]
    facts += [f"severity {brief.severity}"] if brief.severity else []
    lines = [styled(wrapped(f"{session.code}  {one_line(session.title)}"), bold=True)]
    lines.append(wrapped(" · ".join([*map(one_line, facts), state(session)]), "  ", "  "))
    if session.status != "closed":
        if situation and brief.situation:
            lines.append(wrapped(f"situation: {shorten(one_line(brief.situation), _POINT)}", "    ", "  "))
        for wait in session.waiting:
            lines.append(wait_line(wait.waiting_for, wait.until, now, "  "))
            lines += plan_lines(wait.contingencies, "    ") if plans else []
    return "\n".join(lines)


def plan_lines(plans: Iterable[Contingency], indent: str) -> list[str]:
    """Return what to do if something happens."""
    return [wrapped(f"if {one_line(plan.condition)}: {one_line(plan.action)}", f"{indent}  ", indent) for plan in plans]


def open_points(session: Session, program: str, indent: str) -> list[str]:
    """Return the ask, and the latest changes in place with how to revert them.

    One or two changes are shown uncut; if there are more, each is cut to a line.
    """
    changes = [change for change in session.changes.values() if change.in_place]
    room = prose_width(sys.stdout) - len(indent) if len(changes) > _ROOMY else None
    lines = [f"ask: {_ask(session.brief.ask)}"] if session.brief.ask else []
    show = f"{program} show {session.code}"
    lines += [_in_place(change, show, room) for change in changes[-_CHANGES:]]
    if (more := len(changes) - _CHANGES) > 0:
        lines.append(f"and {more} more in place: {show}")
    return [wrapped(line, f"{indent}  ", indent) for line in lines]


def _ask(text: str) -> str:
    words = one_line(text).split()
    return shorten(" ".join([*words[:_ASK], *(["…"] if len(words) > _ASK else [])]), _LONG_ASK)


def _in_place(change: Change, show: str, room: int | None) -> str:
    """Return a change with its number and how to revert it, in `room` columns if that is given.

    How to revert it is never cut, because half a command may do harm: if it has no room, the command that shows it
    takes its place. If that has no room either, the shorter of the two is used, and the line is longer than `room`.
    """
    text, start = shorten(one_line(change.text), _POINT), f"in place #{change.seq}: "
    back = f" (revert: {one_line(change.revert)})" if change.revert else ""
    left = room - columns(start) if room is not None else _POINT * 2
    if columns(back) > left - min(columns(text), _LEAST):
        back = min(f" (revert: {show})", back, key=columns)
    return f"{start}{shorten(text, max(left - columns(back), _LEAST), columns)}{back}"


def declined_words(session: Session, now: datetime) -> str:
    """Return who declined the last handoff, and why, until the owner enters something; else ""."""
    last = session.ownership[-1] if session.ownership else None
    if last is None or last.word != "declined":
        return ""
    since = range(last.seq + 1, session.content_version + 1)
    if any(session.authors.get(seq) == session.owner.id for seq in since):
        return ""
    return f"{last.by.name} declined {clock(last.at, now)}{f': {one_line(last.text)}' if last.text else ''}"


def taken_words(session: Session, me: str, now: datetime) -> str:
    """Return, for the previous owner, who took a session over or reassigned it, and why; else ""."""
    if not session.ownership:
        return ""
    *earlier, last = session.ownership
    if last.word not in ("took over", "reassigned") or session.owner.id == me or last.by.id == me:
        return ""
    before = [_owner_after(entry) for entry in earlier]
    owners = [session.authors.get(1), *(owner for owner in before if owner)]
    pending = bool(earlier) and earlier[-1].word == "handed off"
    if me not in ({owners[-1], earlier[-1].by.id} if pending else {owners[-1]}):
        return ""
    to = f"gave it to {last.to.name}" if last.to else "took it over"
    return f"{last.by.name} {to} {clock(last.at, now)}{f': {one_line(last.text)}' if last.text else ''}"


def _owner_after(entry: OwnershipEntry) -> str:
    """Return the id of the owner after an ownership entry; "" if it does not change the owner."""
    if entry.to:
        return entry.to.id
    return entry.by.id if entry.word in ("accepted", "took over") else ""


def last_closed_words(session: Session, now: datetime) -> str:
    """Return a sentence about the user's last session: how, by whom and when it was closed."""
    return f"Your last session {closed_words(session, now)}"


def closed_words(session: Session, now: datetime) -> str:
    """Return how, by whom and when a session was closed."""
    closing = session.closing
    how = f" as {closing.outcome} by {closing.by.name} at {clock(closing.at, now)}" if closing else ""
    return f"{session.code} ({shorten(one_line(session.title), 60)}) was closed{how}"


def left_open(session: Session) -> str:
    """Return the counts of what is open in a session: changes in place, waits, warnings, assumptions, questions."""
    from rflow.core.session.rules.entries import assumptions
    from rflow.core.summary.units.earlier import valid_warnings

    changes = [change for change in session.changes.values() if change.in_place]
    questions = [question for question in session.questions.values() if question.is_open]
    counts = [
        (len(changes), "change in place", "changes in place"),
        (len(session.waits), "wait", ""),
        (len(valid_warnings(session)), "warning", ""),
        (len(assumptions(session)), "assumption not verified", "assumptions not verified"),
        (len(questions), "question without an answer", "questions without an answer"),
    ]
    return ", ".join(counted(number, one, many) for number, one, many in counts if number)


def handed_words(session: Session, me: str, now: datetime) -> str:
    """Return to whom and when `me` handed off a session that others own now; else ""."""
    given = session.last_handoff
    if given is None or given.by.id != me or session.owner.id == me or session.status == "closed":
        return ""
    title = shorten(one_line(session.title), 60)
    to = given.to.name if given.to else session.owner.name
    accepted = "who hasn't accepted it yet" if session.pending else f"and it is with {session.owner.name} now"
    return f"You handed {session.code} ({title}) to {to} at {clock(given.at, now)}, {accepted}."


def state(session: Session) -> str:
    """Return the owner and the status of a session."""
    if session.closing:
        return f"closed as {session.closing.outcome} by {session.closing.by.name}"
    if session.pending:
        return f"handed off by {session.pending.sender.name} to {session.owner.name}, not accepted yet"
    return f"owner {session.owner.name}"


def wait_line(waiting_for: str, until: datetime | None, now: datetime, indent: str) -> str:
    """Return a wait with its deadline, in yellow; in red once that has passed."""
    overdue = until is not None and until < now
    limit = "" if until is None else f" {'since' if overdue else 'until'} {clock(until, now)}"
    what = f"{'OVERDUE' if overdue else 'waiting'}{limit}{f': {one_line(waiting_for)}' if waiting_for else ''}"
    return styled(wrapped(what, f"{indent}  ", indent), colour="red" if overdue else "yellow", bold=overdue)


def position(session: Session, tree: Tree | None, begin: str, *, arrived: bool = False) -> str:
    """Return the position of a session: the question with its numbered choices, the action, or the end.

    For a closed session it is the closing summary and the last position. `begin` is the prefix of commands for the
    session. If it has just `arrived`, the help of a question is left out, so that the handoff's message stays in view.
    """
    if session.closing:
        ended = [("Closed with", session.closing.summary), ("Ended at", session.place.text if session.place else "")]
        return "\n".join(wrapped(f"{label}: {text}", "    ", "") for label, text in ended if text)
    if session.place is None:
        return f'No tree: record what you try with  {begin} step "…" --result "…"'
    node = tree.nodes.get(session.place.node) if tree else None
    if tree is None or node is None:
        return wrapped(f"At: {session.place.text} (its tree is not in this store)", "    ", "")
    colour = {"resolved": "green", "escalate": "yellow"}[node.outcome] if isinstance(node, End) else None
    if arrived and isinstance(node, Decision) and (node.help or node.run):
        node = replace(node, help=f"More about it: {begin}   What was tried: {begin} progress --brief", run="")
    lines = _explained(node, [styled(wrapped(node.text, "  ", _mark(node)), bold=True, colour=colour)])
    if not isinstance(node, End):
        lines.append(styled(f"\n  {steps_left(remaining(tree, session.place.node))}", dim=True))
    return "\n".join(lines)


def _explained(node: Node, text: list[str]) -> list[str]:
    """Return the text of a node with its help and suggested command.

    For a question these come first, so that question, choices and next commands are together at the end of a small
    screen.
    """
    help_ = [styled(wrapped(node.help, "  ", "  "), dim=True)] if node.help else []
    command = [f"  $ {clean(node.run)}"] if node.run else []  # not wrapped, so that it can be copied
    if not isinstance(node, Decision):
        return [*text, *help_, *("" for _ in command), *command]
    parts = [part for part in (help_, command, text, _menu(node)) if part]
    return [line for part in parts for line in ("", *part)][1:]


def _menu(node: Decision) -> list[str]:
    return [wrapped(choice.label, "       ", f"  {number:>3}  ") for number, choice in enumerate(node.choices, 1)]


def _mark(node: Node) -> str:
    match node:
        case Decision():
            return "? "
        case Action():
            return "> "
        case End(outcome=outcome):
            return "= " if outcome == "resolved" else "! "


def steps_left(left: Remaining) -> str:
    """Return how many steps remain."""
    if left.fewest is None:
        return "no end can be reached from here"
    if left.loops:
        return f"at least {_steps(left.fewest)} to an end (there are loops ahead)"
    if left.most == left.fewest:
        return f"{_steps(left.fewest)} to an end"
    return f"{left.fewest} to {left.most} steps to an end"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def next_words(session: Session, tree: Tree | None, me: str, rflow: str, begin: str) -> list[str]:
    """Return the next commands for `me`, most useful first.

    `rflow` is the prefix of commands, `begin` that of commands for this session.
    """
    code = session.code
    take = f'{rflow} resume {code} --take --reason "…"'
    if session.status == "closed":
        return [f"{rflow} progress {code}", f"{rflow} reopen {code}" if session.owner.id == me else take]
    if session.owner.id != me:
        sent = session.pending is not None and session.pending.sender.id == me
        own = [f"{rflow} -s {code} handoff --cancel"] if sent else []
        claim = [f"{rflow} accept {code}"] if session.owner.is_queue else [] if sent else [take]
        return [*own, *claim, f'{rflow} -s {code} note "…"']
    if session.pending:
        return [f'{rflow} accept {code} --read-back "…"', f'{rflow} decline {code} --reason "…"']
    node = tree.nodes.get(session.place.node) if tree and session.place else None
    return [f"{begin} {words}" for words in _at(node)]


def _at(node: Node | None) -> list[str]:
    """Return the commands to use at a node, or without a tree."""
    match node:
        case Decision():
            return ["choose NUMBER", 'note "…"', "run -- COMMAND", "progress --copy"]
        case Action():
            return ['done "what came of it"', 'skip "why"', "run -- COMMAND"]
        case End(outcome="resolved"):
            return ["close", "back"]
        case End():
            return ["progress --copy", "handoff USER", "close --outcome escalated"]
        case None:
            return ['step "what you tried" --result "…"', 'note "…"', "progress --copy"]


def next_block(commands: Sequence[str]) -> str:
    """Return the next commands, below a heading."""
    return f"\nNext:\n{to_type(commands)}"


def to_type(commands: Sequence[str]) -> str:
    """Return commands, one per line, the first in bold; never wrapped, so that they can be copied."""
    first, *others = commands
    command, gap, remark = first.partition("  ")
    return "\n".join([f"    {styled(command, bold=True)}{gap}{remark}", *(f"    {other}" for other in others)])
