"""Escaping: how each flavour of text shows untrusted text literally, whatever it contains.

A flavour is a class whose methods become the filters of its templates. They take text that `rflow.core.text.clean` has
cleaned. `indent`, a text or a number of spaces, precedes every line but the first, which the template places itself.
"""

import re

from rflow.core.text import columns, wrap


def is_link(url: str) -> bool:
    """Whether a URL may become a link: http, https or mailto, without white space."""
    return re.fullmatch(r"(?i:https?://|mailto:)[^\s\ufffd]+", url) is not None


def on_one_line(text: str) -> str:
    """Put a text on one line without spaces at its ends; other kinds of space inside it stay."""
    if "\n" in text or "\t" in text or "  " in text:
        text = re.sub(r"[ \t\n]+", " ", text)
    return text.strip()


def indented(lines: list[str], indent: int | str) -> str:
    """Join lines, all but the first after `indent`, without trailing spaces on an empty line."""
    lead = " " * indent if isinstance(indent, int) else indent
    return "\n".join(lines[:1] + [lead + line if line else lead.rstrip() for line in lines[1:]])


class Plain:
    """Plain text, for mail, tickets and pasting into Teams: nothing is markup, so only lines matter.

    `repeatable`: escaping twice changes nothing more.
    """

    repeatable = True

    def inline(self, text: str) -> str:
        """Show a text within a line."""
        return on_one_line(text)

    def cell(self, text: str) -> str:
        """Show a text in a cell of a table."""
        return self.inline(text)

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines; `command` ends the first of them, and is shown as one."""
        return indented(lines_of(text), indent)

    def code(self, text: str, cell: bool = False) -> str:
        """Show a command or a name within a line; `cell` in a table."""
        return self.inline(text)

    def fence(self, text: str, indent: int | str = "", info: str = "") -> str:
        """Show output with its own spaces, indented by four more."""
        return indented(["    " + line if line else "" for line in self.block(text).split("\n")], indent)

    def wrap(self, text: str, width: int = 80, indent: int = 0, command: str = "") -> str:
        """Show a text in lines of at most `width` columns, `indent` included; only a longer word is wider.

        The `command` that ends the first line stays on one, so that it can be copied, unless it is wider than that.
        """
        room, (before, command, below) = width - indent, split_command(text, command)
        lines = [line for part in lines_of(before) for line in wrap(part, room) or [""]]
        if command:
            last = f"{lines[-1]} {command}"
            lines[-1:] = [lines[-1], command] if columns(command) <= room < columns(last) else wrap(last, room)
            lines += [line for part in below.split("\n") for line in wrap(part, room)]
        return indented(lines, indent)

    def link(self, url: str, label: str = "") -> str:
        """Show a label and where it leads."""
        return self.inline(f"{label}: {url}" if label and label != url else url)


class SlackPaste(Plain):
    """Text to paste into Slack, which decodes no entities and offers no escape for `* _ ~` and backticks.

    Markup becomes formatting only if the reader asks Slack for it, so everything must read well without. What looks
    like markup of the API (`<!channel>`, `<url|label>`) is literal in pasted text.
    """

    # U+2060 WORD JOINER: invisible, and keeps a pasted @channel from notifying everybody.
    _BROADCAST = r"(?i)(?<!\w)@(?=(?:here|channel|everyone)(?!\w))"

    @classmethod
    def hushed(cls, text: str) -> str:
        """Make what would notify everybody ineffective."""
        return re.sub(cls._BROADCAST, "@\u2060", text) if "@" in text else text

    def inline(self, text: str) -> str:
        """Show a text within a line."""
        return self.hushed(super().inline(text))

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines; a command is between backticks."""
        if shown := with_command(self, text, indent, command):
            return shown
        return self.hushed(super().block(text, indent))

    def code(self, text: str, cell: bool = False) -> str:
        """Show a command or a name between backticks, as people type it; bare if it has backticks itself."""
        shown = self.inline(text)
        return f"`{shown}`" if shown and "`" not in shown else shown

    def fence(self, text: str, indent: int | str = "", info: str = "") -> str:
        """Show output between lines of backticks, or indented if it has such lines itself."""
        if "```" in text:
            return super().fence(text, indent)
        return indented(["```", *self.block(text).split("\n"), "```"], indent)

    def wrap(self, text: str, width: int = 80, indent: int = 0, command: str = "") -> str:
        """Show a text of several lines: Slack wraps them itself."""
        return self.block(text, indent, command)


def split_command(text: str, command: str) -> tuple[str, str, str]:
    """Split a text into what stands before the command that ends its first line, the command, and the lines below.

    If the line does not end in it, as when the text was cut, all of it is before.
    """
    head, _, below = text.partition("\n")
    if not command or not head.endswith(command):
        return text, "", ""
    return head.removesuffix(command).rstrip(), command, below


def with_command(flavour: Plain, text: str, indent: int | str, command: str) -> str:
    """Return a text whose first line ends in a command, this as code; "" for any other text."""
    before, command, below = split_command(text, command)
    if not command:
        return ""
    first = f"{flavour.inline(before)} {flavour.code(command)}"
    return first + flavour.block(f"x\n{below}", indent).removeprefix("x") if below else first


def lines_of(text: str) -> list[str]:
    """Split a text into lines, none empty at its ends, without trailing spaces."""
    return [line.rstrip() for line in text.rstrip().lstrip("\n").split("\n")]
