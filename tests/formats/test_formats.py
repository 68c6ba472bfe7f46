"""The output formats: what a summary looks like in each, down to its blank lines."""

import json
import os
import re
from itertools import pairwise
from pathlib import Path

import html5lib
import msgspec
import pytest
from msgspec.structs import replace

from judges.visible import render_all, tags, visible_text
from rflow.core.summary.progress import Digest, DigestEntry, Progress
from rflow.core.text import columns
from rflow.data import data_dir
from rflow.errors import UsageProblem
from rflow.formats import FORMATS, render
from support.formats.builders import DIGEST, FULL, STORIES, TOLD, changed
from support.formats.strategies import with_hostile_texts, with_texts

GOLDEN = Path(__file__).parents[1] / "golden"
TEXTS = tuple(name for name, format_ in FORMATS.items() if format_.drawing)
in_every_text_format = pytest.mark.parametrize("name", TEXTS)
of_everything = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)


GOLDEN_FILES = {
    f"{name}/{story}{format_.suffix}": (name, story)
    for name, format_ in FORMATS.items()
    for story in (TOLD if format_.drawing else ("full", "full-brief", "fresh", "digest"))
}


@pytest.mark.parametrize("file", GOLDEN_FILES)
def test_a_summary_reads_as_its_golden_file(file: str) -> None:
    """`RFLOW_UPDATE_GOLDEN=1 pytest tests/test_formats.py` writes the files; read the difference before committing."""
    name, story = GOLDEN_FILES[file]
    rendered, path = render(name, TOLD[story]).encode(), GOLDEN / file
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rendered)
    assert rendered.decode() == path.read_bytes().decode()


def test_every_golden_file_is_compared() -> None:
    assert {path.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("*.*")} == {*GOLDEN_FILES}


# The shape of every text


def template_lines(text: str) -> list[str]:
    """Give the lines of a summary but those of a fence, where blank lines are the output's own."""
    return re.sub(r"^( *```).*?^ *```$", r"\1", text, flags=re.MULTILINE | re.DOTALL).split("\n")


@of_everything
@in_every_text_format
def test_lines_end_without_spaces_and_the_text_with_one_newline(name: str, told: Progress | Digest) -> None:
    text = render(name, told)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert not text.startswith("\n")
    assert [line for line in text.split("\n") if line != line.rstrip()] == []


@of_everything
@in_every_text_format
def test_no_blank_line_stands_beside_another(name: str, told: Progress | Digest) -> None:
    lines = template_lines(render(name, told))
    assert [pair for pair in pairwise(lines) if not any(pair)] == []


@of_everything
@pytest.mark.parametrize("name", sorted({*TEXTS} - {"text"}))  # which has the same phrases, but wraps them
def test_nothing_is_left_hanging_where_a_part_is_missing(name: str, told: Progress | Digest) -> None:
    """No separator at an end of a line or twice, no empty brackets, no label without what it labels."""
    for line in template_lines(render(name, told)):
        assert not re.search(r"^\W*[·,→—]|[·,→—] *\\?$|· *·|, *,|\( *[),]|, *\)|“”|None", line), line
        assert not re.search(r"^[A-Z ]+:$|^\*+[\w ()]+:\*+$", line), line


@of_everything
def test_plain_text_is_80_columns_wide(told: Progress | Digest) -> None:
    """Only a piece of evidence, and a word that is longer, may stand out."""
    for line in render("text", told).split("\n"):
        assert columns(line) <= 80 or line.startswith("      ") or " " not in line.strip(), line


@pytest.mark.parametrize("story", STORIES)
@in_every_text_format
def test_every_section_is_shown_once_in_its_order(name: str, story: str) -> None:
    """All that a summary shows is in its sections: a format drops nothing and adds nothing."""
    words: list[str] = []

    def word(path: str, old: str) -> str:
        words.append(path)
        return f"x{len(words) - 1}x" if path.startswith("sections") and not path.endswith((".key", ".label")) else old

    rendered = render(name, with_texts(STORIES[story], word))
    shown = [words[int(number)] for number in re.findall(r"x(\d+)x", rendered)]
    told = [path for path in words if path.startswith("sections") and not path.endswith((".key", ".label"))]
    assert sorted(shown) == sorted(path for path in told if not path.endswith(".detail") or path in shown)
    sections = [int(path.partition("[")[2].partition("]")[0]) for path in shown]
    assert sections == sorted(sections)


