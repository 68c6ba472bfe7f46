"""Decision trees: their nodes, the ways out of them, and the digest that names a version."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from rflow.core.fingerprint import fingerprint

Outcome = Literal["resolved", "escalate"]
Kind = Literal["decision", "action", "end"]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a decision's question and the node it leads to."""

    label: str
    to: str


class _Node(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What all nodes have: a text; optionally help (Markdown) and a suggested command, never run by itself."""

    text: str
    help: str = ""
    run: str = ""


class Decision(_Node, frozen=True, kw_only=True, tag="decision"):
    """A question with choices."""

    choices: tuple[Choice, ...]


class Action(_Node, frozen=True, kw_only=True, tag="action"):
    """Something to do, and the node that follows it."""

    to: str


class End(_Node, frozen=True, kw_only=True, tag="end"):
    """Where a tree ends: the problem is resolved, or somebody else takes over."""

    outcome: Outcome


Node = Decision | Action | End


class Tree(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision tree; `nodes` by id, loops allowed."""

    id: str
    title: str
    start: str
    nodes: dict[str, Node]
    description: str = ""


def exits(node: Node) -> tuple[Choice, ...]:
    """Give the ways out of `node`; an action's single exit has an empty label."""
    match node:
        case Decision():
            return node.choices
        case Action():
            return (Choice(label="", to=node.to),)
        case End():
            return ()


def kind_of(node: Node) -> Kind:
    """Name the kind of `node`."""
    match node:
        case Decision():
            return "decision"
        case Action():
            return "action"
        case End():
            return "end"


def targets(tree: Tree, node_id: str) -> Iterator[str]:
    """Give the ids of the nodes one step behind `node_id`; ids that are not in the tree are left out."""
    node = tree.nodes.get(node_id)
    if node is not None:
        yield from (choice.to for choice in exits(node) if choice.to in tree.nodes)


def canonical(tree: Tree) -> bytes:
    """Encode `tree` as canonical JSON: sorted keys, no blanks, defaults left out."""
    return msgspec.json.encode(tree, order="sorted")


def digest(tree: Tree) -> str:
    """Name this version of `tree`: the SHA-256 of its canonical JSON, in hexadecimal."""
    return fingerprint(canonical(tree))
