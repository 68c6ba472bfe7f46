"""Finding out what a text is: a flowchart, a graph, a runbook, or YAML."""

import re

from rflow.trees.importing.embedded import GRAPH, embedded, is_graph
from rflow.trees.importing.mermaid.flowchart import HEADER
from rflow.trees.importing.mermaid.text import source

_SUFFIXES = {
    **dict.fromkeys((".mmd", ".mermaid"), "mermaid"),
    **dict.fromkeys((".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".adoc"), "markdown"),
    **dict.fromkeys((".dot", ".gv"), "dot"),
    **dict.fromkeys((".yaml", ".yml", ".json"), "yaml"),
}
_STEPS = re.compile(r"^[ \t]*+(?:\d{1,4}[.)]|[-*+][ \t]\[[ xX]\]|#{1,6}[ \t])", re.MULTILINE)
_KEY = re.compile(r"^(?:- )?[\w\"'-]{1,60}:(?:\s|$)", re.MULTILINE)


def form_of(text: str, suffix: str) -> str:
    """Return the form of a text: by the suffix of its file where that says it, else by how it begins."""
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if HEADER.match(source(text).text) and not GRAPH.match(text):
        return "mermaid"
    if is_graph(text):
        return "dot"
    if text.lstrip()[:1] in ("{", "["):
        return "yaml"
    if embedded(text) or (_STEPS.search(text) and not _KEY.search(text)):
        return "markdown"
    return "yaml" if _KEY.search(text) else "markdown"
