"""Escaping for HTML: pages (a whole document), and pieces of HTML to paste into Slack or Teams."""

from rflow.formats.escaping.plain import Plain, SlackPaste, is_link, lines_of, on_one_line, with_command

_SPACE = "&nbsp;"


def escaped(text: str) -> str:
    """Escape what has a meaning in HTML, in text as well as in a quoted attribute."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # ten times as fast as `translate`
    return text.replace('"', "&quot;").replace("'", "&#39;")


class Html(Plain):
    """Text in a page (HTML, §13.1.2): between tags, or in an attribute between quotes."""

    repeatable = False
    _PRE = '<pre tabindex="0">'  # so that it can be scrolled without a mouse (WCAG 2.1.1)

    def inline(self, text: str) -> str:
        """Show a text within a line."""
        return text if text.isalnum() else escaped(on_one_line(text))

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines, with line breaks and indentation."""
        if shown := with_command(self, text, indent, command):
            return shown
        lead = _SPACE * indent if isinstance(indent, int) else escaped(indent)
        first, *others = [_with_leading_spaces(line.replace("\t", "    ")) for line in lines_of(text)]
        return "<br>".join([first, *(lead + line if line else "" for line in others)])

    def code(self, text: str, cell: bool = False) -> str:
        """Show a command or a name."""
        shown = self.inline(text)
        return f"<code>{shown}</code>" if shown else ""

    def fence(self, text: str, indent: int | str = "", info: str = "") -> str:
        """Show output with its own spaces. HTML drops the first newline (§13.2.6.4.7), so one is added."""
        shown = "\n".join(self._kept(line) for line in text.removesuffix("\n").split("\n"))
        return f"{self._PRE}\n{shown}</pre>"

    def _kept(self, line: str) -> str:
        """Show a line of output."""
        return escaped(line)

    def wrap(self, text: str, width: int = 80, indent: int = 0, command: str = "") -> str:
        """Show a text of several lines: HTML is wrapped where it is shown."""
        return self.block(text, indent, command)

    def link(self, url: str, label: str = "") -> str:
        """Show a link that reveals nothing about the page to its target; what may not be a link is shown as text."""
        if not is_link(url):
            return self.inline(f"{label} ({url})" if label else url)
        return f'<a href="{escaped(url)}" rel="noreferrer noopener nofollow">{self.inline(label or url)}</a>'


class TeamsHtml(Html):
    """HTML to paste into Teams, which drops leading spaces, also in `pre`."""

    _PRE = "<pre>"

    def _kept(self, line: str) -> str:
        """Show a line of output, with leading spaces that no program drops."""
        return _with_leading_spaces(line.expandtabs(8))


class SlackHtml(Html):
    """HTML to paste into Slack, where a pasted @channel must not notify everybody."""

    _PRE = "<pre>"

    def inline(self, text: str) -> str:
        """Show a text within a line."""
        return SlackPaste.hushed(super().inline(text))

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines."""
        return SlackPaste.hushed(super().block(text, indent, command))

    def _kept(self, line: str) -> str:
        """Show a line of output."""
        return SlackPaste.hushed(super()._kept(line))


def _with_leading_spaces(line: str) -> str:
    """Escape a line, with leading spaces that HTML shows."""
    text = line.lstrip(" ")
    return _SPACE * (len(line) - len(text)) + escaped(text)
