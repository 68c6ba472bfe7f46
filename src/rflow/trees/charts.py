"""Trees as Mermaid flowcharts and Graphviz DOT, optionally with the path of a session."""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from rflow.core.tree.branches import ruled_out_nodes, with_label
from rflow.core.tree.graph import Turn, distances, ruled_out
from rflow.core.tree.model import Decision, End, Node, Tree, exits

_SYMBOLS = {"here": "▶ ", "taken": "✓ ", "assumed": "? ", "ruled out": "✗ ", "unconfirmed": "✗? "}
_KEYWORD = re.compile(  # Mermaid reads a part of these ids as a keyword: "end-x", "1end", "éend", but not "x-end"
    r"(?<![A-Za-z_.-])(?:(?:end|graph|flowchart|subgraph|style|linkStyle|classDef|class|interpolate"
    r"|_self|_blank|_parent|_top)(?![A-Za-z0-9_])|(?:click|call|href)$)"
)
# The letters that Mermaid's lexer knows: Latin, Greek, Cyrillic, Hebrew, Arabic, Japanese, Chinese, Korean.
_LETTERS = (
    "A-Za-z0-9_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0391-\u03a1\u03a3-\u03ce\u0400-\u0481"
    "\u05d0-\u05ea\u0620-\u064a\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fcc\uac00-\ud7a3"
)
_PLAIN_ID = re.compile(rf"[{_LETTERS}*](?:[{_LETTERS}*./+?!']|-(?![-.>]))*(?<!-)")


class Path(msgspec.Struct, frozen=True):
    """A session's path: the mark of each node, and the edges taken as (node, answer, target), with those assumed."""

    marks: dict[str, str] = {}
    taken: frozenset[tuple[str, str, str]] = frozenset()
    assumed: frozenset[tuple[str, str, str]] = frozenset()


def path_of(tree: Tree, turns: Sequence[Turn], position: str | None) -> Path:
    """Return the path of a session from its turns."""
    labelled = [with_label(tree, turn) for turn in turns]
    answers = ruled_out(tree, turns)
    gone = {end for answer in answers for end in answer.ends}
    doubted = {end for answer in answers if answer.unconfirmed for end in answer.ends}
    alive = {*(turn.node for turn in turns), position}
    out, sure = ruled_out_nodes(tree, gone, alive), ruled_out_nodes(tree, gone - doubted, alive)
    marks = {name: "ruled out" if name in sure else "unconfirmed" for name in out}
    marks |= {turn.node: "assumed" if turn.assumed else "taken" for turn in turns if turn.node in tree.nodes}
    if position in tree.nodes:
        marks[str(position)] = "here"
    ways = {(turn.node, turn.label, turn.to): turn.assumed for turn in labelled}
    return Path(marks, frozenset(ways), frozenset(way for way, assumed in ways.items() if assumed))


def mermaid(tree: Tree, path: Path | None = None) -> str:
    """Return a tree as a Mermaid flowchart; `left_out` lists what it lacks.

    The comment at the end tells `rflow tree import` where the tree starts.
    """
    ids = mermaid_ids(tree)
    path = path or Path()
    lines = ["flowchart TD"]
    lines += [
        f"    {ids[name]}{_shape(node, _mermaid_text(_marked(name, node, path)))}" for name, node in _ordered(tree)
    ]
    styles = []
    for number, (source, label, to) in enumerate(_edges(tree)):
        text = f'|"{_mermaid_text(label)}"|' if label else ""
        way = (source, label, to)
        arrow = "-.->" if way in path.assumed else "==>" if way in path.taken else "-->"
        lines.append(f"    {ids[source]} {arrow}{text} {ids[to]}")
        styles += [f"    linkStyle {number} stroke-width:4px"] if way in path.taken else []
    for mark, style in _MERMAID_STYLES.items():
        marked = [ids[name] for name, _ in _ordered(tree) if path.marks.get(name) == mark]
        if marked:
            kind = mark.replace(" ", "-")
            styles += [f"    classDef {kind} {style}", f"    class {','.join(marked)} {kind}"]
    return "\n".join([*lines, *styles, f"%% rflow start: {ids[tree.start]}"]) + "\n"


_MERMAID_STYLES = {
    "here": "stroke-width:5px",
    "taken": "stroke-width:3px",
    "assumed": "stroke-width:3px,stroke-dasharray:6 4",
    "ruled out": "stroke-dasharray:2 4",
    "unconfirmed": "stroke-dasharray:2 4",
}


