"""Judges: what readers see of a document, by real renderers and an HTML parser, independent of what rflow meant."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import cmarkgfm
import html5lib
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

_BLOCK = re.compile(
    "address|article|aside|blockquote|dd|details|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre"
    "|section|summary|table|tbody|td|tfoot|th|thead|tr|ul|br"
)
_REFERENCE = re.compile("(?<![A-Za-z0-9_])@\u200b(?=[A-Za-z0-9_])|[#!]\u200b(?=[0-9])|\\b[Gg][Hh]-\u200b(?=[0-9])")


def render_all(markdown: str) -> dict[str, str]:
    """Render Markdown to HTML with every renderer. Raw HTML is let through, so that `tags` can see it."""
    return {
        "cmark-gfm": cmarkgfm.markdown_to_html_with_extensions(
            markdown,
            options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
            extensions=["table", "autolink", "strikethrough", "tasklist"],
        ),
        "markdown-it": _markdown_it().render(markdown),
    }


@cache
def _markdown_it() -> MarkdownIt:
    """Build markdown-it once: GitHub's dialect, raw HTML, and links for bare addresses."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": True})


@lru_cache(maxsize=4)
def _parsed(html: str) -> Element:
    """Parse a piece of HTML as a browser does."""
    parsed: Element = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return parsed


def visible_text(html: str) -> str:
    """Return what a browser shows: white space collapsed outside `pre`, a line for each block and `br`, no empty lines.

    An image shows as its alternative text in brackets, so that it is never taken for text. The U+200B that keeps
    `@name` from notifying somebody is left out, because nobody sees it.
    """
    text = "".join(_shown(_parsed(html), pre=False))
    lines = (line.strip(" ") for line in re.sub(" *\n *| +", _one_space, text).split("\n"))
    return unmarked("\n".join(filter(None, lines)).replace(_KEPT_NEWLINE, "\n").replace(_KEPT_SPACE, " "))


# Inside `pre`, spaces and newlines are kept: controls, which no document has, stand for them meanwhile.
_KEPT_SPACE, _KEPT_NEWLINE = "\x01", "\x02"


def _one_space(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


def _shown(element: Element, pre: bool) -> Iterator[str]:
    """Walk an element: the text of its parts, newlines where blocks begin and end."""
    name = _name(element)
    if name in ("#comment", "script", "style", "template"):
        return
    edge = "\n" if _BLOCK.fullmatch(name) else ""
    pre = pre or name == "pre"
    yield edge
    if name == "img":
        yield f"[image: {element.get('alt', '')}]"
    yield _spaced(element.text or "", pre)
    for child in element:
        yield from _shown(child, pre)
        yield _spaced(child.tail or "", pre)
    yield edge


def _name(element: Element) -> str:
    """Name an element; html5lib gives comments a function for a tag."""
    tag: object = element.tag
    return tag if isinstance(tag, str) else "#comment"


def _spaced(text: str, pre: bool) -> str:
    """Collapse white space as HTML does, or mark it as kept."""
    if pre:
        return text.replace(" ", _KEPT_SPACE).replace("\n", _KEPT_NEWLINE)
    return re.sub(r"[ \t\n\f\r]+", " ", text)


def unmarked(text: str) -> str:
    """Take out the U+200B that stands in `@name` where GitHub would notify somebody, and nowhere else."""
    return _REFERENCE.sub(lambda match: match[0].removesuffix("\u200b"), text)


def collapsed(text: str) -> str:
    """Collapse white space, so that texts compare by what can be read."""
    return " ".join(unmarked(text).split())


def tags(html: str) -> Counter[str]:
    """Count the elements of a piece of HTML, comments as `#comment`.

    Left out are links that a renderer makes of an e-mail address, which Markdown can't prevent: same text, `mailto:`;
    and code spans, as which addresses and hashes are shown: what they say is compared as text.
    """
    parsed = _parsed(html)
    blocks = {code for block in parsed.iter("pre") for code in block.iter("code")}
    elements = (each for each in parsed.iter() if each is not parsed and (each.tag != "code" or each in blocks))
    return Counter(_name(element) for element in elements if not _is_bare_mail(element))


def _is_bare_mail(element: Element) -> bool:
    """Return whether an element is a link to the very address that is its text."""
    text = "".join(element.itertext()) if element.tag == "a" else ""
    return "@" in text and unquote(element.get("href", "")) in (text, f"mailto:{text}")
