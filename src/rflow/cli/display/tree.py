"""Drawing trees in this terminal: to its width, in colour if wanted, with a session's path."""

import shutil
import sys

from rflow.cli.output import styled
from rflow.core.session.state import Session
from rflow.core.summary.units.tree_parts import path_through
from rflow.core.tree.graph import ruled_out
from rflow.core.tree.model import Tree
from rflow.trees.drawing import draw
from rflow.trees.symbols import ASCII, UNICODE, Line, legend

# How each part looks: foreground colour, bold, dim.
_LOOKS: dict[str, tuple[str | None, bool, bool]] = {
    "question": ("cyan", False, False),
    "action": (None, False, False),
    "end-resolved": ("green", False, False),
    "end-escalate": ("yellow", False, False),
    "position": ("bright_white", True, False),
    "done": (None, True, False),
    "out": (None, False, True),
    "see": (None, False, True),
    "guide": (None, False, True),
    "label": ("blue", False, False),
    "name": (None, False, True),
}
_WIDEST = 120


def drawn(tree: Tree, session: Session | None) -> str:
    """Return the drawing of `tree`, with the path and the position of `session` in it, and a legend below."""
    path = path_through(session, session.tree.digest) if session and session.tree else []
    answers = ruled_out(tree, path)
    unicode = _can_show("├┣┠▶✔▲✗•")
    lines = draw(
        tree,
        width=min(shutil.get_terminal_size((80, 24)).columns, _WIDEST),
        position=session.place.node if session and session.place else None,
        path=path,
        ruled_out={end for answer in answers for end in answer.ends},
        unconfirmed={end for answer in answers if answer.unconfirmed for end in answer.ends},
        unicode=unicode,
    )
    meaning = legend("\n".join(line.text for line in lines), UNICODE if unicode else ASCII)
    return "\n".join([*map(_styled, lines), *(["", styled(meaning, dim=True)] if meaning else [])])


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _styled(line: Line) -> str:
    parts = []
    for text, style in line.spans:
        colour, bold, dim = _LOOKS[style]
        parts.append(styled(text, colour=colour, bold=bold, dim=dim))
    return "".join(parts)
