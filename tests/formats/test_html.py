"""HTML: the page, as the standard, a screen reader's rules and a real browser see it, and the pieces for pasting."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from judges.html import assert_literal_as_html, skeleton
from judges.node_tools import node_file
from judges.visible import tags, visible_text
from rflow.core.session import commands as c
from rflow.core.session.events import Brief
from rflow.core.summary.budget.arrange import sections_only
from rflow.core.summary.progress import Digest, Mark, OutlineEntry, Progress
from rflow.core.summary.summarise import summarise
from rflow.formats import FORMATS, Renderings, layout_of, render
from rflow.formats.page.head import pills
from rflow.formats.page.outline import MAX_DEPTH
from rflow.formats.parts import Item, Items, sheet
from support.core.builders import ANN, free, looking
from support.formats.builders import DIGEST, FULL, STORIES, TOLD, changed
from support.formats.strategies import NOTES, Twin, hostile, with_hostile_texts
from support.nightly import examples
from support.web.browser import a_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("html")
of_everything = pytest.mark.parametrize("summary", TOLD.values(), ids=TOLD)
in_slack_and_teams = pytest.mark.parametrize("name", ["slack", "teams"])


def flavours(name: str, summary: Progress | Digest) -> tuple[str, str | None]:
    """Return the text and the HTML that go to the clipboard."""
    renderings, format_ = Renderings(summary), FORMATS[name]
    return renderings.text(format_), renderings.html(format_)


def pasted(name: str, summary: Progress | Digest) -> str:
    """Return the HTML that goes to the clipboard."""
    html = flavours(name, summary)[1]
    assert html is not None
    return html


# The page, as text


@of_everything
def test_the_page_is_valid_html(summary: Progress | Digest) -> None:
    assert skeleton(render("html", summary), page=True)


def parsed(summary: Progress | Digest) -> Element:
    """Return the page of a summary as a tree of elements."""
    page: Element = html5lib.parse(render("html", summary), namespaceHTMLElements=False)
    return page


def words(element: Element) -> str:
    """Return the text of an element on one line."""
    return " ".join("".join(element.itertext()).split())


def with_class(element: Element, name: str) -> list[Element]:
    """Return the elements that have a class."""
    return [each for each in element.iter() if name in (each.get("class") or "").split()]


def steps_of(page: Element) -> dict[int, Element]:
    """Return the steps of a page by their numbers."""
    items = {each.get("id", ""): each for each in page.iter("li")}
    return {int(name.removeprefix("step-")): each for name, each in items.items() if name.startswith("step-")}


def test_the_page_has_one_title_and_nothing_that_runs_or_loads() -> None:
    page = tags(render("html", FULL))
    assert (page["h1"], page["main"], page["header"], page["title"], page["style"]) == (1, 1, 2, 1, 1)
    assert {*page}.isdisjoint({"script", "img", "link", "iframe", "object", "form", "base"})


def test_the_page_begins_with_the_state_in_words_and_what_is_asked() -> None:
    page = parsed(FULL)
    assert [words(pill) for pill in with_class(page, "pill")] == [
        "Open",
        "Severity 2",
        "1 change in place",
        "Waiting until 03:30",
    ]
    headings = [words(heading) for heading in page.iter("h2")]
    assert headings[:4] == ["Ask", "Caution", "Now", "Stuck at"]
    assert [box.get("id") for box in with_class(page, "box")] == [
        *("ask", "caution", "changes", "waiting", "continue", "map")
    ]


@pytest.mark.parametrize("brief", [True, False])
def test_an_ask_says_whose_it_is_and_how_old(brief: bool) -> None:
    scene = free()
    scene.do(ANN, c.SetBrief(brief=Brief(ask="Restart it or wait?")))
    progress = summarise(scene.session, scene.trees, looking(brief=brief))
    for shown in (progress, sections_only(progress)):
        [ask] = [box for box in with_class(parsed(shown), "box") if box.get("id") == "ask"]
        assert words(ask) == "Ask Restart it or wait? Ann, 03:15"


@pytest.mark.parametrize("brief", [True, False])
def test_the_page_does_not_count_changes_where_none_is_in_place_or_one_line_is_several(brief: bool) -> None:
    scene = free()
    for text in ("MTU 1400", "IPv6 off"):
        scene.do(ANN, c.MakeChange(text=text, revert="reboot it"))
    progress = summarise(scene.session, scene.trees, looking(brief=brief))
    assert [pill.text for pill in pills(progress)] == ["Open", "2 changes in place"]
    assert [pill.text for pill in pills(sections_only(progress))] == ["Open", "Changes in place"]
    for change in scene.session.changes:
        scene.do(ANN, c.RevertChange(change=change))
    progress = summarise(scene.session, scene.trees, looking(brief=brief))
    for shown in (progress, sections_only(progress)):
        assert [pill.text for pill in pills(shown)] == ["Open"]
        page = parsed(shown)
        assert "changes" not in [box.get("id") for box in with_class(page, "box")], "there is nothing to act on"
        assert "nothing" in [words(entry) for entry in page.iter("li")]


LINES = """[...document.querySelectorAll(".n")].map((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return [element.innerText, range.getClientRects().length];
})"""
"""The number of each step, and how many lines it takes."""


@pytest.mark.slow
def test_the_number_of_a_step_stands_on_one_line(page: "Page", tmp_path: Path) -> None:
    scene = free()
    for number in range(120):
        scene.do(ANN, c.AddStep(text=f"Look number {number}"))
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        look_at(page, summarise(scene.session, scene.trees, looking()), tmp_path)
        lines = page.evaluate(LINES)
        assert lines == [[str(number), 1] for number in range(1, 121)]


def test_a_change_in_place_has_its_way_back_as_a_command_to_copy() -> None:
    [changes] = [box for box in with_class(parsed(FULL), "box") if box.get("id") == "changes"]
    assert [words(code) for code in changes.iter("code")] == ["printui /s /t1, then choose the WSD port again"]
    assert [time.get("datetime") for time in changes.iter("time")] == ["2026-06-02T02:02:00+01:00"]


@pytest.mark.parametrize("cut", [replace, sections_only])
def test_on_the_brief_page_too_a_way_back_is_a_command_to_copy(cut: Any) -> None:
    scene = free()
    for text, revert in (("MTU 1400", "ip link set eth0 mtu 1500"), ("Rules", "a " * 40), ("A", "x"), ("B", "x")):
        scene.do(ANN, c.MakeChange(text=text, revert=revert))
    page = parsed(cut(summarise(scene.session, scene.trees, looking(brief=True))))
    [changes] = [box for box in with_class(page, "box") if box.get("id") == "changes"]
    assert [words(code) for code in changes.iter("code")] == ["ip link set eth0 mtu 1500", "x"]
    assert "Revert: rflow show" in words(changes) and "Revert both: x" in words(changes)


def test_a_step_has_its_result_its_author_and_its_time_apart() -> None:
    step = steps_of(parsed(FULL))[9]
    parts = {name: [words(each) for each in with_class(step, name)] for name in ("n", "did", "got", "by")}
    assert parts["n"] == ["9"]
    assert parts["did"] == ["Empty the queue and print once more"]
    assert parts["got"][0].startswith("The job leaves the queue")
    assert parts["by"] == ["01:40Priya Nair"]


def test_an_author_shows_only_where_it_changes() -> None:
    steps = steps_of(parsed(FULL))
    authors = {
        number: [words(each) for each in steps[number].findall("p[@class='by']/span")] for number in (6, 7, 8, 9, 10)
    }
    assert authors == {6: ["Priya Nair"], 7: [], 8: ["Sam"], 9: ["Priya Nair"], 10: []}


def test_all_but_the_last_five_steps_and_key_facts_are_folded() -> None:
    pinned = [replace(step, pinned=step.number == 3, undone=False) for step in FULL.tried]
    page = parsed(changed(FULL, tried=tuple(pinned)))
    folded = [words(each) for fold in page.iter("details") for each in fold.iter() if each.get("class") == "n"]
    assert folded == ["1", "2", "4", "5"]
    summaries = [words(summary) for summary in page.iter("summary")]
    assert summaries[0].startswith("Steps 1 and 2 Asked the warehouse")
    assert {*steps_of(page)} == {step.number for step in FULL.tried}


def test_the_output_of_a_step_stands_below_it_and_says_how_it_ended_in_a_word() -> None:
    def chips(code: int) -> list[str]:
        piece = replace(FULL.evidence[0], on=FULL.tried[-1].seq, exit_code=code, lines=("no answer",), telling="")
        step = steps_of(parsed(changed(FULL, evidence=(piece,))))[FULL.tried[-1].number]
        assert [words(each) for each in step.iter("pre")] == ["no answer"]
        return [words(chip) for chip in with_class(step, "chip")]

    assert chips(0) == ["ok, exit 0"]
    assert chips(2) == ["failed, exit 2"]


def test_every_step_is_on_the_page_and_nothing_is_cut() -> None:
    long = "It prints the label of the order before, " * 40
    page = parsed(changed(FULL, tried=tuple(replace(step, result=long) for step in FULL.tried)))
    assert [words(step).count("It prints the label") for step in steps_of(page).values()] == [40] * len(FULL.tried)


def test_the_brief_page_has_the_sections_of_the_brief_and_no_more() -> None:
    page = parsed(TOLD["full-brief"])
    assert steps_of(page) == {}
    assert {words(each) for each in page.iter("summary")} <= {"Ruled out 2 answers", "Ruled out 3 answers"}
    assert "Times are in UTC+01:00." in words(page)


def links_of(url: str) -> list[dict[str, str]]:
    """Return the links to other pages on the page of a summary with this link."""
    page = render("html", changed(FULL, resume=replace(FULL.resume, link=url)))
    assert url in visible_text(page)
    links = [dict(attributes) for tag, attributes in skeleton(page, page=True) if tag == "a"]
    return [link for link in links if not link["href"].startswith("#")]


def test_a_link_passes_nothing_to_its_target_and_only_web_links_are_links() -> None:
    hostile_url = "https://x.example/\"onclick='x'<b>&copy;"
    assert links_of(hostile_url) == [{"href": hostile_url, "rel": "noreferrer noopener nofollow"}]
    assert links_of("mailto:ann@x.example")[0]["href"] == "mailto:ann@x.example"
    for url in ("javascript:alert(1)", "data:text/html,x", "//x.example", "vbscript:x"):
        assert links_of(url) == []


def test_a_tree_that_is_very_deep_is_set_in_only_so_far() -> None:
    outline = tuple(OutlineEntry(depth=depth, label="", kind="decision", text=f"Q{depth}") for depth in range(1, 401))
    *_, tree = parsed(changed(FULL, outline=outline)).iter("details")
    assert lists_within(tree) == MAX_DEPTH
    assert len(list(tree.iter("li"))) == 400


def lists_within(element: Element) -> int:
    """Count the lists that lie within each other."""
    return (element.tag == "ul") + max(map(lists_within, element), default=0)


def test_what_stands_elsewhere_says_where() -> None:
    def entry(text: str, *, repeated: bool = False) -> OutlineEntry:
        return OutlineEntry(depth=1, label="", kind="decision", text=text, repeated=repeated)

    outline = (entry("Late?", repeated=True), entry("Early?"), entry("Early?", repeated=True), entry("Late?"))
    [tree] = [fold for fold in parsed(changed(FULL, outline=outline)).iter("details") if fold.get("id") == "fold-tree"]
    lines = [words(each) for each in tree.iter("li")]
    assert lines == ["Late? (see below)", "Early?", "Early? (see above)", "Late?"]


def test_the_outline_says_in_words_what_happened_to_each_branch() -> None:
    def entry(text: str, mark: Mark) -> OutlineEntry:
        return OutlineEntry(depth=1, label="", kind="decision", text=text, mark=mark)

    outline = (entry("On?", "taken"), entry("New?", "assumed"), entry("Old?", "unconfirmed"), entry("Hot?", "here"))
    [tree] = [fold for fold in parsed(changed(FULL, outline=outline)).iter("details") if fold.get("id") == "fold-tree"]
    assert [words(each) for each in tree.iter("li")] == [
        "✓ taken: On?",
        "? assumed, not verified: New?",
        "✗? ruled out only by an assumed answer: Old?",
        "▶ you are here: Hot?",
    ]


# The page, in a browser


AXE = "axe-core/axe.min.js"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844), "small phone": (360, 740), "smallest phone": (320, 568)}
PICTURES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture(scope="module")
def page() -> "Iterator[Page]":
    with a_page() as page:
        yield page


def look_at(page: "Page", summary: Progress | Digest, folder: Path) -> list[str]:
    """Open a summary as a file and unfold all of it; return what the browser requests and what it logs."""
    messages: list[str] = []
    (folder / "page.html").write_text(render("html", summary), "utf-8")
    page.on("request", lambda request: messages.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.goto((folder / "page.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    return messages


@pytest.fixture
def hurt() -> Progress:
    """A summary full of texts that are too long, or that are HTML which would ask for something."""
    texts = [
        *NOTES,
        "<img src=https://evil.example/x.png>",
        "<style>@import 'https://evil.example/x'</style>",
        "x" * 999,
    ]
    return with_hostile_texts(FULL, texts, 3)


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast", "link-in-text-block"]
SCHEMES: tuple[tuple[Literal["light", "dark"], str, list[str]], ...] = (
    ("light", "desktop", RULES),
    ("light", "phone", RULES),
    ("dark", "phone", CONTRAST),
)
"""A page in the dark has other colours, and is the same otherwise."""


@pytest.mark.slow
@pytest.mark.parametrize("story", ["full", "fresh", "closed", "digest", "full-brief"])
def test_the_page_is_accessible(page: "Page", tmp_path: Path, story: str) -> None:
    """As far as axe-core can tell, by all of its rules (WCAG 2.2 AA and best practices); dark: its colours."""
    look_at(page, TOLD[story], tmp_path)
    page.evaluate(node_file(AXE).read_text("utf-8"))
    for scheme, name, rules in SCHEMES:
        width, height = WIDTHS[name]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)
        assert found["passes"] != []
        assert found["violations"] == []
        assert [rule["id"] for rule in found["passes"]].count("color-contrast") == 1


@pytest.mark.slow
def test_the_page_asks_for_nothing_and_obeys_its_own_policy(page: "Page", tmp_path: Path, hurt: Progress) -> None:
    for summary in (FULL, DIGEST, hurt):
        assert look_at(page, summary, tmp_path) == [(tmp_path / "page.html").as_uri()]
        assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"


@pytest.mark.slow
@pytest.mark.parametrize("size", WIDTHS.values(), ids=WIDTHS)
def test_nothing_but_output_is_scrolled_sideways(
    page: "Page", tmp_path: Path, hurt: Progress, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for summary in (FULL, DIGEST, hurt):
        look_at(page, summary, tmp_path)
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
@pytest.mark.parametrize(("name", "scheme", "width"), [("desktop", "light", 1280), ("phone-dark", "dark", 390)])
def test_the_docs_have_pictures_of_the_page(page: "Page", tmp_path: Path, name: str, scheme: Any, width: int) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes them."""
    picture = PICTURES / f"html-{name}.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        look_at(page, FULL, tmp_path)
        page.screenshot(path=picture)
    assert picture.stat().st_size < 200_000


