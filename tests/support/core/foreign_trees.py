"""Trees written to a store by another program, whose ids and texts never passed rflow's checks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rflow.core.tree.model import Choice, Decision, End, Node, Tree, canonical
from rflow.stores import open_store


def put_tree(store: Path, tree_id: str, title: str, labels: Sequence[str], question: str = "Which?") -> None:
    """Put a tree into a store: a question whose choices all lead to the same end."""
    choices = tuple(Choice(label=label, to="end") for label in labels)
    nodes: dict[str, Node] = {
        "first": Decision(text=question, choices=choices),
        "end": End(text="There", outcome="resolved"),
    }
    opened = open_store(str(store))
    try:
        opened.add_tree(canonical(Tree(id=tree_id, title=title, start="first", nodes=nodes)), datetime.now(UTC))
    finally:
        opened.close()
