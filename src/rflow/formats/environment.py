"""The Jinja environments of the output formats: one per template suffix, in which all text is shown literally."""

import os
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, nodes, pass_eval_context
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from markupsafe import Markup

from rflow import __version__
from rflow.core.text import clean, shorten
from rflow.data import data_dir
from rflow.errors import UsageProblem
from rflow.formats import words
from rflow.formats.escaping import Markdown, Plain, SlackPaste

ESCAPERS: dict[str, type[Plain]] = {
    ".md.j2": Markdown,
    ".slack.j2": SlackPaste,
    ".txt.j2": Plain,
}
"""The flavour of text that each template suffix stands for."""

# They make HTML, or pass text by the escaping.
_HTML_ONLY = ("e", "escape", "forceescape", "safe", "striptags", "tojson", "urlize", "xmlattr")
