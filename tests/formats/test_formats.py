"""The output formats: what a summary looks like in each, down to its blank lines."""

import json
import os
import re
from itertools import count, pairwise
from pathlib import Path

import html5lib
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from judges.visible import render_all, tags, visible_text
from rflow.core.summary.brief import shorten_progress
from rflow.core.summary.progress import Digest, DigestEntry, Progress, ProgressRuledOut, ProgressWaiting, Tried
from rflow.core.text import columns
from rflow.data import data_dir
from rflow.errors import UsageProblem
from rflow.formats import FORMATS, render
from rflow.formats.environment import environment
from support.format_builders import DIGEST, FULL, STORIES, TOLD
from support.format_strategies import retold

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
def test_parts_stand_in_the_order_of_the_summary(name: str, story: str) -> None:
    """The order of the fields of `Progress`, except that one without an ask begins with where it is stuck."""
    words: dict[str, str] = {}
    told = retold(STORIES[story], lambda path, _: words.setdefault(f"x{len(words)}x", path) and f"x{len(words) - 1}x")
    parts = [re.split(r"\W", words[word])[0] for word in re.findall(r"x\d+x", render(name, told)) if word in words]
    first_of_each = [part for part in dict.fromkeys(parts) if part != "position" or told.ask]
    assert first_of_each == [part for part in Progress.__struct_fields__ if part in first_of_each]


NOT_SHOWN = {
    "session.id": "the code is shorter",
    "session.source": "the file it came from says nothing to a reader elsewhere",
    "session.tree.title": "its id and version name it",
    "session.tree.digest": "shown in part",
    "position.node": "its text says more",
    "position.help": "for whoever goes on with the session",
    "position.run": "for whoever goes on with the session",
    "remaining.ends": "counted in steps; the way ahead names the next ones",
    "outline.label": "the whole tree is for pages and programs",
    "outline.text": "the whole tree is for pages and programs",
    "redacted_kinds.kind": "how many there are is shown; the kinds are for whoever makes the summary, on stderr",
}


def shown_paths(name: str, told: Progress | Digest) -> dict[str, int]:
    """Count how often each text is shown, by its path without the numbers of tuples."""
    words: list[str] = []

    def word(path: str, _: str) -> str:
        words.append(path)
        return f"x{len(words) - 1}x"

    rendered = render(name, retold(told, word))
    return {f"{path} {number}": rendered.count(f"x{number}x") for number, path in enumerate(words)}


@pytest.mark.parametrize("story", STORIES)
@in_every_text_format
def test_every_text_is_shown_once_unless_there_is_a_reason(name: str, story: str) -> None:
    counts = shown_paths(name, STORIES[story])
    hidden = {re.sub(r"\[\d+\]| \d+$", "", path) for path, count in counts.items() if count == 0}
    closed = {"position.choices"} if story == "closed" else set()
    assert hidden <= {*NOT_SHOWN, *closed}
    assert {path for path, count in counts.items() if count > 1} == set()


def test_the_full_story_leaves_nothing_out() -> None:
    """So that every part of a summary is proven, a new one too; what excludes another part is in another story."""
    missing = {name for name in Progress.__struct_fields__ if not getattr(FULL, name)}
    assert missing == {"since", "earlier", "brief"}
    header = {name for name in FULL.session.__struct_fields__ if not getattr(FULL.session, name)}
    assert header == {"outcome", "closing_summary", "handed_off_by", "handoff_note"}
    entries = [getattr(entry, name) for name in DigestEntry.__struct_fields__ for entry in DIGEST.sessions[:1]]
    assert entries.count(None) == 1  # handed_off_by


# Phrases


def line_with(text: str, told: Progress | Digest, name: str = "teams") -> str:
    """Give the line of a summary in which `text` stands."""
    [line] = [line for line in render(name, told).split("\n") if text in line]
    return line


def tried(**more: object) -> str:
    """Give the line of one step."""
    step = Tried(number=7, seq=9, kind="choice", text="Is it on?", result="Yes", by="Priya Nair")
    return line_with("7. ", replace(FULL, tried=(msgspec.structs.replace(step, **more),), ruled_out=(), evidence=()))


def test_a_step_says_what_came_of_it_when_and_who_it_was_but_the_owner() -> None:
    step = FULL.tried[1]
    assert tried() == "7. Is it on? → Yes"
    assert tried(at=step.at) == "7. Is it on? → Yes (00:07)"
    assert tried(at=step.at, by="Sam") == "7. Is it on? → Yes (00:07, Sam)"
    assert tried(at=FULL.session.started_at) == "7. Is it on? → Yes (2026-06-01 23:52)"
    assert tried(result="", by="") == "7. Is it on?"
    assert tried(skipped=True, result="", reason="locked") == "7. Is it on? → skipped: locked"
    assert tried(assumed=True) == "7. Is it on? → assumed: Yes"
    assert tried(assumed=True, reason="locked", undone=True) == "7. Is it on? → undone, assumed: Yes; reason: locked"
    assert tried(kind="tree", text="VPN", result="") == "7. Went on in another tree: VPN"


