"""Escaping for Markdown."""

import re

from rflow.formats.escaping.plain import Plain, indented, is_link, on_one_line, with_command

_HARMLESS = str.maketrans(dict.fromkeys(" ,;?()'’“”→·%", None))
"""Not special in Markdown: a text of these, letters and digits needs no escaping if it begins with a letter."""


class Markdown(Plain):
    """CommonMark 0.31 with GitHub's extensions: backslash escapes (§2.4), since some renderers escape entities twice.

    It can't be prevented that an e-mail address becomes a `mailto:` link (GFM §6.9, applied after escapes).
    """

    repeatable = False

    # Besides what opens inline markup: what GFM §6.9 and linkify-it turn into links (`//` behind a scheme or without,
    # `www.`, `mailto:`, a dot before what counts as a top-level domain, `xn` for punycode), and at the end of a text
    # the closing `#` of a heading (§4.2) or a `!` that would make an image of a link that follows.
    _SPECIAL = re.compile(
        r"[\\`*_\[\]<>&~|$]|/(?=/)|(?<=www)\.|(?<=mailto):|[#!]\Z"
        r"|\.(?=(?:[a-z]{2}|biz|com|edu|gov|net|org|pro|web|xxx|aero|asia|coop|info|museum|name|shop|рф)(?![^\W_]))",
        re.IGNORECASE,
    )
    # What makes a line a heading, a list item, a rule or a table where it starts (§4.1-4.3, §5.2, GFM §4.10), and a
    # command: GitLab, and bots on GitHub, carry out lines such as "/close".
    _START = re.compile(r"\A(?:([0-9]{1,9})(?=[.)](?:\s|\Z))|(?=[#+=/-]|:-))")
    # GitHub and GitLab link @name and notify its owner, and link #12, !12 and GH-12 to an issue or a request, which
    # then shows the reference. They do so after the Markdown is rendered: U+200B after the character prevents it.
    _REFERENCE = r"(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_])|[#!](?=[0-9])|\b(?i:gh)-(?=[0-9])"
    _REFERENCE_SIGNS = ("@", "#", "!", "gh-")
    # Shown as code: addresses, which stay whole where Markdown is not rendered, and what may be the hash of a commit,
    # which GitHub and GitLab would link.
    _ADDRESS = r"(?i)(\b[a-z][a-z0-9+.-]{1,20}://[^\s`|<>\"]*[^\s`|<>\"'.,;:!?)\]}*_~])"
    _HASH = re.compile(r"((?<![\w-])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}(?![\w-]))", re.IGNORECASE)

    def inline(self, text: str) -> str:
        """Show a text in a heading, a list item, a table, bold or as a link's label; it may not be empty in bold."""
        line = on_one_line(text)
        texts = re.split(self._ADDRESS, line) if "://" in line else [line]
        if any(map(str.isdigit, line)):
            hashes = map(self._HASH.split, texts[::2])
            texts = [*next(hashes), *(part for address in texts[1::2] for part in (address, *next(hashes)))]
        if len(texts) == 1 and line.translate(_HARMLESS).isalnum() and line[0].isalpha():
            return line
        texts[::2] = map(self._escaped, texts[::2])
        texts[1::2] = (f"`{literal}`" for literal in texts[1::2])
        return self._START.sub(r"\1\\", "".join(texts), count=1)

    def _escaped(self, text: str) -> str:
        if any(sign in text.lower() for sign in self._REFERENCE_SIGNS):
            text = re.sub(self._REFERENCE, "\\g<0>\u200b", text)
        return self._SPECIAL.sub(r"\\\g<0>", text)

    def block(self, text: str, indent: int | str = "", command: str = "") -> str:
        """Show a text of several lines: blank lines separate paragraphs (§4.8), others end in a hard break (§6.7)."""
        if shown := with_command(self, text, indent, command):
            return shown
        if "\n" not in text:
            return self.inline(text)
        stripped = "\n".join(line.strip() for line in text.split("\n")).strip()
        paragraphs = (part.split("\n") for part in re.split(r"\n\n+", stripped))
        broken = ("\\\n".join(self.inline(line) for line in lines) for lines in paragraphs)
        return indented("\n\n".join(broken).split("\n"), indent)

    def code(self, text: str, cell: bool = False) -> str:
        """Show a command or a name as a code span (§6.1); in a table its pipes are escaped (GFM §4.10)."""
        line = on_one_line(text)
        if not line:
            return ""
        ticks = "`" * (_longest_run(line) + 1)
        pad = " " if line[0] == "`" or line[-1] == "`" else ""
        span = f"{ticks}{pad}{line}{pad}{ticks}"
        return span.replace("|", "\\|") if cell else span

    def fence(self, text: str, indent: int | str = "", info: str = "") -> str:
        """Show output in a fenced code block (§4.5); `info` names its language and comes from the template."""
        ticks = "`" * max(_longest_run(text) + 1, 3)
        return indented([ticks + info, *text.removesuffix("\n").split("\n"), ticks], indent)

    def wrap(self, text: str, width: int = 80, indent: int = 0, command: str = "") -> str:
        """Show a text of several lines: Markdown is wrapped where it is shown, and a line break could create markup."""
        return self.block(text, indent, command)

    def link(self, url: str, label: str = "") -> str:
        """Show a link (§6.3), without a label an autolink (§6.4); what may not be a link is shown as text."""
        if not is_link(url):
            return self.inline(f"{label} ({url})" if label else url)
        target = re.sub(r"[\\`|<>\"{}^]", lambda match: f"%{ord(match[0]):02X}", url)
        entity = re.compile(r"&(?=#?\w+;)")
        if not label and not entity.search(target):  # renderers disagree on entities in an autolink
            return f"<{target}>"
        escaped = entity.sub("&amp;", re.sub(r"[()]", r"\\\g<0>", target))
        return f"[{self.inline(label or url)}]({escaped})"


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max(map(len, re.findall("`+", text)), default=0)
