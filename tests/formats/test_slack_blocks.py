"""The format slack-blocks: a message that Slack's own models take, within its limits, in which every text is literal.

The judges are Slack's models for Python (slack_sdk, which checks lengths), Slack's types for TypeScript (which check
shapes), and a table of limits of our own for what both miss. Nothing that is not Slack draws Block Kit.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from judges.node_tools import MODULES, node_file
from judges.visible import collapsed
from rflow.core.summary.budget.fitting import fit
from rflow.core.summary.progress import Digest, Progress
from rflow.core.text import shorten
from rflow.formats import FORMATS, format_named, render, render_whole
from rflow.formats.slack_blocks import weight
from support.formats.builders import DIGEST, FULL, STORIES, TOLD, changed
from support.formats.strategies import NOTES, Twin, hostile, with_hostile_texts, with_texts
from support.nightly import examples

of_everything = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
LONG = "word " * 900
LONG_STORY = changed(FULL, tried=tuple(replace(FULL.tried[5], number=number) for number in range(1, 500)))
CROWDED = replace(DIGEST, sessions=DIGEST.sessions * 40)
SAMPLES: dict[str, Progress | Digest] = {
    **TOLD,
    "hostile": with_hostile_texts(FULL, NOTES),
    "hostile digest": with_hostile_texts(DIGEST, NOTES),
    "long": LONG_STORY,
    "long texts": with_texts(FULL, lambda path, text: text if "link" in path else LONG),
    "crowded": CROWDED,
}
of_every_sample = pytest.mark.parametrize("told", SAMPLES.values(), ids=SAMPLES)


def message_of(told: Progress | Digest) -> dict[str, Any]:
    """Render a message and read it."""
    message: dict[str, Any] = json.loads(render("slack-blocks", told))
    return message


def elements(part: object) -> Iterator[dict[str, Any]]:
    """Give everything in a message that has a type, in the order in which it is read."""
    if isinstance(part, dict):
        if "type" in part:
            yield part
        for value in part.values():
            yield from elements(value)
    elif isinstance(part, list):
        for one in part:
            yield from elements(one)


# The judges


@of_every_sample
def test_slacks_models_take_every_block(told: Progress | Digest) -> None:
    blocks = pytest.importorskip("slack_sdk.models.blocks", reason="slack_sdk is not installed")
    for block in message_of(told)["blocks"]:
        assert blocks.Block.parse(block).to_dict() == block


@pytest.mark.slow
def test_slacks_types_take_every_message(tmp_path: Path) -> None:
    tsc = node_file("typescript/bin/tsc")
    node_file("@slack/types/package.json")
    # The types lack `offset`, which docs.slack.dev has: reference/block-kit/block-elements/rich-text-list-element.
    messages = [re.sub(r'"offset":\d+,', "", render("slack-blocks", told)) for told in SAMPLES.values()]
    samples = [f"export const sample{place}: Message = {message};" for place, message in enumerate(messages)]
    source = tmp_path / "samples.ts"
    source.write_text(TYPES + "\n".join(samples), "utf-8")
    assert types_of(tsc, source) == ""
    source.write_text(source.read_text("utf-8").replace('"rich_text_quote"', '"rich_text_bold"'), "utf-8")
    assert "rich_text_bold" in types_of(tsc, source)


TYPES = """import type { KnownBlock } from '@slack/types';
type Message = { text: string; unfurl_links: boolean; unfurl_media: boolean; blocks: KnownBlock[] };
"""


def types_of(tsc: Path, source: Path) -> str:
    """Check a TypeScript file; give what the compiler says."""
    (source.parent / "node_modules").unlink(missing_ok=True)
    (source.parent / "node_modules").symlink_to(MODULES)
    words = ["node", str(tsc), "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", str(source)]
    found = subprocess.run(words, cwd=source.parent, capture_output=True, text=True, timeout=120, check=False)
    return found.stdout + found.stderr


@of_every_sample
def test_a_message_keeps_to_the_limits_that_the_judges_miss(told: Progress | Digest) -> None:
    message = message_of(told)
    found = list(elements(message["blocks"]))
    assert 0 < len(message["text"]) < 4_000
    assert 0 < len(message["blocks"]) <= 50
    assert [element for element in found if element.get("elements") == []] == []
    texts = [element["text"] for element in found if isinstance(element.get("text"), str)]
    assert [text for text in texts if not text.strip() and text != "\n"] == []
    assert sum(map(len, texts)) <= 10_000
    for element in found:
        if element["type"] == "header":
            assert len(element["text"]["text"]) <= 150
        elif element["type"] == "context":
            assert len(element["elements"]) <= 10
            assert all(len(one["text"]) <= 2_000 for one in element["elements"])


@of_every_sample
def test_only_elements_that_show_text_literally_are_used(told: Progress | Digest) -> None:
    found = list(elements(message_of(told)["blocks"]))
    assert {element["type"] for element in found} <= {
        *("header", "context", "divider", "plain_text", "text", "link"),
        *("rich_text", "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
    }
    assert all(element["emoji"] is False for element in found if element["type"] == "plain_text")


@of_every_sample
def test_the_room_is_kept(told: Progress | Digest) -> None:
    limit = FORMATS["slack-blocks"].limit
    assert limit is not None
    assert weight(render("slack-blocks", told)) <= limit


# The notification


def test_the_notification_says_the_title_and_the_ask_and_calls_nobody() -> None:
    told = changed(FULL, ask="<!channel> & @here\n@everyone", session=replace(FULL.session, title="<@U024> is down"))
    assert message_of(told)["text"] == "&lt;@U024&gt; is down — &lt;!channel&gt; &amp; @\u2060here @\u2060everyone"
    assert message_of(DIGEST)["text"] == "3 open sessions of Priya Nair as of 2026-06-02 06:00 +01:00"


def test_slack_is_told_not_to_fetch_the_link() -> None:
    message = message_of(FULL)
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)


# What stands in it


def lists_of(told: Progress | Digest, style: str) -> list[dict[str, Any]]:
    """Give the lists of a style."""
    return [element for element in elements(message_of(told)["blocks"]) if element.get("style") == style]


@pytest.mark.parametrize("story", ["full", "since", "full-brief", "handed-off"])
def test_each_step_has_its_own_number(story: str) -> None:
    """Slack numbers from `offset` + 1."""
    told = TOLD[story]
    assert isinstance(told, Progress)
    numbers = [
        found.get("offset", 0) + place
        for found in lists_of(told, "ordered")
        for place in range(1, len(found["elements"]) + 1)
    ]
    listed = [section.entries for section in told.sections if not section.single]
    assert numbers == [entry.number for entries in listed for entry in entries if entry.number]


def test_a_title_longer_than_a_header_is_told_in_full_below() -> None:
    title = "Label printer in Leeds " * 8
    header, context, *_ = message_of(changed(FULL, session=replace(FULL.session, title=title)))["blocks"]
    assert header["text"]["text"].endswith("…")
    assert title in context["elements"][0]["text"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "https://x.example/" + "a" * 3_000])
def test_what_may_not_be_a_link_is_a_text(link: str) -> None:
    found = list(elements(message_of(changed(FULL, resume=replace(FULL.resume, link=link)))["blocks"]))
    assert [element for element in found if element["type"] == "link"] == []
    assert any(element.get("text") == link for element in found)


# Hostile texts


def read(told: Progress | Digest) -> str:
    """Read a message: all its texts, one after the other."""
    found = elements(message_of(told)["blocks"])
    texts = [element.get("text", element.get("url")) for element in found]
    return seen(" ".join(text for text in texts if isinstance(text, str)))


def seen(text: str) -> str:
    """Leave out what nobody sees."""
    return collapsed(text.replace("\u200b", ""))


def titled(told: Progress | Digest) -> Progress | Digest:
    """Give it a title that fits into a header: a longer one is told once more."""
    if isinstance(told, Digest):
        return replace(told, of=shorten(told.of or "", 60))
    return changed(told, session=replace(told.session, title=shorten(told.session.title, 150)))


def shape(told: Progress | Digest) -> list[str]:
    """Give the types of all elements."""
    return [element["type"] for element in elements(message_of(told)["blocks"])]


def assert_literal(told: Progress | Digest) -> None:
    """Compare with harmless texts: the very texts, in elements of the same types."""
    for form in [told, changed(told, brief=True)] if isinstance(told, Progress) else [told]:
        twin, form = Twin(), titled(form)
        harmless = twin.of(form)
        assert read(form) == seen(twin.original(read(harmless)))
        assert shape(form) == shape(harmless)


@pytest.mark.slow
@pytest.mark.parametrize("told", [*STORIES.values(), DIGEST], ids=[*STORIES, "digest"])
@given(texts=st.lists(hostile, min_size=1, max_size=12), offset=st.integers(0, 11))
@examples(25)
def test_any_text_stands_literally_in_every_part(told: Progress | Digest, texts: list[str], offset: int) -> None:
    assert_literal(with_hostile_texts(told, texts, offset))


@pytest.mark.slow
@pytest.mark.parametrize("told", [FULL, DIGEST], ids=["full", "digest"])
def test_every_text_that_could_break_a_format_stands_literally(told: Progress | Digest) -> None:
    for offset in range(len(NOTES)):
        assert_literal(with_hostile_texts(told, NOTES, offset))


def test_the_number_of_a_step_is_not_read_from_its_text() -> None:
    told = changed(FULL, tried=(replace(FULL.tried[0], text="7. a\n8. b"),))
    assert not re.search(r'"offset"', json.dumps(message_of(told)["blocks"]))


@pytest.mark.slow
def test_what_is_left_where_it_does_not_fit_stands_literally() -> None:
    for offset in range(0, len(NOTES), 4):
        told = with_hostile_texts(changed(LONG_STORY, tried=LONG_STORY.tried[:40]), NOTES, offset)
        cut = fit(told, 5_000, lambda left: render_whole(format_named("slack-blocks"), left), weight)[1]
        assert isinstance(cut, Progress)
        assert_literal(cut)
