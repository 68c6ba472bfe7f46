"""What people read in the terminal: where a session stands, what to type next, lists."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rflow.cli.app import local
from rflow.cli.output import styled
from rflow.core.session.head import Head
from rflow.core.session.state import Session
from rflow.core.text import clean, columns, one_line, pad, shorten, wrap
from rflow.core.tree.graph import Remaining, remaining
from rflow.core.tree.model import Action, Decision, End, Node, Tree

WIDTH = 80


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Wrap an untrusted text to the terminal's width; its own line breaks are kept."""
    lines: list[str] = []
    for number, line in enumerate(clean(text).split("\n")):
        start = first if number == 0 and first is not None else indent
        lines += wrap(line, WIDTH, start, indent) or [start.rstrip()]
    return "\n".join(lines)


def clock(at: datetime | None) -> str:
    """Return the local time of day, with the date if it is not today."""
    if at is None:
        return "--:--"
    here = local(at)
    return here.strftime("%H:%M" if here.date() == datetime.now().astimezone().date() else "%Y-%m-%d %H:%M")


def ago(at: datetime, now: datetime) -> str:
    """Return roughly how long ago: only for lists on the screen, since it is false once pasted."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes}m ago"
    if minutes < 48 * 60:
        return f"{minutes // 60}h ago"
    return f"{minutes // 1440}d ago"


def heading(session: Session) -> str:
    """Return code and title of the session, then ticket, customer, severity and owner."""
    brief = session.brief
    facts = [fact for fact in (brief.ticket, brief.customer) if fact]
    facts += [f"severity {brief.severity}"] if brief.severity else []
    lines = [styled(wrapped(f"{session.code}  {one_line(session.title)}"), bold=True)]
    lines.append(wrapped(" · ".join([*map(one_line, facts), state(session)]), "  ", "  "))
    return "\n".join(lines)


def state(session: Session) -> str:
    """Return who owns the session and whether it is open."""
    if session.closing:
        return f"closed as {session.closing.outcome} by {session.closing.by.name}"
    if session.pending:
        return f"handed off by {session.pending.sender.name} to {session.owner.name}, not accepted yet"
    return f"owner {session.owner.name}"


def position(session: Session, tree: Tree | None) -> str:
    """Return where the session stands: the question with its numbered choices, the action, or the end."""
    if session.place is None:
        return 'No tree: record what you try with  rflow step "…" --result "…"'
    node = tree.nodes.get(session.place.node) if tree else None
    if tree is None or node is None:
        return wrapped(f"At: {session.place.text} (its tree is not in this store)", "    ", "")
    lines = [styled(wrapped(node.text, "  ", _mark(node)), bold=True)]
    if node.help:
        lines.append(styled(wrapped(node.help, "  ", "  "), dim=True))
    if node.run:  # not wrapped: it is there to be copied
        lines += ["", f"  $ {clean(node.run)}"]
    if isinstance(node, Decision):
        lines += ["", *_menu(node)]
    if not isinstance(node, End):
        lines.append(styled(f"\n  {steps_left(remaining(tree, session.place.node))}", dim=True))
    return "\n".join(lines)


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
    """Return what `me` can type next, most useful first.

    Commands begin with `rflow`, those that go to this session without naming it with `begin`.
    """
    code = session.code
    take = f'{rflow} resume {code} --take --reason "…"'
    if session.status == "closed":
        return [f"{rflow} progress {code}", f"{rflow} -s {code} reopen" if session.owner.id == me else take]
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
    """Return what can be typed at a node, or without one."""
    match node:
        case Decision():
            return ["choose NUMBER", 'note "…"', "run -- COMMAND", "progress --copy"]
        case Action():
            return ['done "what came of it"', 'skip --reason "…"', "run -- COMMAND"]
        case End(outcome="resolved"):
            return ["close", "back"]
        case End():
            return ["progress --copy", "handoff USER", "close --outcome escalated"]
        case None:
            return ['step "what you tried" --result "…"', 'note "…"', "progress --copy"]


def typing(commands: Iterable[str]) -> str:
    """Return commands to type, indented, a line each."""
    return "\n".join(f"    {command}" for command in commands)


def heads_table(heads: Sequence[Head], me: str, now: datetime) -> str:
    """Return sessions in a row each; titles are cut to the width."""
    rows = [("CODE", "OWNER", "STATE", "UPDATED", "TITLE")]
    for head in heads:
        title = " · ".join(one_line(part) for part in (head.title, head.customer, head.ticket) if part)
        owner = "you" if head.owner.id == me else shorten(head.owner.name, 14)
        rows.append((head.code, owner, state_word(head, me), ago(head.updated_at, now), title))
    return table(rows)


def state_word(head: Head, me: str) -> str:
    """Return the state of a session in a word or two."""
    if head.status == "handed_off":
        return "handed to you" if head.owner.id == me else "handed off"
    if head.status == "open" and head.waiting_for:
        return "waiting"
    return {"open": "open", "closed": "closed"}[head.status]


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows in columns, the first row as headings; the last column takes the rest of the width."""
    rows = [tuple(map(one_line, row)) for row in rows]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for number, row in enumerate(rows):
        start = "  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=False))
        last = shorten(row[-1], max(WIDTH - columns(start) - 2, 20), columns)
        line = f"{start}  {last}".rstrip()
        lines.append(styled(line, dim=True) if number == 0 else line)
    return "\n".join(lines)
