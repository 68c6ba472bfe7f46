"""Drawings of trees: SVG, Mermaid, DOT or plain text."""

from pathlib import PurePath

from rflow.cli.app import App
from rflow.cli.display.tree import drawn
from rflow.core.session.state import Session
from rflow.core.summary.units.tree_parts import path_through
from rflow.core.text import one_line
from rflow.core.tree.model import Tree
from rflow.errors import NotFound, UsageProblem
from rflow.service.trees import tree_of

_SUFFIXES = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot"}


def format_for(format_: str | None, output: str | None) -> str:
    """Return the format of a drawing: the given one, else by the file's suffix, else text."""
    return format_ or _SUFFIXES.get(PurePath(output or "").suffix.lower(), "text")


def drawing(run: App, tree: Tree | None, session: Session | None, format_: str) -> str:
    """Return a drawing of a tree, by default that of `session`, with the path of `session` if given."""
    if session:
        tree = _version(run, session, tree)
    assert tree is not None
    if format_ == "text":
        return drawn(tree, session) + "\n"
    path = path_through(session, session.tree.digest) if session and session.tree else []
    position = session.place.node if session and session.place else None
    if format_ == "svg":
        from rflow.core.summary.units.tree_outline import tree_outline
        from rflow.formats.tree_map import STYLE, tree_map

        return tree_map(tree_outline(tree, path, position, one_line), one_line(tree.title), style=STYLE)
    from rflow.trees.charts import CHARTS, left_out, path_of

    if format_ == "mermaid" and (missing := left_out(tree)):
        run.say(f"Not in the chart, because Mermaid has no place for it: {', '.join(missing)}.")
    return CHARTS[format_](tree, path_of(tree, path, position) if session else None)


def _version(run: App, session: Session, named: Tree | None) -> Tree:
    """Return the version of the tree that a session uses; raise `UsageProblem` if another tree was named."""
    if session.tree is None:
        raise UsageProblem(f"{session.code} has no tree to draw.", try_="rflow tree graph TREE  (see: rflow tree list)")
    if named and named.id != session.tree.id:
        try_ = f"rflow tree graph {session.tree.id} --session {session.code}"
        raise UsageProblem(f"{session.code} stands in the tree {session.tree.id}, not in {named.id}.", try_=try_)
    tree = tree_of(run.workspace, session)
    if tree is None:
        raise NotFound(
            f"The version of {session.tree.id} that {session.code} stands in is not in this store.",
            try_=f"Draw the current one: rflow tree graph {session.tree.id}",
        )
    return tree
