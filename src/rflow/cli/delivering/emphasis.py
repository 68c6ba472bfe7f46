"""Highlighting a plain-text summary on a terminal."""

import re

from rflow.cli.output import styled

_LABEL = re.compile(r"^(?:[A-Z]{2}(?:[A-Z,()]| (?=[A-Z(]))*(?=[: ]|$)|- .*)", re.MULTILINE)
"""The label of a section, or the title of a session in a digest; texts of users never start a line there."""


def emphasised(text: str) -> str:
    """Return a summary in the format `text` with its title and its labels in bold."""
    title, newline, rest = text.partition("\n")
    return styled(title, bold=True) + newline + _LABEL.sub(lambda label: styled(label[0], bold=True), rest)
