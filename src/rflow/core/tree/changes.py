"""The differences between two versions of a tree, and merging a team's additions into an imported version."""

from collections.abc import Iterator

import msgspec

from rflow.core.text import shorten
from rflow.core.tree.model import Choice, Decision, End, Node, Tree, exits, kind_of

_FIELDS = ("text", "help", "run", "limit", "outcome", "cause")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A difference: `node` is "" if it concerns the whole tree; `kind` is added, removed or changed."""

    node: str
    kind: str
    text: str


def changes(old: Tree, new: Tree) -> list[Change]:
    """Return the differences of `new` from `old`: the tree's own fields, and added, removed and changed nodes."""
    listed = [
        Change(node="", kind="changed", text=_field(field, getattr(old, field), getattr(new, field)))
        for field in ("title", "description", "start")
        if getattr(old, field) != getattr(new, field)
    ]
    added = [name for name in new.nodes if name not in old.nodes]
    removed = [name for name in old.nodes if name not in new.nodes]
    listed += [Change(node=name, kind="added", text=shorten(new.nodes[name].text, 80)) for name in added]
    listed += [Change(node=name, kind="removed", text=shorten(old.nodes[name].text, 80)) for name in removed]
    for name, node in new.nodes.items():
        if name in old.nodes and old.nodes[name] != node:
            listed += [Change(node=name, kind="changed", text=text) for text in _node(old.nodes[name], node)]
    return listed


def _field(field: str, old: object, new: object) -> str:
    if not old:
        return f'{field} is now "{shorten(str(new), 80)}"'
    if not new:
        return f'{field} "{shorten(str(old), 80)}" is gone'
    return f'{field} "{shorten(str(old), 80)}" is now "{shorten(str(new), 80)}"'


def _node(old: Node, new: Node) -> Iterator[str]:
    if kind_of(old) != kind_of(new):
        yield f"was {_article(old)}, is now {_article(new)}"
    for field in _FIELDS:
        before, after = getattr(old, field, ""), getattr(new, field, "")
        if before != after and not (field == "outcome" and kind_of(old) != kind_of(new)):
            yield _field(field, before, after)
    yield from _ways({way.label: way for way in exits(old)}, {way.label: way for way in exits(new)})


def _article(node: Node) -> str:
    kind = kind_of(node)
    return f"an {kind}" if kind != "decision" else f"a {kind}"


def _ways(old: dict[str, Choice], new: dict[str, Choice]) -> Iterator[str]:
    for label, way in new.items():
        name = f'answer "{shorten(label, 60)}"' if label else "it"
        if label not in old:
            yield f"{name} is new and leads to {way.to}" if label else f"leads to {way.to}"
        elif old[label].to != way.to:
            yield f"{name} led to {old[label].to}, now leads to {way.to}"
        elif old[label].rules_out != way.rules_out:
            yield f"{name} {'now rules out' if way.rules_out else 'no longer rules out'} what the others lead to"
    for label, way in old.items():
        if label not in new:
            yield f'answer "{shorten(label, 60)}" is gone' if label else f"no longer leads to {way.to}"
    if [label for label in old if label in new] != [label for label in new if label in old]:
        yield "answers have another order"


def with_additions(new: Tree, old: Tree | None) -> Tree:
    """Return an imported tree with the team's additions to the previous version: help, commands, limits, causes.

    Only fields that are empty in the new version are filled in, and only for nodes with the same id.
    """
    if old is None:
        return new
    nodes = {name: _added(node, old.nodes.get(name)) for name, node in new.nodes.items()}
    return msgspec.structs.replace(new, nodes=nodes, description=new.description or old.description)


def _added(node: Node, old: Node | None) -> Node:
    if old is None:
        return node
    node = msgspec.structs.replace(
        node, help=node.help or old.help, run=node.run or old.run, limit=node.limit or old.limit
    )
    if isinstance(node, End) and isinstance(old, End):
        outcome = old.outcome if old.text == node.text else node.outcome
        return msgspec.structs.replace(node, cause=node.cause or old.cause, outcome=outcome)
    if isinstance(node, Decision) and isinstance(old, Decision):
        silent = {(way.label, way.to) for way in old.choices if not way.rules_out}
        ways = tuple(
            msgspec.structs.replace(way, rules_out=way.rules_out and (way.label, way.to) not in silent)
            for way in node.choices
        )
        return msgspec.structs.replace(node, choices=ways)
    return node
