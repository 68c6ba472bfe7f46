"""What a browser makes of HTML: whether it is valid, what it shows, and the skeleton of tags and attributes."""

import html5lib

from judges.visible import collapsed, visible_text
from support.formats.strategies import Twin

Tag = tuple[str, tuple[tuple[str, str], ...]]


def skeleton(html: str, *, page: bool) -> list[Tag]:
    """Return every tag with its attributes; refuse anything that the HTML standard calls a parse error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(html) if page else parser.parseFragment(html)
    return [(str(element.tag), tuple(sorted(element.attrib.items()))) for element in root.iter()]


def assert_literal_as_html(html: str, harmless: str, twin: Twin, *, page: bool) -> None:
    """Compare with harmless texts: what is shown, and every tag with its attributes."""
    shown, expected = visible_text(html), twin.original(visible_text(harmless))
    assert collapsed(shown.replace("@\u2060", "@")) == collapsed(expected.replace("@\u2060", "@"))
    assert skeleton(html, page=page) == skeleton(harmless, page=page)