def mermaid_ids(tree: Tree) -> dict[str, str]:
    """Return an id for each node that Mermaid can parse: its own if possible, else n1, n2 and so on."""
    taken = {name for name in tree.nodes if _is_valid_id(name)}
    spare = (f"n{number}" for number in range(1, 2 * len(tree.nodes) + 1))
    fresh = (name for name in spare if name not in taken)
    return {name: name if name in taken else next(fresh) for name in tree.nodes}


def _is_valid_id(name: str) -> bool:
    return bool(_PLAIN_ID.fullmatch(name)) and not _KEYWORD.search(name)


def _ordered(tree: Tree) -> Iterator[tuple[str, Node]]:
    """Yield the nodes, nearest to the start first, since charts have no other way to mark the start."""
    yield from ((name, tree.nodes[name]) for name in {**distances(tree, tree.start), **tree.nodes})


def _edges(tree: Tree) -> Iterator[tuple[str, str, str]]:
    for name, node in _ordered(tree):
        yield from ((name, way.label, way.to) for way in exits(node) if way.to in tree.nodes)


def _shape(node: Node, text: str) -> str:
    if isinstance(node, Decision):
        return f'{{"{text}"}}'
    if not isinstance(node, End):
        return f'["{text}"]'
    return f'(["{text}"])' if node.outcome == "resolved" else f'[["{text}"]]'


def _marked(name: str, node: Node, path: Path) -> str:
    return _SYMBOLS.get(path.marks.get(name, ""), "") + node.text


def _mermaid_text(text: str) -> str:
    """Escape a text for quotes in Mermaid, with entities for what would be markup."""
    text = re.sub(r"[#\"<>&`\\\\]", lambda found: f"#{ord(found[0])};", text)
    text = re.sub(r"^(\s*)(\d+)\.(?=\s)", r"\1\2#46;", text)  # a line such as "1. Restart" is a list there,
    text = re.sub(r"^(\s*)([-*+])(?=\s)", lambda found: f"{found[1]}#{ord(found[2])};", text)  # and so is "- Restart"
    text = text.replace("%%", "#37;#37;")  # else a directive
    return "<br>".join(text.splitlines())


def left_out(tree: Tree) -> list[str]:
    """List what of a tree a Mermaid chart lacks."""
    nodes = tree.nodes.values()
    counts = {
        "help": sum(bool(node.help) for node in nodes),
        "commands": sum(bool(node.run) for node in nodes),
        "time limits": sum(bool(node.limit) for node in nodes),
        "causes": sum(bool(getattr(node, "cause", "")) for node in nodes),
        "answers that rule nothing out": sum(not way.rules_out for node in nodes for way in exits(node)),
        "ids of nodes": sum(name != written for name, written in mermaid_ids(tree).items()),
    }
    words = [f"{what} ({count})" for what, count in counts.items() if count]
    return [*words, *(["the description"] if tree.description else [])]


def dot(tree: Tree, path: Path | None = None) -> str:
    """Return a tree as a Graphviz graph."""
    path = path or Path()
    lines = [f"digraph {_quoted(tree.id)} {{", f"    label={_quoted(tree.title)};", '    node [fontname="sans-serif"];']
    for name, node in _ordered(tree):
        style = _DOT_STYLES.get(path.marks.get(name, ""), "")
        lines.append(f"    {_quoted(name)} [label={_quoted(_marked(name, node, path))}, {_dot_shape(node)}{style}];")
    for source, label, to in _edges(tree):
        way = (source, label, to)
        style = ", style=dashed, penwidth=3" if way in path.assumed else ", penwidth=3" if way in path.taken else ""
        lines.append(f"    {_quoted(source)} -> {_quoted(to)} [label={_quoted(label)}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


_DOT_STYLES = {
    "here": ", penwidth=4",
    "taken": ", penwidth=2.5",
    "assumed": ", penwidth=2.5, style=dashed",
    "ruled out": ", style=dotted",
    "unconfirmed": ", style=dotted",
}


def _dot_shape(node: Node) -> str:
    if isinstance(node, End):
        return "shape=oval, peripheries=2" if node.outcome == "resolved" else "shape=octagon"
    return "shape=diamond" if isinstance(node, Decision) else "shape=box"


def _quoted(text: str) -> str:
    """Return a text as a quoted string in DOT."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


CHARTS: dict[str, Callable[[Tree, Path | None], str]] = {"mermaid": mermaid, "dot": dot}
"""The charts in text, by format."""
