"""HTML: the page, as the standard, a screen reader's rules and a real browser see it, and the pieces for pasting."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from judges.html import assert_literal_as_html, skeleton
from judges.node_tools import node_file
from judges.visible import tags, visible_text
from rflow.core.summary.progress import Digest, OutlineEntry, Progress
from rflow.formats import FORMATS, Renderings, layout_of, render
from rflow.formats.page_helpers import DEEPEST
from rflow.formats.parts import Item, Items, sheet
from support.formats.builders import DIGEST, FULL, STORIES, TOLD, changed
from support.formats.strategies import NOTES, Twin, hostile, told_with
from support.nightly import examples
from support.web.browser import a_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("html")
of_everything = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
in_slack_and_teams = pytest.mark.parametrize("name", ["slack", "teams"])


def flavours(name: str, told: Progress | Digest) -> tuple[str, str | None]:
    """Return the text and the HTML that go to the clipboard."""
    renderings, format_ = Renderings(told), FORMATS[name]
    return renderings.text(format_), renderings.html(format_)


def pasted(name: str, told: Progress | Digest) -> str:
    """Return the HTML that goes to the clipboard."""
    html = flavours(name, told)[1]
    assert html is not None
    return html


# The page, as text


@of_everything
def test_the_page_is_valid_html(told: Progress | Digest) -> None:
    assert skeleton(render("html", told), page=True)


def test_the_page_has_the_tags_that_are_meant() -> None:
    found = tags(render("html", FULL))
    meant = {"h1": 1, "h2": 6, "ol": 2, "pre": 2, "a": 1, "time": 2, "details": 3, "style": 1, "title": 1, "main": 1}
    assert {tag: found[tag] for tag in meant} == meant
    assert {*found}.isdisjoint({"script", "img", "link", "iframe", "object", "form", "svg", "base"})


def test_steps_keep_their_numbers_on_the_page() -> None:
    told = STORIES["since"]
    steps = [step for tag, step in skeleton(render("html", told), page=True) if tag == "li" and step]
    assert steps[-len(told.tried) :] == [(("value", str(step.number)),) for step in told.tried]


def test_a_link_tells_its_target_nothing_and_only_web_links_are_links() -> None:
    def links(url: str) -> list[dict[str, str]]:
        page = render("html", changed(FULL, resume=replace(FULL.resume, link=url)))
        assert url in visible_text(page)
        return [dict(attributes) for tag, attributes in skeleton(page, page=True) if tag == "a"]

    hurt = "https://x.example/\"onclick='x'<b>&copy;"
    assert links(hurt) == [{"href": hurt, "rel": "noreferrer noopener nofollow"}]
    assert links("mailto:ann@x.example")[0]["href"] == "mailto:ann@x.example"
    for url in ("javascript:alert(1)", "data:text/html,x", "//x.example", "vbscript:x"):
        assert links(url) == []


def test_a_tree_that_is_very_deep_is_set_in_only_so_far() -> None:
    outline = tuple(OutlineEntry(depth=depth, label="", kind="decision", text=f"Q{depth}") for depth in range(1, 401))
    page = html5lib.parse(render("html", changed(FULL, outline=outline)), namespaceHTMLElements=False)
    *_, tree = page.iter("details")
    assert lists_within(tree) == DEEPEST
    assert len(list(tree.iter("li"))) == 400


def lists_within(element: Element) -> int:
    """Count the lists that lie within each other."""
    return (element.tag == "ul") + max(map(lists_within, element), default=0)


def test_what_stands_elsewhere_says_where() -> None:
    def entry(text: str, *, repeated: bool = False) -> OutlineEntry:
        return OutlineEntry(depth=1, label="", kind="decision", text=text, repeated=repeated)

    outline = (entry("Late?", repeated=True), entry("Early?"), entry("Early?", repeated=True), entry("Late?"))
    lines = visible_text(render("html", changed(FULL, outline=outline))).split("\n")
    assert lines[-4:] == ["Late? (see below)", "Early?", "Early? (see above)", "Late?"]


# The page, in a browser


AXE = "axe-core/axe.min.js"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844), "smallest phone": (320, 568)}
PICTURES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture(scope="module")
def page() -> "Iterator[Page]":
    with a_page() as page:
        yield page


def look_at(page: "Page", told: Progress | Digest, folder: Path) -> list[str]:
    """Open a summary as a file and everything that can be opened in it; give what the browser asks for or says."""
    told_of: list[str] = []
    (folder / "page.html").write_text(render("html", told), "utf-8")
    page.on("request", lambda request: told_of.append(request.url))
    page.on("console", lambda message: told_of.append(message.text))
    page.goto((folder / "page.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    return told_of


@pytest.fixture
def hurt() -> Progress:
    """A summary full of texts that are too long, or that are HTML which would ask for something."""
    texts = [
        *NOTES,
        "<img src=https://evil.example/x.png>",
        "<style>@import 'https://evil.example/x'</style>",
        "x" * 999,
    ]
    return told_with(FULL, texts, 3)


@pytest.mark.slow
@pytest.mark.parametrize("story", ["full", "fresh", "closed", "digest", "full-brief"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(page: "Page", tmp_path: Path, story: str, scheme: Any) -> None:
    """As far as axe-core can tell, by all of its rules (WCAG 2.2 AA and best practices)."""
    axe = node_file(AXE).read_text("utf-8")
    page.emulate_media(color_scheme=scheme)
    look_at(page, TOLD[story], tmp_path)
    page.evaluate(axe)
    for name in ("desktop", "phone"):
        width, height = WIDTHS[name]
        page.set_viewport_size({"width": width, "height": height})
        found = page.evaluate(
            "axe.run(document, { runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice'] })"
        )
        assert found["violations"] == []
        assert [rule["id"] for rule in found["passes"]].count("color-contrast") == 1


@pytest.mark.slow
def test_the_page_asks_for_nothing_and_obeys_its_own_policy(page: "Page", tmp_path: Path, hurt: Progress) -> None:
    for told in (FULL, DIGEST, hurt):
        assert look_at(page, told, tmp_path) == [(tmp_path / "page.html").as_uri()]
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDTHS.values(), ids=WIDTHS)
def test_nothing_but_output_is_scrolled_sideways(
    page: "Page", tmp_path: Path, hurt: Progress, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for told in (FULL, DIGEST, hurt):
        look_at(page, told, tmp_path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.slow
def test_output_can_be_scrolled_without_a_mouse(page: "Page", tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    look_at(page, FULL, tmp_path)
    page.locator("pre").last.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    output = page.locator("pre").last
    for _ in range(50):  # the page's policy lets nothing wait within it
        if output.evaluate("pre => pre.scrollLeft"):
            break
        page.wait_for_timeout(100)
    assert output.evaluate("pre => pre.scrollLeft") > 0


@pytest.mark.slow
def test_all_of_it_is_printed_dark_on_white(page: "Page", tmp_path: Path) -> None:
    """The tree, too, though it is folded on the screen."""
    look_at(page, FULL, tmp_path)
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("document.querySelector('details').open = false")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.querySelector('.here').getBoundingClientRect().height") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('pre')).whiteSpace") == "pre-wrap"
    page.emulate_media(media="screen")
    assert page.evaluate("document.querySelector('details').open") is False


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scheme", "width"), [("desktop", "light", 820), ("phone-dark", "dark", 390)])
def test_the_docs_have_pictures_of_the_page(page: "Page", tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes them."""
    picture = PICTURES / f"html-{name}.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        look_at(page, FULL, tmp_path)
        page.screenshot(path=picture)
    assert picture.stat().st_size < 150_000