def test_the_full_story_leaves_nothing_out() -> None:
    """So that every part of a summary is proven, a new one too; what excludes another part is in another story."""
    missing = {name for name in Progress.__struct_fields__ if not getattr(FULL, name)}
    assert missing == {
        *("since", "since_position", "earlier", "earlier_notes", "brief"),
        *(
            "ask_by",
            "ask_at",
            "situation_at",
            "situation_before",
            "impact_before",
        ),  # shown in tests/core/summary/test_sections.py
    }
    header = {name for name in FULL.session.__struct_fields__ if not getattr(FULL.session, name)}
    assert header == {"outcome", "closing_summary", "handed_off_by"}
    entries = [getattr(entry, name) for name in DigestEntry.__struct_fields__ for entry in DIGEST.sessions[:1]]
    assert entries.count(None) == 1  # handed_off_by


# Phrases


def line_with(text: str, told: Progress | Digest, name: str = "teams") -> str:
    """Give the line of a summary in which `text` stands."""
    [line] = [line for line in render(name, told).split("\n") if text in line]
    return line


@pytest.mark.parametrize(
    ("fewest", "most", "loops", "said"),
    [
        (0, 0, False, ""),
        (1, 1, False, " (1 step left)"),
        (2, 2, False, " (2 steps left)"),
        (1, 4, False, " (1–4 steps left)"),
        (2, None, True, " (2+ steps left)"),
        (None, None, True, " (no end can be reached from here)"),
    ],
)
def test_the_way_to_an_end_is_counted(fewest: int | None, most: int | None, loops: bool, said: str) -> None:
    assert FULL.position is not None
    assert FULL.remaining is not None
    place = replace(FULL.position, text="Is it on?")
    remaining = replace(FULL.remaining, fewest=fewest, most=most, loops=loops)
    told = changed(FULL, position=place, remaining=remaining)
    assert line_with("STUCK AT", told) == f"STUCK AT: Is it on?{said}"
    assert line_with("STUCK AT", changed(told, brief=True)) == f"STUCK AT: Is it on?{said}"


def test_a_digest_names_the_owner_only_where_the_title_does_not() -> None:
    line = "  open, owner Priya Nair"
    assert line not in render("text", DIGEST)
    assert line in render("text", replace(DIGEST, of=None))


# Markdown as readers see it


@pytest.mark.parametrize("story", ["full", "since", "since-brief"])
def test_markdown_shows_each_step_under_its_own_number(story: str) -> None:
    told = TOLD[story]
    assert isinstance(told, Progress)
    for html in render_all(render("markdown", told)).values():
        lists = html5lib.parseFragment(html, namespaceHTMLElements=False).findall("ol")
        numbers = [int(found.get("start", "1")) + place for found in lists for place in range(len(found.findall("li")))]
        assert numbers == [
            entry.number for section in told.sections if section.key == "tried" for entry in section.entries
        ]


def test_markdown_gives_only_web_links_as_links() -> None:
    resume = replace(FULL.resume, link="javascript:alert(1)", link_expires=None)
    for html in render_all(render("markdown", changed(FULL, resume=resume))).values():
        assert "javascript:alert(1)" in visible_text(html)
        assert tags(html)["a"] == 0


# Slack


def test_slack_calls_nobody() -> None:
    told = with_hostile_texts(FULL, ["@here, @channel (@everyone) <!channel>"])
    for form in (told, changed(told, brief=True)):
        assert re.findall(r"@(?:here|channel|everyone)", render("slack", form)) == []


def test_slack_shows_letters_as_they_are() -> None:
    told = with_hostile_texts(FULL, ["a & b < c > d"])
    assert "&amp;" not in render("slack", told)
    assert "a & b < c > d" in render("slack", told)


# JSON


def test_json_has_its_keys_in_the_order_of_the_summary() -> None:
    assert list(json.loads(render("json", FULL))) == list(Progress.__struct_fields__)
    assert list(json.loads(render("json", DIGEST))) == list(Digest.__struct_fields__)


@of_everything
def test_json_holds_all_of_a_summary(told: Progress | Digest) -> None:
    assert msgspec.json.decode(render("json", told), type=type(told)) == told


def test_json_says_null_where_a_loop_makes_the_way_endless() -> None:
    remaining = json.loads(render("json", STORIES["fresh"]))["remaining"]
    assert remaining == {"fewest": 2, "most": None, "loops": True, "ends": ["It prints"]}


# The table of formats


def test_an_unknown_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageProblem) as caught:
        render("markdwon", FULL)
    assert caught.value.try_ == f'Did you mean "markdown"? There are: {", ".join(FORMATS)}.'


def test_every_template_is_used() -> None:
    files = {path.name for path in (data_dir("templates") / "formats").iterdir()}
    assert files == {
        "progress.j2",
        "digest.j2",
        "page.css",
        "page_parts.j2",
        "paste.j2",
        "share.html.j2",  # the page of a link (rflow.web)
        *(file for format_ in FORMATS.values() for file in (format_.drawing, format_.page, format_.rich)),
    } - {""}
