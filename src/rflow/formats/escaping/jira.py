"""Escaping for Jira's wiki markup: backslashes, and U+200B where a backslash does not help."""

import re

from rflow.formats.escaping.plain import Plain, is_link, lines_of, on_one_line, split_command

_BREAK = "\u200b"
"""ZERO WIDTH SPACE: separates characters that would be markup together."""


class Jira(Plain):
    """Wiki markup as Jira's editor and renderers read it: phrases, lists, tables, links, macros, emoticons."""

    repeatable = False

    # A backslash escapes these; before other characters it is shown, and two backslashes break the line.
    _ESCAPABLE = r"[-#*_+?^~|%{}\[\]()!@]"
    # Of these, what has a meaning: macros, links and tables; phrases, which begin and end at a word's edge; lists,
    # images, citations and emoticons.
    _SPECIAL = (
        r"[{}\[\]|]|\A#|(?<!\?)\?(?=\?)|(?<=\?)\?|(?<![^\W_])!(?=\S|\Z)"
        r"|(?!(?<=[^\W_]).[^\W_]|(?<= ). )[-*_+^~]"
        r"|\((?=(?:[ynix/!+?*-]|on|off|flag|flagoff|\*[rgby])\))|(?<=[:;])[()]"
    )
    # Where no backslash helps: addresses, emoticons, entities, the beginning of a heading or a quote.
    _MEANT = r"(?<=:)(?=//)|(?<=mailto:)|(?<=:)(?=[DP](?![^\W_]))|(?<=&)(?=#?\w+;)|(?<=\Ah)(?=[1-6]\.)|(?<=\Abq)(?=\.)"

    def inline(self, text: str) -> str:
        """Show a text within a line."""
        line = on_one_line(text)
        line = re.sub(rf"(?<=\\)(?=\\|{self._ESCAPABLE}|\Z)|{self._MEANT}", _BREAK, line, flags=re.IGNORECASE)
        return re.sub(self._SPECIAL, r"\\\g<0>", line)

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines, with forced breaks: a newline would end a list.

        A command that would need U+200B is output instead, where it stays as it is: copied, it would not work.
        """
        before, command, below = split_command(text, command)
        if command and _BREAK in self.inline(command):
            first = self.block(f"{before}\n{below}" if below else before, indent)
            return f"{first}\n{self.fence(command)}"
        lead = "\u00a0" * indent if isinstance(indent, int) else indent
        first, *others = [self.inline(line) for line in lines_of(text)]
        return r" \\ ".join([first, *(lead + line if line else "" for line in others)])

    def code(self, text: str, cell: bool = False) -> str:
        """Show a command or a name."""
        shown = self.inline(text)
        return f"{{{{{shown}}}}}" if shown else ""

    def fence(self, text: str, indent: int | str = "", info: str = "") -> str:
        """Show output: nothing in it has a meaning, except what would end it."""
        shown = re.sub(r"\{(?=noformat)", f"{{{_BREAK}", text.removesuffix("\n"))
        return f"{{noformat}}\n{shown}\n{{noformat}}"

    def wrap(self, text: str, width: int = 80, indent: int = 0, command: str = "") -> str:
        """Show a text of several lines: Jira wraps them itself."""
        return self.block(text, indent, command)

    def link(self, url: str, label: str = "") -> str:
        """Show a link; what may not be one is shown as text. In brackets a label would be markup, escaped or not."""
        if not is_link(url):
            return self.inline(f"{label} ({url})" if label else url)
        target = re.sub(r"[\\|\[\]{}<>\"^]|[.,;:!?)']\Z", lambda match: f"%{ord(match[0]):02X}", url)
        return f"{self.inline(label)}: {target}" if label else target