# What is pasted into Slack and Teams


KEPT = {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre"}
pools = st.lists(hostile, min_size=1, max_size=12)


@of_everything
@in_slack_and_teams
def test_what_is_pasted_is_valid_and_has_only_tags_that_chats_keep(name: str, summary: Progress | Digest) -> None:
    html = pasted(name, summary)
    assert {tag for tag, _ in skeleton(html, page=False)} <= {*KEPT, "DOCUMENT_FRAGMENT"}
    assert "\n\n" not in re.sub("<pre>.*?</pre>", "-", html, flags=re.DOTALL)


@of_everything
@in_slack_and_teams
def test_both_flavours_tell_the_same(name: str, summary: Progress | Digest) -> None:
    """Word for word; only what marks labels, lists and output differs."""
    text, html = flavours(name, summary)
    rich = visible_text(html or "").replace("\u2060", "")
    words = [re.findall(r"[^\W\d_]{2,}", side.casefold()) for side in (text.replace("\u2060", ""), rich)]
    assert words[0] == words[1]


def assert_literal_when_pasted(summary: Progress | Digest) -> None:
    for name in ("slack", "teams"):
        twin = Twin()
        assert_literal_as_html(pasted(name, summary), pasted(name, twin.of(summary)), twin, page=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "summary", [FULL, STORIES["handed-off"], STORIES["fresh"], DIGEST], ids=["full", "off", "fresh", "d"]
)
@given(texts=pools, offset=st.integers(0, 11))
@examples(25)
def test_any_text_shows_literally_when_pasted(summary: Progress | Digest, texts: list[str], offset: int) -> None:
    made = with_hostile_texts(summary, texts, offset)
    for form in [made, changed(made, brief=True)] if isinstance(made, Progress) else [made]:
        assert_literal_when_pasted(form)


@pytest.mark.slow
def test_every_text_that_could_break_it_shows_literally_when_pasted() -> None:
    for offset in range(0, len(NOTES), 5):
        assert_literal_when_pasted(with_hostile_texts(FULL, NOTES, offset))


def test_steps_keep_their_numbers_in_teams() -> None:
    html = pasted("teams", STORIES["since"])
    found = re.findall(r"<ol[^>]*>|<li>(?=Asked|Empty|Changed)", html)
    assert found == ["<ol>", "<li>", '<ol start="9">', "<li>", "<li>"]


@pytest.mark.slow
@of_everything
def test_an_editor_like_slacks_keeps_the_numbers_of_steps_and_what_belongs_to_an_entry(
    page: "Page", summary: Progress | Digest
) -> None:
    """Slack's is made from Quill, to which a line break in a list begins an entry, and every list begins at 1."""
    html = pasted("slack", summary)
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
    messages = sheet(summary, layout_of(summary))
    lists = [part.items for section in messages.sections for part in section.blocks if isinstance(part, Items)]
    listed = [section for section in summary.sections if not section.single] if isinstance(summary, Progress) else []
    shown = [entry for section in listed for entry in section.entries if entry.number]
    assert steps == [(entry.number, entry.text.split("\n")[0]) for entry in shown]
    assert entries == sum(map(count_of, lists))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slack", "teams"])
def test_the_docs_have_pictures_of_what_is_pasted(page: "Page", name: str) -> None:
    """In Quill, and in a plain rich editor. `RFLOW_UPDATE_GOLDEN=1` takes them."""
    picture = PICTURES / f"paste-{name}.png"
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 640, "height": 620})
        page.set_content(PASTED_INTO[name])
        if name == "slack":
            page.add_style_tag(content=node_file("quill/dist/quill.snow.css").read_text("utf-8"))
            page.evaluate(node_file("quill/dist/quill.js").read_text("utf-8"))
        page.evaluate(PASTE[name], pasted(name, FULL))
        page.screenshot(path=picture)
    assert picture.stat().st_size < 200_000