def test_a_time_in_another_offset_names_it() -> None:
    from datetime import UTC

    at = FULL.session.as_of.astimezone(UTC)
    assert tried(at=at) == "7. Is it on? → Yes (2026-06-02 01:41 +00:00)"


def test_what_is_ruled_out_names_the_step_that_counts() -> None:
    """The step that was taken back is not it; one that is not shown is named by its question."""
    step = replace(FULL.tried[1], text="Is it on?", result="Yes", number=2)
    undone = replace(step, number=3, undone=True)
    answer = ProgressRuledOut(question="Is it on?", answer="Yes", ends=("Switch it on",))
    told = replace(FULL, tried=(step, undone), ruled_out=(answer,))
    assert line_with("“Yes”", told) == "• “Yes” in step 2:"
    assert line_with("“Yes”", replace(told, tried=(undone,))) == "• “Yes” to “Is it on?”:"
    assert line_with("“Yes”", replace(told, ruled_out=(replace(answer, unconfirmed=True),))) == (
        "• “Yes” in step 2, only assumed, so unconfirmed:"
    )


@pytest.mark.parametrize(
    ("fewest", "most", "loops", "said", "short"),
    [
        (0, 0, False, "", ""),
        (1, 1, False, " (1 step to an end)", " (1 to go)"),
        (2, 2, False, " (2 steps to an end)", " (2 to go)"),
        (1, 4, False, " (1 to 4 steps to an end)", " (1–4 to go)"),
        (2, None, True, " (at least 2 steps to an end, loops ahead)", " (2+ to go)"),
        (None, None, True, " (no end can be reached from here)", ""),
    ],
)
def test_the_way_to_an_end_is_counted(fewest: int | None, most: int | None, loops: bool, said: str, short: str) -> None:
    assert FULL.position is not None
    assert FULL.remaining is not None
    place = replace(FULL.position, text="Is it on?")
    told = replace(
        FULL, position=place, remaining=replace(FULL.remaining, fewest=fewest, most=most, loops=loops), brief=False
    )
    assert line_with("Is it on?", told) == f"WHERE IT STANDS: Is it on?{said}"
    assert line_with("Is it on?", shorten_progress(told)) == f"AT: Is it on?{short}"


def test_waiting_needs_no_text_and_no_time() -> None:
    until = FULL.waiting.until if FULL.waiting else None
    assert line_with("WAITING", replace(FULL, waiting=ProgressWaiting(text="the vendor"))) == "WAITING: for the vendor"
    assert line_with("WAITING", replace(FULL, waiting=ProgressWaiting(text="", until=until))) == (
        "WAITING: until 2026-06-02 03:30 +01:00"
    )


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
        assert numbers == [step.number for step in told.tried]


def test_markdown_keeps_the_paragraphs_of_an_entry_in_its_item() -> None:
    """Also where the number in front of it is long."""
    long = "begin\n\nmiddle\nend"
    step, change, note = FULL.tried[8], FULL.changes[0], FULL.notes[0]
    steps = tuple(replace(step, number=number, text=long, result=long) for number in (9, 10, 100))
    changes, notes = (replace(change, text=long, revert=long),), (replace(note, text=long),)
    told = replace(FULL, tried=steps, ruled_out=(), changes=changes, evidence=(), notes=notes, ahead=())
    for html in render_all(render("markdown", told)).values():
        items = html5lib.parseFragment(html, namespaceHTMLElements=False).iter("li")
        assert ["".join(item.itertext()).count("end") for item in items] == [2, 2, 2, 2, 1]


def test_markdown_shows_the_full_story_with_the_markup_that_is_meant() -> None:
    for html in render_all(render("markdown", FULL)).values():
        meant = {"h2": 1, "h3": 6, "ol": 1, "strong": 12, "pre": 2, "a": 1}
        assert {tag: tags(html)[tag] for tag in meant} == meant


def test_markdown_gives_only_web_links_as_links() -> None:
    resume = replace(FULL.resume, link="javascript:alert(1)", link_expires=None)
    for html in render_all(render("markdown", replace(FULL, resume=resume))).values():
        assert "javascript:alert(1)" in visible_text(html)
        assert tags(html)["a"] == 0


# Slack


