"""What is shown of what sessions teach about trees: flags, limits, hints, statistics, proposals."""

from collections.abc import Iterable
from datetime import datetime

from rflow.cli.app import App
from rflow.cli.display.lists import table
from rflow.cli.display.text import clock, span, wrapped
from rflow.cli.output import styled
from rflow.core.session.experience import ENOUGH, Hints, NodeFlag, TreeStats, arrived_at
from rflow.core.session.state import Session
from rflow.core.text import counted, one_line, shorten
from rflow.core.tree.changes import changes
from rflow.core.tree.limits import past_limit
from rflow.core.tree.model import Tree
from rflow.ports.workspace import Proposal, Workspace
from rflow.service.trees import changes_here, tree_version

_ENDED = ("resolved", "escalated", "abandoned", "open")


def flags_here(workspace: Workspace, session: Session) -> list[NodeFlag]:
    """Return what people flagged as wrong at the node where a session stands, in its version of the tree."""
    if session.tree is None or session.place is None or session.status == "closed":
        return []
    listed = workspace.flags(session.tree.id, session.space)
    return [flag for flag in listed if (flag.node, flag.digest) == (session.place.node, session.tree.digest)]


def flag_lines(flags: Iterable[NodeFlag], now: datetime) -> list[str]:
    """Return a line for each flag."""
    return [
        styled(
            wrapped(f"flagged by {flag.by.name}, {clock(flag.at, now)}: {one_line(flag.text)}", "    ", "  "),
            colour="yellow",
        )
        for flag in flags
    ]


def limit_line(session: Session, tree: Tree | None, now: datetime, rflow: str) -> str:
    """Return what to do where a session has been at a node for longer than its limit; "" where it has not."""
    node = tree.nodes.get(session.place.node) if tree and session.place else None
    over = past_limit(node, arrived_at(session), now) if node and session.status == "open" else None
    if node is None or over is None:
        return ""
    what = f"{span(over.total_seconds())} at this node; its limit is {node.limit}. Time to escalate?"
    text = f"{what} {rflow} handoff USER, or {rflow} close --outcome escalated"
    return styled(wrapped(text, "    ", "  "), colour="red")


def about_node(run: App, session: Session, tree: Tree | None) -> dict[str, object]:
    """Return what programs read of the node where a session stands: flags, changes in a newer version, the limit."""
    node = tree.nodes.get(session.place.node) if tree and session.place else None
    arrived = arrived_at(session)
    over = past_limit(node, arrived, run.workspace.now()) if node and session.status == "open" else None
    return {
        "since": arrived,
        "limit": (node.limit if node else "") or None,
        "past_limit": over is not None,
        "flags": flags_here(run.workspace, session),
        "changed": changes_here(run.workspace, session),
    }


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
