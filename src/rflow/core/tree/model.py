"""Decision trees: their nodes, the exits of nodes, and the digest that names a version."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from rflow.core.fingerprint import fingerprint

Outcome = Literal["resolved", "escalate"]
Kind = Literal["decision", "action", "end"]


class _Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all parts of a tree. A tree with an unknown field is rejected, so that it is never rewritten."""


class Choice(_Part, frozen=True, kw_only=True):
    """An answer to a decision's question, and the node it leads to.

    `rules_out` is False for an answer such as "not known", which doesn't rule out the ends of the other answers.
    """

    label: str
    to: str
    rules_out: bool = True


class _Node(_Part, frozen=True, kw_only=True, tag_field="kind"):
    """Common fields: a text; optionally help (Markdown), a suggested command (never run automatically), a time limit.

    `limit` is the longest time to try before moving on, as written ("15m").
    """

    text: str
    help: str = ""
    run: str = ""
    limit: str = ""


class Decision(_Node, frozen=True, kw_only=True, tag="decision"):
    """A question with choices."""

    choices: tuple[Choice, ...]


class Action(_Node, frozen=True, kw_only=True, tag="action"):
    """Something to do, and the node that follows it."""

    to: str


class End(_Node, frozen=True, kw_only=True, tag="end"):
    """An end of a tree: the problem is resolved, or is escalated.

    `cause` is what the problem was ("The VPN gateway is down"), shown when an answer rules the end out.
    """

    outcome: Outcome
    cause: str = ""


Node = Decision | Action | End


class Tree(_Part, frozen=True, kw_only=True):
    """A decision tree; `nodes` are keyed by id, and may form loops."""

    id: str
    title: str
    start: str
    nodes: dict[str, Node]
    description: str = ""


def exits(node: Node) -> tuple[Choice, ...]:
    """Return the exits of `node`; an action's single exit has an empty label."""
    match node:
        case Decision():
            return node.choices
        case Action():
            return (Choice(label="", to=node.to),)
        case End():
            return ()


def kind_of(node: Node) -> Kind:
    """Return the kind of `node`."""
    match node:
        case Decision():
            return "decision"
        case Action():
            return "action"
        case End():
            return "end"


def targets(tree: Tree, node_id: str) -> Iterator[str]:
    """Return the ids of the nodes one step after `node_id`; ids that are not in the tree are left out."""
    node = tree.nodes.get(node_id)
    if node is not None:
        yield from (choice.to for choice in exits(node) if choice.to in tree.nodes)


def canonical(tree: Tree) -> bytes:
    """Return `tree` as canonical JSON: sorted keys, no white space, defaults left out."""
    return msgspec.json.encode(tree, order="sorted")


def digest(tree: Tree) -> str:
    """Return the digest that identifies this version of `tree`: the SHA-256 of its canonical JSON, in hexadecimal."""
    return fingerprint(canonical(tree))
