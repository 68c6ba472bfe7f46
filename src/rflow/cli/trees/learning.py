"""What is shown of what sessions teach about trees, hints and statistics, and of what members propose."""

from datetime import datetime

from rflow.cli.display.lists import table
from rflow.cli.display.text import clock, span, wrapped
from rflow.core.session.experience import ENOUGH, Hints, TreeStats
from rflow.core.text import counted, one_line, shorten
from rflow.core.tree.changes import changes
from rflow.ports.values import Proposal
from rflow.ports.workspace import Workspace
from rflow.service.trees import tree_version

_ENDED = ("resolved", "escalated", "abandoned", "open")


def hints_text(hints: Hints) -> str:
    """Return what earlier sessions answered, most useful for the terminal."""
    lines = [one_line(hints.question)]
    if not hints.enough:
        count = counted(hints.sessions, "earlier session") if hints.sessions else "no earlier session"
        lines.append(f"  Too few: {count} answered here; fewer than {ENOUGH} say nothing.")
        return "\n".join(lines)
    rows: list[tuple[str, ...]] = [("ANSWER", "SESSIONS", *(word.upper() for word in _ENDED))]
    for answer in hints.answers:
        ended = answer.ended
        cells = [str(ended.get(word, 0)) for word in _ENDED] if ended is not None else ["too few", "", "", ""]
        rows.append((one_line(answer.label), str(answer.sessions), *(cells if answer.sessions else [""] * 4)))
    last = "last " if hints.more else ""
    return "\n".join([*lines, table(rows), f"Of the {last}{counted(hints.sessions, 'session')} that answered here."])


def stats_text(stats: TreeStats, now: datetime) -> str:
    """Return the statistics of a tree as a table, with its flags below."""
    rows: list[tuple[str, ...]] = [("NODE", "ENTERED", "TIME", "ESCALATED", "ABANDONED", "OPEN", "TEXT")]
    for node in stats.nodes:
        time = "" if node.seconds is None else span(node.seconds) if node.seconds >= 60 else f"{node.seconds}s"
        counts = [str(number) if number else "" for number in (node.escalated, node.abandoned, node.open)]
        rows.append((node.node, str(node.entered), time, *counts, shorten(one_line(node.text), 50)))
    last = "the last " if stats.more else ""
    flagged = [
        wrapped(f"{flag.node}: flagged by {flag.by.name}, {clock(flag.at, now)}: {one_line(flag.text)}", "  ", "")
        for flag in stats.flags
    ]
    return "\n".join([f"{stats.tree}: {last}{counted(stats.sessions, 'session')}", table(rows), *flagged])


def proposal_text(workspace: Workspace, proposal: Proposal, now: datetime) -> str:
    """Return a proposal with what it changes."""
    head = f"{proposal.digest[:8]}  {proposal.tree}  by {proposal.by.name}, {clock(proposal.at, now)}"
    new, old = (tree_version(workspace, digest) if digest else None for digest in (proposal.digest, proposal.edited))
    if new is None or old is None:
        return f"{head}\n  a new tree of {counted(proposal.nodes, 'node')}"
    listed = changes(old, new)
    signs = {"added": "+", "removed": "-", "changed": "~"}
    lines = [f"  {signs[each.kind]} {each.node + ': ' if each.node else ''}{each.text}" for each in listed[:20]]
    more = [f"  … and {len(listed) - 20} more."] if len(listed) > 20 else []
    return "\n".join([head, *(wrapped(line, "    ", "") for line in lines), *more])
