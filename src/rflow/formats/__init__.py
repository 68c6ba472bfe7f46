"""The output formats: one table, from which choices, help and tests derive."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from rflow.core.summary.progress import Digest, Progress
from rflow.core.summary.summarise import View
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.settings import Folders

Told = Progress | Digest


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A way to write down a progress or a digest.

    A text format has a `drawing`: the template whose macros draw the parts of the layouts progress.j2, brief.j2 and
    digest.j2; the suffix behind its name picks the escaping. A format of another shape has a `page`, a template around
    the parts (`sheet`, see rflow.formats.parts), or `build`, which makes it of them. `rich` is a page, too: the HTML
    that goes to the clipboard beside the text. `most` is the number of steps and of notes told, the last ones, and
    `evidence` that of pieces; `limit` is the room that the format's home has, as `measure` counts: a longer summary is
    cut to it (rflow.core.summary.fitting); `outline` says whether the whole tree is told, too.
    """

    name: str
    description: str
    media_type: str
    suffix: str
    drawing: str = ""
    page: str = ""
    build: Callable[[Told, Path | None], str] | None = None
    rich: str = ""
    most: int | None = 100
    evidence: int = 3
    limit: int | None = None
    measure: Callable[[str], int] = len
    outline: bool = False


def _json(told: Told, cache: Path | None) -> str:
    """Give all of it as JSON, `schema_version` first."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


def _slack_blocks(told: Told, cache: Path | None) -> str:
    from rflow.formats.slack_blocks import build

    return build(told, cache)


def _slack_weight(message: str) -> int:
    from rflow.formats.slack_blocks import weight

    return weight(message)


def _teams_card(told: Told, cache: Path | None) -> str:
    from rflow.formats.teams_card import build

    return build(told, cache)


def _utf8(text: str) -> int:
    return len(text.encode())


def _utf8_of_html(text: str) -> int:
    """Measure what is kept as HTML, where & < > and quotes take up more."""
    from markupsafe import escape

    return len(escape(text).encode())


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format(
            name="markdown",
            description="Markdown for tickets, wikis and GitHub",
            media_type="text/markdown",
            suffix=".md",
            drawing="markdown.md.j2",
            limit=65_536,  # a comment on GitHub; GitLab and Redmine take more
        ),
        Format(
            name="text",
            description="plain text, 80 columns: reads well in any mail or ticket",
            media_type="text/plain",
            suffix=".txt",
            drawing="text.txt.j2",
            limit=65_536,  # as for markdown: what fits in a ticket here fits there
        ),
        Format(
            name="slack",
            description="for pasting into Slack",
            media_type="text/plain",
            suffix=".txt",
            drawing="slack.slack.j2",
            rich="paste.slack.html.j2",
            limit=12_000,  # Slack makes a snippet of a longer message, which has no formatting and no link
        ),
        Format(
            name="teams",
            description="for pasting into Microsoft Teams",
            media_type="text/plain",
            suffix=".txt",
            drawing="teams.txt.j2",
            rich="paste.teams.html.j2",
            limit=20_000,  # of 28 KB for a message, markup and names included: learn.microsoft.com, "Limits of Teams"
            measure=_utf8_of_html,
        ),
        Format(
            name="html",
            description="one page to send as a file: needs no network, runs no script",
            media_type="text/html",
            suffix=".html",
            page="page.html.j2",
            most=1_000,
            evidence=50,
            limit=300_000,  # small enough for any mail or ticket to take as a file
            measure=_utf8,
            outline=True,
        ),
        Format(
            name="jira",
            description="Jira's wiki markup",
            media_type="text/plain",
            suffix=".txt",
            drawing="jira.jira.j2",
            limit=32_767,  # of a description or a comment, unless an administrator allows more
        ),
        Format(
            name="json",
            description="all of it, for programs",
            media_type="application/json",
            suffix=".json",
            build=_json,
            most=None,
            outline=True,
        ),
        Format(
            name="slack-blocks",
            description="a message for Slack's API: a webhook or chat.postMessage",
            media_type="application/json",
            suffix=".json",
            build=_slack_blocks,
            limit=10_000,
            measure=_slack_weight,
        ),
        Format(
            name="teams-card",
            description="an Adaptive Card for Teams: the webhook of a workflow",
            media_type="application/json",
            suffix=".json",
            build=_teams_card,
            limit=20_000,  # of 28,672 bytes, which Teams counts after it has wrapped the card in its own
            measure=_utf8,
        ),
    )
}


def format_named(name: str, folders: "Folders | None" = None) -> Format:
    """Find a format, with `folders` also among those of the user, the project and packages; else name the nearest."""
    if name in FORMATS:
        return FORMATS[name]
    known = [*FORMATS]
    if folders is not None:
        from rflow.formats.custom.find import find, names

        if found := find(name, folders):
            return found
        known += names(folders)
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageProblem(f'There is no format "{name}".', try_=f"{hint}There are: {', '.join(known)}.")


def render(name: str | Format, told: Told, cache: Path | None = None) -> str:
    """Write `told` down in the format `name`, cut to its limit; `cache` is a folder for compiled templates."""
    return _fitted(format_named(name) if isinstance(name, str) else name, told, cache)[0]


def flavours(name: str | Format, told: Told, cache: Path | None = None) -> tuple[str, str | None]:
    """Write `told` down for the clipboard: as text, and the same as HTML where the format has that."""
    format_ = format_named(name) if isinstance(name, str) else name
    text, shown = _fitted(format_, told, cache)
    return text, paged(format_.rich, shown, cache) if format_.rich else None


def _fitted(format_: Format, told: Told, cache: Path | None) -> tuple[str, Told]:
    """Write `told` down, cut to the limit, and give what is left of it."""
    if format_.limit is None:
        return whole(format_, told, cache), told
    from rflow.core.summary.fitting import fit, is_far_too_long

    if not is_far_too_long(told, format_.limit):
        text = whole(format_, told, cache)
        if format_.measure(text) <= format_.limit:
            return text, told
    return fit(told, format_.limit, lambda cut: whole(format_, cut, cache), format_.measure)


def whole(format_: Format, told: Told, cache: Path | None) -> str:
    """Write all of `told` down, however long it gets."""
    if format_.build is not None:
        return format_.build(told, cache)
    if format_.page:
        return paged(format_.page, told, cache)
    from rflow.formats.environment import environment
    from rflow.formats.phrases import PHRASES

    env = environment(suffix_of(format_.drawing), cache)
    drawing = env.get_template(format_.drawing, globals=PHRASES).module
    return env.get_template(layout_of(told), globals=PHRASES).render(p=told, f=drawing)


def paged(page: str, told: Told, cache: Path | None = None, **more: object) -> str:
    """Write `told` down by a template around its parts, which gets `more`, too."""
    from rflow.formats.environment import environment
    from rflow.formats.page_helpers import PAGE
    from rflow.formats.parts import sheet
    from rflow.formats.phrases import PHRASES

    template = environment(suffix_of(page), cache).get_template(page, globals=PHRASES | PAGE)
    return template.render(p=told, sheet=sheet(told, layout_of(told), cache), **more)


def suited(view: View, format_: Format) -> View:
    """Look as far as a format shows."""
    return replace(view, most=format_.most, evidence=format_.evidence, outline=format_.outline)


def layout_of(told: Told) -> str:
    """Name the layout that says what is told of this, in which order."""
    return "digest.j2" if isinstance(told, Digest) else "brief.j2" if told.brief else "progress.j2"


def suffix_of(template: str) -> str:
    """Give the part of a template's name that picks its escaping: `.md.j2`."""
    return "." + template.split(".", 1)[1]