def test_slack_calls_nobody() -> None:
    told = retold(FULL, lambda path, _: "@here, @channel (@everyone) <!channel>" if path != "resume.link" else "")
    for form in (told, shorten_progress(told)):
        assert re.findall(r"@(?:here|channel|everyone)", render("slack", form)) == []


def test_slack_shows_letters_as_they_are() -> None:
    told = retold(FULL, lambda path, _: "a & b < c > d")
    assert "&amp;" not in render("slack", told)
    assert "a & b < c > d" in render("slack", told)


# The brief form


WORDS = (
    "the printer in Leeds can't print since 01:50, said Dave? queue empty: no error (ID 307 gone) port 9100 – a".split()
)
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(" ".join)


def story_of(steps: list[Tried], texts: list[str], told: Progress = FULL, earlier: int = 0) -> Progress:
    """Tell a story with other steps and other texts, by turns; code, command and link stay."""
    turns = count()
    tried = tuple(replace(step, number=number) for number, step in enumerate(steps, 1))
    told = replace(told, tried=tried, earlier=earlier)
    fixed = ("session.code", "resume.command", "resume.link")
    return retold(told, lambda path, old: texts[next(turns) % len(texts)] if old and path not in fixed else old)


stories_of_ten_steps = st.builds(
    story_of,
    st.lists(st.sampled_from(FULL.tried), max_size=10),
    st.lists(sentences, min_size=1, max_size=9),
    st.sampled_from([FULL, STORIES["handed-off"], STORIES["fresh"]]),
    st.integers(0, 99),
)
LONG_STORY = story_of([FULL.tried[5]] * 10, [" ".join(WORDS * 2)])


@pytest.mark.slow
@given(stories_of_ten_steps)
@example(LONG_STORY)
def test_the_brief_form_names_the_ask_the_place_and_every_step(told: Progress) -> None:
    short = shorten_progress(told)
    for name in TEXTS:
        text = render(name, short)
        assert [int(number) for number in re.findall(r"^ *(\d+)[.)] ", text, re.MULTILINE)] == [
            step.number for step in told.tried if not step.undone
        ]
        assert ("Ask:" in text or "ASK:" in text) == bool(told.ask)
        assert "At:" in text or "AT:" in text


@pytest.mark.slow
@given(stories_of_ten_steps)
@example(LONG_STORY)
def test_the_brief_form_has_130_words_at_most(told: Progress) -> None:
    short = shorten_progress(told)
    assert {name: len(render(name, short).split()) for name in TEXTS if len(render(name, short).split()) > 130} == {}


# JSON


def test_json_has_its_keys_in_the_order_of_the_summary() -> None:
    assert list(json.loads(render("json", FULL))) == [
        *("schema_version", "session", "ask", "situation", "impact", "position", "remaining", "tried", "ruled_out"),
        *(
            "hypothesis",
            "changes",
            "waiting",
            "ahead",
            "outline",
            "evidence",
            "evidence_more",
            "notes",
            "redacted",
            "redacted_kinds",
            "since",
        ),
        *("earlier", "unreadable", "resume", "brief"),
    ]
    assert list(json.loads(render("json", DIGEST))) == [
        "schema_version",
        "kind",
        "as_of",
        "of",
        "sessions",
        "redacted",
        "redacted_kinds",
    ]


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
        "brief.j2",
        "digest.j2",
        "page.css",
        "paste.j2",
        "share.css",  # the page of a link (rflow.web)
        "share.html.j2",
        *(file for format_ in FORMATS.values() for file in (format_.drawing, format_.page, format_.rich)),
    } - {""}


def test_formats_share_compiled_layouts_without_mixing_them_up(tmp_path: Path) -> None:
    """The layouts are compiled once for all flavours: what is escaped how is decided when they run."""
    for _ in range(2):
        environment.cache_clear()
        for name in TEXTS:
            assert render(name, FULL, cache=tmp_path) == render(name, FULL)


# docs/formats.md

DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def test_every_format_is_documented() -> None:
    assert re.findall(r"^## ([\w-]+)$", DOCS, re.MULTILINE) == [*FORMATS]


@pytest.mark.parametrize("name", FORMATS)
def test_the_examples_in_the_docs_are_what_comes_out(name: str) -> None:
    section = DOCS.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    examples = re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert examples
    for shown in examples:
        assert shown in render(name, FULL)


@pytest.mark.parametrize("told", [FULL, STORIES["closed"], DIGEST], ids=["progress", "closed", "digest"])
def test_every_key_of_json_is_documented(told: Progress | Digest) -> None:
    def keys(value: object) -> set[str]:
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        own = set(value) if isinstance(value, dict) else set()
        return own.union(*map(keys, below))

    section = DOCS.partition("\n## json\n")[2]
    assert {key for key in keys(json.loads(render("json", told))) if f"`{key}`" not in section} == set()