# What is pasted into Slack and Teams


KEPT = {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
pools = st.lists(hostile, min_size=1, max_size=12)


@of_everything
@in_slack_and_teams
def test_what_is_pasted_is_valid_and_has_only_tags_that_chats_keep(name: str, told: Progress | Digest) -> None:
    html = pasted(name, told)
    assert {tag for tag, _ in skeleton(html, page=False)} <= {*KEPT, "DOCUMENT_FRAGMENT"}
    assert "\n\n" not in re.sub("<pre>.*?</pre>", "-", html, flags=re.DOTALL)


@of_everything
@in_slack_and_teams
def test_both_flavours_tell_the_same(name: str, told: Progress | Digest) -> None:
    """Word for word; only what marks labels, lists and output differs."""
    text, html = flavours(name, told)
    rich = visible_text(html or "").replace("\u2060", "")
    words = [re.findall(r"[^\W\d_]{2,}", side.casefold()) for side in (text.replace("\u2060", ""), rich)]
    assert words[0] == words[1]


def assert_literal_when_pasted(told: Progress | Digest) -> None:
    for name in ("slack", "teams"):
        twin = Twin()
        assert_literal_as_html(pasted(name, told), pasted(name, twin.of(told)), twin, page=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "told", [FULL, STORIES["handed-off"], STORIES["fresh"], DIGEST], ids=["full", "off", "fresh", "d"]
)
@given(texts=pools, offset=st.integers(0, 11))
@examples(25)
def test_any_text_shows_literally_when_pasted(told: Progress | Digest, texts: list[str], offset: int) -> None:
    made = told_with(told, texts, offset)
    for form in [made, changed(made, brief=True)] if isinstance(made, Progress) else [made]:
        assert_literal_when_pasted(form)


@pytest.mark.slow
def test_every_text_that_could_break_it_shows_literally_when_pasted() -> None:
    for offset in range(0, len(NOTES), 5):
        assert_literal_when_pasted(told_with(FULL, NOTES, offset))


def test_steps_keep_their_numbers_in_teams() -> None:
    html = pasted("teams", STORIES["since"])
    found = re.findall(r"<ol[^>]*>|<li>(?=Asked|Empty|Changed)", html)
    assert found == ["<ol>", "<li>", '<ol start="9">', "<li>", "<li>"]


@pytest.mark.slow
@of_everything
def test_an_editor_like_slacks_keeps_the_numbers_of_steps_and_what_belongs_to_an_entry(
    page: "Page", told: Progress | Digest
) -> None:
    """Slack's is made from Quill, to which a line break in a list begins an entry, and every list begins at 1."""
    html = pasted("slack", told)
    page.set_content("<div id='editor'></div>")
    page.evaluate(node_file("quill/dist/quill.js").read_text("utf-8"))
    pieces = page.evaluate("(html) => new Quill('#editor').clipboard.convert({ html }).ops", html)
    steps: list[tuple[int, str]] = []
    entries = place = 0
    for kind, text in editor_lines(pieces):
        place = place + 1 if kind == "ordered" else 0
        typed = re.match(r"(\d+)\. (.*)", text) if kind is None else None
        steps += [(place, text)] if place else [(int(typed[1]), typed[2])] if typed else []
        entries += kind == "bullet" or text.lstrip("\u00a0").startswith("• ")
    told_of = sheet(told, layout_of(told))
    lists = [part.items for section in told_of.sections for part in section.blocks if isinstance(part, Items)]
    listed = [section for section in told.sections if not section.single] if isinstance(told, Progress) else []
    shown = [entry for section in listed for entry in section.entries if entry.number]
    assert steps == [(entry.number, entry.text.split("\n")[0]) for entry in shown]
    assert entries == sum(map(count_of, lists))


def editor_lines(pieces: list[dict[str, Any]]) -> list[tuple[str | None, str]]:
    """Give the kind of list and the text of each line of an editor: a line's kind stands at its end."""
    lines: list[tuple[str | None, str]] = []
    text = ""
    for piece in pieces:
        *ended, rest = piece["insert"].split("\n")
        for part in ended:
            lines.append((piece.get("attributes", {}).get("list"), text + part))
            text = ""
        text += rest
    return [*lines, (None, text)]


def count_of(items: tuple[Item, ...]) -> int:
    """Count the entries of a list and of those within it."""
    return len(items) + sum(count_of(item.items) for item in items)


def test_a_paste_into_slack_calls_nobody() -> None:
    told = told_with(FULL, ["@here, @channel (@everyone) <!channel>"])
    for form in (told, changed(told, brief=True)):
        assert re.findall(r"@(?:here|channel|everyone)", pasted("slack", form)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_only_formats_for_pasting_have_html_beside_the_text(name: str) -> None:
    text, html = flavours(name, FULL)
    assert text == render(name, FULL)
    assert (html is not None) == (name in ("slack", "teams"))


def test_both_flavours_are_cut_to_the_same() -> None:
    told = changed(FULL, notes=tuple(replace(FULL.notes[0], text=" ".join(["x" * 70] * 5)) for _ in range(80)))
    for name in ("slack", "teams"):
        text, html = flavours(name, told)
        assert html is not None
        assert text.count("x" * 70) == html.count("x" * 70) < 400
