"""Tables of sessions that fit the terminal, and the entries of the inbox."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import ceil

import msgspec

from rflow.cli.display.text import ago, open_points, plan_lines, span, wait_line, wrapped
from rflow.cli.output import styled, width_of
from rflow.core.session.head import Head
from rflow.core.session.state import Question, Session
from rflow.core.text import columns, one_line, pad, shorten

WIDEST = 140
_ROOMY = 110
"""The width from which a list of sessions shows the tickets."""


class Cell(msgspec.Struct, frozen=True):
    """A cell of a table, with its colour."""

    text: str
    colour: str | None = None


def heads_table(heads: Sequence[Head], me: str, now: datetime) -> str:
    """Return a table of sessions."""
    least = {"TITLE": 16, "CUSTOMER": 10, "TICKET": 8, "OWNER": 7}
    rows = [_row(head, me, now) for head in heads]
    names = [name for name in rows[0] if any(row[name].text for row in rows)]
    names = [name for name in names if name != "TICKET" or width_of(sys.stdout) >= _ROOMY]
    flexible = {place: least[name] for place, name in enumerate(names) if name in least}
    return table([tuple(names), *(tuple(row[name] for name in names) for row in rows)], flexible)


def _row(head: Head, me: str, now: datetime) -> dict[str, Cell]:
    return {
        "CODE": Cell(head.code),
        "TITLE": Cell(head.title),
        "CUSTOMER": Cell(head.customer),
        "TICKET": Cell(head.ticket),
        "OWNER": Cell("you" if head.owner.id == me else head.owner.name),
        "STATE": state_cell(head, me, now),
        "UPDATED": Cell(ago(head.updated_at, now)),
    }


def state_cell(head: Head, me: str, now: datetime) -> Cell:
    """Return the state of a session; unless it is closed, the deadline of its first wait comes before its status."""
    if head.status == "closed":
        return Cell("closed")
    if head.waiting_until is not None:
        seconds = (head.waiting_until - now).total_seconds()
        if seconds < 0:
            return Cell(f"overdue {span(-seconds)}" if seconds <= -60 else "overdue", "red")
        return Cell(f"due in {span(ceil(seconds / 60) * 60)}", "yellow")  # "2h" just after it was set, not "1h"
    if head.status == "handed_off":
        return Cell("for you", "yellow") if head.owner.id == me else Cell("handed off", "yellow")
    return Cell("waiting", "yellow") if head.waiting_for else Cell("open")


def inbox_entry(head: Head, session: Session | None, now: datetime, program: str) -> str:
    """Return a session that was handed over: its title, its sender, its open points, and the handoff's message.

    `session` is None if it can't be read; then only the wait that is due first is known. `program` is the prefix of
    commands.
    """
    sender = head.sender.name if head.sender else "somebody"
    queue = f" to {head.owner.name}" if head.owner.is_queue else ""
    indent = " " * 9
    title = " · ".join(one_line(part) for part in (head.title, head.customer) if part)
    lines = [styled(wrapped(title, indent, f"{head.code}  "), bold=True)]
    lines.append(wrapped(f"from {sender}{queue}, {ago(head.updated_at, now)}", indent, indent))
    if session is not None:
        for wait in session.waiting:
            lines.append(wait_line(wait.waiting_for, wait.until, now, indent))
            lines += plan_lines(wait.contingencies, f"{indent}  ")
        lines += [*caution_lines(session), *open_points(session, program, indent), *handover_lines(session, indent)]
    elif head.waiting_for or head.waiting_until:
        lines.append(wait_line(head.waiting_for, head.waiting_until, now, indent))
    return "\n".join(lines)


def handover_lines(session: Session, indent: str, *, note: bool = True) -> Iterator[str]:
    """Yield the message of the last handoff, if `note`, and the contingencies of the last handoff that had any."""
    from rflow.core.summary.units.earlier import plans_given

    given = session.last_handoff
    if note and given and given.text:
        yield wrapped(f"note: {one_line(given.text)}", f"{indent}  ", indent)
    yield from plan_lines(plans_given(session.handoffs), indent)


def caution_lines(session: Session) -> Iterator[str]:
    """Yield the valid warnings, for the inbox."""
    from rflow.core.summary.units.earlier import valid_warnings

    indent = " " * 9
    for text in valid_warnings(session):
        yield styled(wrapped(f"caution: {one_line(text)}", indent, indent), colour="red")


def question_entry(session: Session, question: Question, now: datetime, begin: str) -> str:
    """Return a question: its session, its author, its text, and how to answer it."""
    indent = " " * 9
    queue = f" of {question.to.name}" if question.to.is_queue else ""
    when = f", {ago(question.at, now)}" if question.at else ""
    title = one_line(session.title)
    return "\n".join(
        [
            styled(wrapped(title, indent, f"{session.code}  "), bold=True),
            wrapped(f"{question.by.name} asks{queue}{when}: {one_line(question.text)}", indent, indent),
            f'{indent}{begin} -s {session.code} reply {question.seq} "\u2026"',
        ]
    )


def table(rows: Sequence[Sequence[Cell | str]], flexible: Mapping[int, int] | None = None) -> str:
    """Return rows in columns, the first row as headings.

    If they are too wide, the `flexible` columns (column → minimum width; by default the last) are cut, widest first.
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(columns(cell.text) for cell in column) for column in zip(*cells, strict=True)]
    _cut(widths, flexible or {len(widths) - 1: 20}, min(width_of(sys.stdout), WIDEST) - 2 * (len(widths) - 1))
    return "\n".join(_line(row, widths, heading=number == 0) for number, row in enumerate(cells))


def _cell(cell: Cell | str) -> Cell:
    return Cell(one_line(cell.text), cell.colour) if isinstance(cell, Cell) else Cell(one_line(cell))


def _cut(widths: list[int], flexible: Mapping[int, int], room: int) -> None:
    """Reduce the widths of columns, widest first, until they fit or have their minimum width."""
    while sum(widths) > room:
        wide = [place for place, least in flexible.items() if widths[place] > least]
        if not wide:
            return
        widths[max(wide, key=lambda place: widths[place])] -= 1


def _line(row: Sequence[Cell], widths: Sequence[int], *, heading: bool) -> str:
    shown = [pad(shorten(cell.text, width, columns), width) for cell, width in zip(row, widths, strict=True)]
    end = len(shown) - 1
    while end and not shown[end].strip():
        end -= 1
    shown = [*shown[:end], shown[end].rstrip()]
    return "  ".join(styled(text, colour=cell.colour, dim=heading) for text, cell in zip(shown, row, strict=False))
