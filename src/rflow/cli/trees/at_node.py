"""What is shown of the node where a session stands: flags, what a newer version changed, whether its limit passed.

This runs after every move, so it imports little.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from rflow.cli.app import App
from rflow.cli.display.text import clock, span, wrapped
from rflow.cli.output import styled
from rflow.core.session.state import Session
from rflow.core.text import one_line
from rflow.core.tree.limits import past_limit
from rflow.core.tree.model import Tree
from rflow.service.trees import newer_here, node_of

if TYPE_CHECKING:
    from rflow.core.session.experience import NodeFlag
    from rflow.ports.workspace import Workspace


def say_of_node(app: App, session: Session, tree: Tree | None) -> None:
    """Show what a newer version changed at the node where a session stands, what was flagged, and its limit."""
    now = app.workspace.now()
    changed = newer_here(app.workspace, session, tree) if session.status != "closed" else None
    if changed is not None:
        app.out(styled("  (The tree has a newer version; this session keeps the version it started with.)", dim=True))
    for change in changed or ():
        app.out(wrapped(f"In the newer version: {change}", "    ", "  "))
    for line in flag_lines(flags_here(app.workspace, session), now):
        app.out(line)
    if over := limit_line(session, tree, now, app.program):
        app.out(over)


def flags_here(workspace: "Workspace", session: Session) -> "list[NodeFlag]":
    """Return what people flagged as wrong at the node where a session stands, in its version of the tree."""
    if session.tree is None or session.place is None or session.status == "closed":
        return []
    listed = workspace.flags(session.tree.id, session.space)
    return [flag for flag in listed if (flag.node, flag.digest) == (session.place.node, session.tree.digest)]


def flag_lines(flags: "Iterable[NodeFlag]", now: datetime) -> list[str]:
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
    node = node_of(session, tree)
    over = past_limit(node, session.arrived, now) if node and session.status == "open" else None
    if node is None or over is None:
        return ""
    what = f"{span(over.total_seconds())} at this node; its limit is {node.limit}. Time to escalate?"
    text = f"{what} {rflow} handoff USER, or {rflow} close --outcome escalated"
    return styled(wrapped(text, "    ", "  "), colour="red")


def about_node(run: App, session: Session, tree: Tree | None) -> dict[str, object]:
    """Return what programs read of the node where a session stands: flags, changes in a newer version, the limit."""
    node = node_of(session, tree)
    arrived = session.arrived
    over = past_limit(node, arrived, run.workspace.now()) if node and session.status == "open" else None
    return {
        "since": arrived,
        "limit": (node.limit if node else "") or None,
        "past_limit": over is not None,
        "flags": flags_here(run.workspace, session),
        "changed": newer_here(run.workspace, session, tree) or [],
    }
