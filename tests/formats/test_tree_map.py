"""The picture of a tree: nothing overlaps or is cut in a real browser, and marks don't rely on colour."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from rflow.core.summary.progress import OutlineEntry
from rflow.core.summary.units.tree_outline import tree_outline
from rflow.core.tree.graph import Turn
from rflow.core.tree.model import Action, Choice, Decision, End, Node, Tree, exits
from rflow.data import data_dir
from rflow.formats import render
from rflow.formats.tree_map import MAX_ENTRIES, RULES, STYLE, folded, tree_map
from rflow.trees.files import read_tree
from support.formats.builders import FULL, changed
from support.web.browser import a_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "trees").glob("*.toml"))
LOOPS = Tree(
    id="printer",
    title="Printer in Leeds",
    start="ask",
    nodes={
        "ask": Decision(
            text="Does it print?",
            choices=(
                Choice(label="Yes", to="ok"),
                Choice(label="No", to="restart"),
                Choice(label="Sometimes", to="cable"),
            ),
        ),
        "restart": Action(text="Restart it", to="ask"),
        "cable": Action(text="Replace the cable", to="again"),
        "again": Decision(text="And now?", choices=(Choice(label="Yes", to="ok"), Choice(label="No", to="restart"))),
        "ok": End(text="Solved", outcome="resolved"),
    },
)


def walked(tree: Tree, moves: int, assumed: int = -1) -> tuple[list[Turn], str]:
    path, here = [], tree.start
    for number in range(moves):
        ways = exits(tree.nodes[here])
        if not ways:
            break
        way = ways[number % len(ways)]
        path.append(Turn(node=here, label=way.label, to=way.to, assumed=number == assumed))
        here = way.to
    return path, here


def picture(tree: Tree, moves: int = 0, assumed: int = -1) -> str:
    path, here = walked(tree, moves, assumed)
    return tree_map(tree_outline(tree, path, here if moves else None, str), tree.title, style=STYLE)


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def deep(questions: int) -> Tree:
    nodes: dict[str, Node] = {
        f"q{n}": Decision(
            text=f"Question {n}?", choices=(Choice(label="Yes", to=f"e{n}"), Choice(label="No", to=f"q{n + 1}"))
        )
        for n in range(questions)
    }
    ends: dict[str, Node] = {f"e{n}": End(text=f"Remedy {n}", outcome="resolved") for n in range(questions)}
    last = End(text="Call Leeds", outcome="escalate")
    return Tree(id="deep", title="Deep", start="q0", nodes={**nodes, **ends, f"q{questions}": last})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_node_of_an_example_is_in_its_picture(path: Path) -> None:
    tree = read_tree(path).require()
    shown = "".join("".join(words(picture(tree))).split())
    assert [node.text for node in tree.nodes.values() if "".join(node.text.split()) not in shown] == []


def test_what_happened_is_said_in_words_and_shapes_too() -> None:
    svg = picture(LOOPS, moves=3, assumed=1)
    assert "You are here: an end of the tree" in words(svg)
    description = ElementTree.fromstring(svg).findtext("{http://www.w3.org/2000/svg}desc") or ""
    assert "Taken: Does it print?" in description
    assert "Here: " in description


def test_an_assumed_answer_is_not_drawn_as_a_certain_one() -> None:
    tree = deep(4)
    svg = picture(tree, moves=1, assumed=0)
    assert "answer assumed, not verified" in words(svg)
    assert 'class="guess"' in svg
    assert 'class="tick"' not in svg
    assert any(text.startswith("ruled out only by") for text in words(svg))


def test_a_text_is_never_markup() -> None:
    hostile = Tree(
        id="x",
        title="</title><script>alert(1)</script>",
        start="a",
        nodes={"a": End(text='"><image href="x" onload="alert(1)">', outcome="resolved")},
    )
    root = ElementTree.fromstring(picture(hostile))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "text",
        "rect",
    }


def test_a_large_tree_is_folded_to_what_is_near_the_position() -> None:
    tree = deep(400)
    path = [Turn(node=f"q{n}", label="No", to=f"q{n + 1}") for n in range(200)]
    entries = folded(tree_outline(tree, path, "q200", str), MAX_ENTRIES)
    assert len(entries) <= MAX_ENTRIES
    assert [entry.text for entry in entries if entry.mark == "here"] == ["Question 200?"]
    assert "Remedy 200" in [entry.text for entry in entries]


def test_sixty_nodes_are_all_shown() -> None:
    assert len(folded(tree_outline(deep(29), [], None, str), MAX_ENTRIES)) == 59


CASES: dict[str, str] = {
    **{f"{path.stem} {moves}": picture(read_tree(path).require(), moves, 1) for path in EXAMPLES for moves in (0, 3)},
    "loops": picture(LOOPS, 3),
    "60 nodes": picture(deep(29), 12),
    "long words": tree_map(
        [
            OutlineEntry(depth=1, label="", kind="decision", text="W" * 90, mark="here"),
            OutlineEntry(
                depth=2, label="Donaudampfschifffahrtsgesellschaft " * 3, kind="end", text="プリンターが印刷しない" * 6
            ),
        ],
        "Long",
        style=STYLE,
    ),
}


def on_a_page(tree: Tree, moves: int) -> str:
    path, here = walked(tree, moves, 1)
    return render("html", changed(FULL, outline=tree_outline(tree, path, here if moves else None, str)))


PAGES: dict[str, str] = {
    **{path.stem: on_a_page(read_tree(path).require(), 3) for path in EXAMPLES},
    "untouched": on_a_page(read_tree(EXAMPLES[0]).require(), 0),
    "loops": on_a_page(LOOPS, 3),
    "60 nodes": on_a_page(deep(29), 12),
}
MEASURE = """() => {
  const boxes = [...document.querySelectorAll('svg.map text')].filter(text => text.textContent).map(text => {
    const { x, y, width, height } = text.getBBox()
    return { text: text.textContent, left: x, right: x + width, top: y + 3, bottom: y + height - 3 }
  })
  const view = document.querySelector('svg.map').viewBox.baseVal
  const wrong = boxes.filter(box => box.left < 0 || box.right > view.width || box.bottom > view.height)
  for (const a of boxes) for (const b of boxes)
    if (a !== b && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) wrong.push([a, b])
  return { wrong, wide: document.documentElement.scrollWidth > innerWidth }
}"""

BLOCKS = """() => {
  const boxes = [...document.querySelectorAll('.cols > *')].map(part => part.getBoundingClientRect())
  return boxes.flatMap(a => boxes.filter(b => a !== b && a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1))
}"""
"""The parts of a page that overlap each other."""


@pytest.fixture(scope="module")
def page() -> Iterator["Page"]:
    with a_page() as page:
        yield page


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", CASES)
def test_in_a_browser_no_text_overlaps_or_is_cut(page: "Page", name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(f'<body style="margin:0">{CASES[name]}')
    assert page.evaluate(MEASURE) == {"wrong": [], "wide": False}


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_on_a_page_no_text_of_the_drawing_overlaps_or_is_cut(page: "Page", name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(PAGES[name])
    assert page.evaluate(MEASURE) == {"wrong": [], "wide": False}
    assert page.evaluate(BLOCKS) == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_text_of_the_drawing_is_large_enough_to_read(page: "Page", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(PAGES["loops"])
    scale = page.evaluate(
        "(map => map.getBoundingClientRect().width / map.viewBox.baseVal.width)(document.querySelector('svg.map'))"
    )
    assert 14 * scale >= 12.5


COLOURS = """() => [...document.querySelectorAll('#map text, #map .way, #map .node')].map(part => [
  getComputedStyle(part)[part.tagName === 'text' ? 'fill' : 'stroke'],
  getComputedStyle(part.closest('#map')).backgroundColor])"""


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.2, "contrast ratio")."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_drawing_has_contrast_in_both_colour_schemes(page: "Page", scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_content(PAGES["loops"])
    pairs = page.evaluate(COLOURS)
    assert len(pairs) > 10
    assert [pair for pair in pairs if contrast(*pair) < 3] == []
    assert [
        pair for pair in page.evaluate(COLOURS.replace(", #map .way, #map .node", "")) if contrast(*pair) < 4.5
    ] == []


def test_the_page_draws_it_as_a_file_of_its_own_does() -> None:
    assert RULES in (data_dir("templates") / "formats" / "page.css").read_text("utf-8")


def test_the_brief_page_has_no_drawing() -> None:
    assert "<svg xmlns" not in render("html", changed(FULL, brief=True))
