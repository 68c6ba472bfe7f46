"""Judges: what readers see of a document, by real renderers and an HTML parser, independent of what rflow meant."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from xml.etree.ElementTree import Element

import cmarkgfm
import html5lib
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

_BLOCKS = frozenset(
    "address article aside blockquote dd details div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_MENTION = re.compile("(?<![A-Za-z0-9_])@\u200b(?=[A-Za-z0-9_])")


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


def visible_text(html: str) -> str:
    """Give what a browser shows: white space collapsed outside `pre`, a line for each block and `br`, no empty lines.

    An image shows as its alternative text in brackets, so that it is never taken for text. The U+200B that keeps
    `@name` from notifying somebody is left out, because nobody sees it.
    """
    text = "".join(_shown(html5lib.parseFragment(html, namespaceHTMLElements=False), pre=False))
    lines = (line.strip(" ") for line in re.sub(" *\n *| +", _one_space, text).split("\n"))
    return unmarked("\n".join(filter(None, lines)).replace(_KEPT_NEWLINE, "\n").replace(_KEPT_SPACE, " "))


# Inside `pre`, spaces and newlines are kept: noncharacters stand for them while the rest is collapsed.
_KEPT_SPACE, _KEPT_NEWLINE = "\ufdd0", "\ufdd1"


def _one_space(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


def _shown(element: Element, pre: bool) -> Iterator[str]:
    """Walk an element: the text of its parts, newlines where blocks begin and end."""
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "template"):
        return
    edge = "\n" if element.tag in _BLOCKS or element.tag == "br" else ""
    pre = pre or element.tag == "pre"
    yield edge
    if element.tag == "img":
        yield f"[image: {element.get('alt', '')}]"
    yield _spaced(element.text or "", pre)
    for child in element:
        yield from _shown(child, pre)
        yield _spaced(child.tail or "", pre)
    yield edge


def _spaced(text: str, pre: bool) -> str:
    """Collapse white space as HTML does, or mark it as kept."""
    if pre:
        return text.replace(" ", _KEPT_SPACE).replace("\n", _KEPT_NEWLINE)
    return re.sub(r"[ \t\n\f\r]+", " ", text)


def unmarked(text: str) -> str:
    """Take out the U+200B that stands in `@name` where GitHub would notify somebody, and nowhere else."""
    return _MENTION.sub("@", text)


def collapsed(text: str) -> str:
    """Collapse white space, so that texts compare by what can be read."""
    return " ".join(unmarked(text).split())


def tags(html: str) -> Counter[str]:
    """Count the elements of a piece of HTML, comments as `#comment`.

    Left out are links that a renderer makes of an e-mail address, which Markdown can't prevent: same text, `mailto:`.
    """
    parsed = html5lib.parseFragment(html, namespaceHTMLElements=False)
    found = (element for element in parsed.iter() if element is not parsed and not _is_bare_mail(element))
    return Counter(element.tag if isinstance(element.tag, str) else "#comment" for element in found)


def _is_bare_mail(element: Element) -> bool:
    """Say whether an element is a link to the very address that is its text."""
    text = "".join(element.itertext()) if element.tag == "a" else ""
    return "@" in text and element.get("href", "").partition(":")[2] in (text, text.partition(":")[2])