_PAGE = "<style>body { margin: 12px; font: 15px/1.35 sans-serif } .ql-editor { font: 15px/1.35 sans-serif }</style>"
_BOX = "<div id='editor' contenteditable style='padding: 14px; border: 1px solid #888; border-radius: 6px'></div>"
PASTED_INTO = {"slack": f"{_PAGE}<div id='editor'></div>", "teams": _PAGE + _BOX}
PASTE = {
    "slack": "(html) => new Quill('#editor', { theme: 'snow' }).clipboard.dangerouslyPasteHTML(html)",
    "teams": "(html) => { document.querySelector('#editor').focus(); document.execCommand('insertHTML', false, html) }",
}


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
    summary = with_hostile_texts(FULL, ["@here, @channel (@everyone) <!channel>"])
    for form in (summary, changed(summary, brief=True)):
        assert re.findall(r"@(?:here|channel|everyone)", pasted("slack", form)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_only_formats_for_pasting_have_html_beside_the_text(name: str) -> None:
    text, html = flavours(name, FULL)
    assert text == render(name, FULL)
    assert (html is not None) == (name in ("slack", "teams"))


def test_both_flavours_are_cut_to_the_same() -> None:
    summary = changed(FULL, notes=tuple(replace(FULL.notes[0], text=" ".join(["x" * 70] * 5)) for _ in range(80)))
    for name in ("slack", "teams"):
        text, html = flavours(name, summary)
        assert html is not None
        assert text.count("x" * 70) == html.count("x" * 70) < 400
