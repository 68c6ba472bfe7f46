"""Detects the form of a text: a flowchart, a graph, a runbook, or YAML."""

import re

from rflow.trees.importing.embedded import GRAPH, embedded_charts, is_graph
from rflow.trees.importing.mermaid.flowchart import HEADER
from rflow.trees.importing.mermaid.text import parse_source

_SUFFIXES = {
    **dict.fromkeys((".mmd", ".mermaid"), "mermaid"),
    **dict.fromkeys((".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".adoc"), "markdown"),
    **dict.fromkeys((".dot", ".gv"), "dot"),
    **dict.fromkeys((".yaml", ".yml", ".json"), "yaml"),
}
_STEPS = re.compile(r"^[ \t]*+(?:\d{1,4}[.)]|[-*+][ \t]\[[ xX]\]|#{1,6}[ \t])", re.MULTILINE)
_KEY = re.compile(r"^(?:- )?[\w\"'-]{1,60}:(?:\s|$)", re.MULTILINE)


def detect_form(text: str, suffix: str) -> str:
    """Return the form of a text: by the suffix of its file if known, else by its content."""
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if HEADER.match(parse_source(text).text) and not GRAPH.match(text):
        return "mermaid"
    if is_graph(text):
        return "dot"
    if text.lstrip()[:1] in ("{", "["):
        return "yaml"
    if embedded_charts(text) or (_STEPS.search(text) and not _KEY.search(text)):
        return "markdown"
    return "yaml" if _KEY.search(text) else "markdown"
