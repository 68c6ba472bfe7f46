"""What people write shows literally in every part of every summary, and makes no markup of its own."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from judges.html import assert_literal_as_html
from judges.jira import assert_literal_in_jira
from judges.visible import collapsed, render_all, tags, visible_text
from rflow.core.summary.progress import Digest, Progress
from rflow.formats import FORMATS, format_named, render_whole
from support.formats.builders import DIGEST, STORIES, changed
from support.formats.strategies import NOTES, Twin, hostile, shown, with_hostile_texts
from support.nightly import NIGHTLY, examples

pytestmark = pytest.mark.slow

FORMS: dict[str, Progress | Digest] = {
    "full": STORIES["full"],
    "handed off": STORIES["handed-off"],
    "closed": STORIES["closed"],
    "stuck": STORIES["fresh"],
    "digest": DIGEST,
}
LONG = ("ab `*_[<|& " * 1_000, "x" * 10_000, "- a\n" * 2_500, "a b\n\n" * 2_000)
HERE = [name for name in FORMATS if name not in ("slack-blocks", "teams-card")]
"""The formats judged here; the others have judges of their own, in test_slack_blocks.py and test_teams_card.py."""
pools = st.lists(hostile, min_size=1, max_size=12)


def render(name: str, told: Progress | Digest) -> str:
    """Write all of it down: what is left out where it doesn't fit is told in test_fitting.py."""
    return render_whole(format_named(name), told)


def both_forms(told: Progress | Digest) -> list[Progress | Digest]:
    """Give a summary, and its brief form where it has one."""
    return [told, changed(told, brief=True)] if isinstance(told, Progress) else [told]


def assert_literal_in_markdown(told: Progress | Digest) -> None:
    """Let two renderers show it: the very texts, and no other markup than around harmless ones."""
    twin = Twin()
    harmless = render_all(render("markdown", twin.of(told)))
    for renderer, html in render_all(render("markdown", told)).items():
        assert collapsed(visible_text(html)) == collapsed(twin.original(visible_text(harmless[renderer]))), renderer
        assert tags(html) == tags(harmless[renderer]), renderer


def kept(line: str) -> str:
    """Say what a text's stand-in must have too: Slack's code is shown bare if it has backticks of its own."""
    return ("```" if "```" in line else "`" if "`" in line else "") + ("?" if line.endswith("?") else "")


def assert_literal_as_text(name: str, told: Progress | Digest) -> None:
    """Compare with harmless texts: nothing but line breaks, and in Slack the word joiners behind an @, may differ.

    Chinese and Japanese have line breaks between their characters.
    """
    twin = Twin(kept)
    rendered, expected = render(name, told), twin.original(render(name, twin.of(told)))
    between = "" if name == "text" else " "
    shown, written = (between.join(text.replace("@\u2060", "@").split()) for text in (rendered, expected))
    assert shown == written


def assert_literal(name: str, told: Progress | Digest) -> None:
    """Judge a summary, and its brief form, by the rules of its format."""
    for form in both_forms(told):
        assert_literal_form(name, form)


def assert_literal_form(name: str, form: Progress | Digest) -> None:
    """Judge one form of a summary by the rules of its format."""
    if name == "markdown":
        assert_literal_in_markdown(form)
    elif name == "html":
        twin = Twin()
        assert_literal_as_html(render(name, form), render(name, twin.of(form)), twin, page=True)
    elif name == "jira":
        assert_literal_in_jira(form)
    elif name == "json":
        assert msgspec.json.decode(render(name, form), type=type(form)) == form
    else:
        assert_literal_as_text(name, form)


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("told", FORMS.values(), ids=FORMS)
@given(texts=pools, offset=st.integers(0, 11))
@examples(15, nightly=250)
def test_any_text_shows_literally_in_every_part(
    name: str, told: Progress | Digest, texts: list[str], offset: int
) -> None:
    assert_literal(name, with_hostile_texts(told, texts, offset))


@pytest.mark.parametrize("name", HERE)
def test_every_text_that_could_break_a_format_shows_literally_in_every_part(name: str) -> None:
    """In the brief form, which has some of the same parts, every text in some of them."""
    for offset in range(len(NOTES)):
        told = with_hostile_texts(STORIES["full"], NOTES, offset)
        if NIGHTLY or offset % 5 == 0:
            assert_literal(name, told)
        else:
            assert_literal_form(name, told)


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("text", LONG, ids=["words", "one word", "lines", "paragraphs"])
def test_long_texts_show_literally(name: str, text: str) -> None:
    assert_literal(
        name, changed(STORIES["full"], ask=shown(text), notes=with_hostile_texts(STORIES["full"], [text]).notes)
    )


@pytest.mark.parametrize("name", HERE)
def test_a_text_of_100_kb_shows_literally(name: str) -> None:
    assert_literal(name, changed(STORIES["free"], ask=shown(LONG[0] * 10)))
