"""What a browser makes of HTML: whether it is valid, what it shows, and the skeleton of tags and attributes."""

import re
from xml.etree import ElementTree

import html5lib

from judges.visible import collapsed, visible_text
from support.formats.strategies import Twin

Tag = tuple[str, tuple[tuple[str, str], ...]]


def skeleton(html: str, *, page: bool) -> list[Tag]:
    """Return every tag with its attributes; refuse anything that the HTML standard calls a parse error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(html) if page else parser.parseFragment(html)
    return [(str(element.tag), tuple(sorted(element.attrib.items()))) for element in root.iter()]


_DRAWING = re.compile(r'<svg xmlns="[^"]*" class="map".*?</svg>', re.DOTALL)
_DRAWN = {"svg", "title", "desc", "path", "rect", "circle", "text"}
_DRAWN_WITH = {
    *("class", "viewBox", "role", "aria-labelledby", "aria-describedby", "id"),
    *"d x y width height rx cx cy r".split(),
}


def without_drawing(html: str) -> str:
    """Return a page without the drawing of a tree, whose lines and places depend on how wide its texts are.

    It may have nothing but shapes and texts, whose attributes are numbers and names.
    """
    for drawing in _DRAWING.findall(html):
        root = ElementTree.fromstring(drawing)
        assert {element.tag.rpartition("}")[2] for element in root.iter()} <= _DRAWN
        assert {name for element in root.iter() for name in element.attrib} <= _DRAWN_WITH
        values = [value for element in root.iter() for value in element.attrib.values()]
        assert [value for value in values if not re.fullmatch(r"[-\w. ]+", value)] == []
    return _DRAWING.sub("<svg></svg>", html)


def assert_literal_as_html(html: str, harmless: str, twin: Twin, *, page: bool) -> None:
    """Compare with harmless texts: what is shown, and every tag with its attributes."""
    html, harmless = without_drawing(html), without_drawing(harmless)
    shown, expected = visible_text(html), twin.original(visible_text(harmless))
    assert collapsed(shown.replace("@\u2060", "@")) == collapsed(expected.replace("@\u2060", "@"))
    assert skeleton(html, page=page) == skeleton(harmless, page=page)
