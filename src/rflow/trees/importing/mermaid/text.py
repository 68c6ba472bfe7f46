"""The text level of Mermaid: comments and front matter, and line breaks, entities and tags in labels."""

import html
import re

import msgspec

_ENTITY = re.compile(r"#(\w{1,32});|&(#?\w{1,32});")
_BREAK = re.compile(r"<br[\s/]*+>|</br\s*+>|\\n", re.IGNORECASE)
_TAGS = r"br|b|i|u|s|strong|em|small|sub|sup|span|p|a|code|pre|ul|ol|li|img|div|font|hr|mark|kbd|center|h[1-6]"
_TAG = re.compile(rf"<(/?)((?a:{_TAGS}))\b([^<>]*+)(>?)", re.IGNORECASE)
_VOID_TAGS = {"br", "hr", "img"}
_MAX_OPEN_TAGS = 100
"""Maximum number of open tags to compare a closing one with, so that labels full of tags take linear time."""
_ATTRIBUTE = re.compile(r"""([\w-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_FRONT_MATTER = re.compile(r"-{3}[ \t]*+\n")
_TITLE = re.compile(r"^title:[ \t]*+(.*+)$", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*+%%[^\n]*+", re.MULTILINE)
_START = re.compile(r"^%% rflow start: (.*+)$", re.MULTILINE)


class Source(msgspec.Struct, frozen=True):
    """A chart's text with comments and front matter blanked (line numbers stay), and the title and start in these."""

    text: str
    title: str
    start: str


def parse_source(text: str) -> Source:
    """Blank the comments, directives and front matter of a chart."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = _START.search(text)
    text = _COMMENT.sub("", _without_directives(text))
    title, text = _front_matter(text)
    return Source(text, title, start[1].strip() if start else "")


def _without_directives(text: str) -> str:
    """Blank directives, `%%{init: …}%%`; one that is never closed is left to be removed as a comment."""
    parts, position = [], 0
    while (begin := text.find("%%{", position)) >= 0:
        end = text.find("}%%", begin)
        if end < 0:
            break
        parts += [text[position:begin], "\n" * text.count("\n", begin, end)]
        position = end + 3
    return "".join([*parts, text[position:]])


def _front_matter(text: str) -> tuple[str, str]:
    """Return the title in the front matter, and the text without the front matter."""
    begin = len(text) - len(text.lstrip())
    opening = _FRONT_MATTER.match(text, begin)
    end = text.find("\n---", opening.end() - 1) if opening else -1
    if opening is None or end < 0:
        return "", text
    head = text[opening.end() : end]
    title = _TITLE.search(head)
    return (title[1].strip().strip("\"'") if title else ""), "\n" * text.count("\n", 0, end + 1) + text[end + 4 :]


def decode_label(raw: str) -> str:
    """Decode a label: `<br>` and `\\n` become line breaks, entities become characters, and HTML tags are balanced.

    As in Mermaid, attributes such as `onclick` are removed. Placeholders such as `<host>` stay.
    """
    text = _BREAK.sub("\n", raw)
    text = _balance_tags(text) if "<" in text else text
    text = _ENTITY.sub(_character, text) if "#" in text or "&" in text else text
    return "\n".join(line.strip(" \t") for line in text.split("\n")).strip() if "\n" in text else text.strip()


def _balance_tags(text: str) -> str:
    """Balance the tags in a text as a browser does: add missing closing tags, drop unmatched ones."""
    opened: list[str] = []

    def tag(match: re.Match[str]) -> str:
        slash, name, attributes, end = match.groups()
        if not end:
            return "" if match.end() == len(text) else match[0]
        if slash:
            return _closing_tags(opened, name.lower())
        if name.lower() not in _VOID_TAGS:
            opened.append(name.lower())
        return f"<{name}{_safe_attributes(attributes)}>"

    return _TAG.sub(tag, text) + "".join(f"</{name}>" for name in reversed(opened))


def _closing_tags(opened: list[str], name: str) -> str:
    """Return the closing tags of a tag and of the open tags inside it; "" if it was never opened."""
    if name not in opened[-_MAX_OPEN_TAGS:]:
        return ""
    closed: list[str] = []
    while not closed or closed[-1] != name:
        closed.append(opened.pop())
    return "".join(f"</{each}>" for each in closed)


def _safe_attributes(attributes: str) -> str:
    return "".join(
        f' {key}="{next(value for value in values if value is not None)}"'
        for key, *values in (attribute.groups() for attribute in _ATTRIBUTE.finditer(attributes))
        if not key.lower().startswith("on")
    )


def _character(match: re.Match[str]) -> str:
    """Return the character of an entity: `#quot;`, `#35;` or `&amp;`; an unknown one stays as it is."""
    name = match[1] or match[2]
    named = f"&#{name};" if match[1] and name.isdigit() else f"&{name};"
    character = html.unescape(named)
    return match[0] if character == named else character


def strip_backticks(raw: str) -> str:
    """Remove the backticks of a Markdown string, one of which may be missing."""
    text = raw.strip()
    if not text.startswith("`"):
        return text
    if text.endswith("`") and len(text) > 1:
        return text[1:-1]
    return text[1:] if text.count("`") == 1 else text


def strip_quotes(raw: str) -> str:
    """Remove the quotes around a label that begins with one.

    Mermaid drops the quotes of `"Quoted" first`, and rejects further ones; quotes around single words are kept.
    """
    whole = raw.endswith('"') and len(raw) > 1
    inner = raw[1:-1] if whole else raw[1:]
    first = inner.find('"')
    if not whole or raw.endswith('""'):
        return strip_backticks(raw.replace('"', ""))
    return raw if first > 0 and not inner[first + 1 : first + 2].strip() else strip_backticks(inner)
