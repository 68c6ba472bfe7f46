"""The output formats: one table, from which choices, help and tests derive."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from rflow.core.summary.budget.view import Extent
from rflow.core.summary.progress import Digest, Progress, Summary
from rflow.core.text import ascii_controls
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.settings import Folders


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """An output format: how a progress or a digest is rendered.

    A text format has a `drawing`: the template whose macros draw the parts of the layouts progress.j2 and digest.j2;
    its suffix selects the escaping. Any other format has a `page`, a template that gets the parts (`sheet`, see
    rflow.formats.parts), or `build`, a function that makes the text. `rich` is a page as well: the HTML that goes to
    the clipboard beside the text.

    With `everything`, the summary has all steps, notes and outputs, for programs; with `outline`, also the whole tree.
    `limit` is the maximum length, in the units of `measure`, that the destination accepts; a longer summary is cut to
    it (rflow.core.summary.budget.fitting).
    """

    name: str
    description: str
    media_type: str
    suffix: str
    drawing: str = ""
    page: str = ""
    build: Callable[[Summary], str] | None = None
    rich: str = ""
    everything: bool = False
    limit: int | None = None
    measure: Callable[[str], int] = len
    outline: bool = False

    @property
    def extent(self) -> Extent:
        """How much of a session it shows."""
        if self.everything:
            return Extent(entries=None, evidence=None, outline=self.outline)
        return Extent(outline=self.outline)


def _json(summary: Summary) -> str:
    """Render everything as JSON, `schema_version` first."""
    return ascii_controls(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode()) + "\n"


def _slack_blocks(summary: Summary) -> str:
    from rflow.formats.slack_blocks import build

    return build(summary)


def _slack_weight(message: str) -> int:
    from rflow.formats.slack_blocks import weight

    return weight(message)


def _teams_card(summary: Summary) -> str:
    from rflow.formats.teams_card import build

    return build(summary)


def _teams_weight(card: str) -> int:
    from rflow.formats.teams_card import weight

    return weight(card)


def _utf8_size(text: str) -> int:
    return len(text.encode())


def _html_size(text: str) -> int:
    """Return the size in bytes of a text that is stored as HTML, with & < > and quotes escaped."""
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
            limit=65_536,  # as for markdown: both are pasted into tickets
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
            measure=_html_size,
        ),
        Format(
            name="html",
            description="one page to send as a file: needs no network, runs no script",
            media_type="text/html",
            suffix=".html",
            page="page.html.j2",
            limit=300_000,  # small enough for any mail or ticket to take as a file
            measure=_utf8_size,
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
            everything=True,
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
            measure=_teams_weight,
        ),
    )
}


SHORT_NAMES = {"md": "markdown", "txt": "text"}
"""Short names of formats for `-f`."""
SUFFIXES = {".md": "markdown", ".txt": "text", ".html": "html", ".htm": "html", ".json": "json"}
"""The default format of an output file, by its suffix."""
BINARY = frozenset(".pdf .doc .docx .odt .rtf .xls .xlsx .ods .ppt .pptx .odp .png .jpg .jpeg .gif .zip".split())
"""How the names of files end whose programs can't open any format of rflow's."""


def format_by_suffix(output: str) -> str | None:
    """Return the format that a file has by its name, if it says one; refuse names of files that rflow can't make."""
    suffix = os.path.splitext(output)[1]  # noqa: PTH122 (pathlib takes 5 ms to load)
    if suffix.lower() in BINARY:
        from shlex import quote

        page = quote(output.removesuffix(suffix) + ".html")
        raise UsageProblem(
            f"There is no format for {suffix} files.",
            try_=f"A page opens in every browser, which can print it as PDF: -o {page}",
        )
    return SUFFIXES.get(suffix.lower())


def format_named(name: str, folders: "Folders | None" = None) -> Format:
    """Return a built-in format, or with `folders` also one of the user, the project or a package.

    Raises `UsageProblem` with a suggestion.
    """
    if SHORT_NAMES.get(name, name) in FORMATS:
        return FORMATS[SHORT_NAMES.get(name, name)]
    known = [*FORMATS]
    if folders is not None:
        from rflow.formats.custom.find import find_format, format_names

        if own := find_format(name, folders):
            return own
        known += format_names(folders)
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageProblem(f'There is no format "{name}".', try_=f"{hint}There are: {', '.join(known)}.")


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered summary: the text, and the summary as cut to the format's limit."""

    text: str
    shown: Summary


class Renderings:
    """Renders one summary in several formats, each only once.

    `summary` must have everything that any of the formats shows.
    """

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self._rendered: dict[str, Rendered] = {}

    def limited(self, format_: Format) -> Summary:
        """Return as much of the summary as the format shows."""
        return format_.extent.limit(self.summary) if isinstance(self.summary, Progress) else self.summary

    def text(self, format_: Format) -> str:
        """Return the summary in a format."""
        return self._render(format_).text

    def html(self, format_: Format) -> str | None:
        """Return the summary as HTML for the clipboard; None if the format has none."""
        return render_page(format_.rich, self._render(format_).shown) if format_.rich else None

    def _render(self, format_: Format) -> Rendered:
        if format_.name not in self._rendered:
            self._rendered[format_.name] = _render_fitted(format_, self.limited(format_))
        return self._rendered[format_.name]


def render(name: str | Format, summary: Summary) -> str:
    """Return `summary` in the format `name`, cut to its limit."""
    return _render_fitted(format_named(name) if isinstance(name, str) else name, summary).text


def _render_fitted(format_: Format, summary: Summary) -> Rendered:
    """Render `summary`, cut to the format's limit."""
    if format_.limit is None:
        return Rendered(text=render_whole(format_, summary), shown=summary)
    from rflow.core.summary.budget.fitting import fit

    text = render_whole(format_, summary)
    if format_.measure(text) <= format_.limit:
        return Rendered(text=text, shown=summary)
    text, shown = fit(summary, format_.limit, lambda cut: render_whole(format_, cut), format_.measure)
    return Rendered(text=text, shown=shown)


def render_whole(format_: Format, summary: Summary) -> str:
    """Render `summary` in a format without cutting it."""
    if format_.build is not None:
        return format_.build(summary)
    if format_.page:
        return render_page(format_.page, summary)
    from rflow.formats.templates import environment

    env = environment(suffix_of(format_.drawing))
    drawing = env.get_template(format_.drawing).macros()
    return env.get_template(layout_of(summary)).render(p=summary, f=drawing)


def render_page(page: str, summary: Summary, **more: object) -> str:
    """Render `summary` with the template `page`, which gets its parts and the values `more`."""
    from rflow.formats.page import PAGE
    from rflow.formats.parts import sheet
    from rflow.formats.templates import environment

    template = environment(suffix_of(page)).get_template(page)
    return template.render(p=summary, sheet=sheet(summary, layout_of(summary)), **PAGE, **more)


def layout_of(summary: Summary) -> str:
    """Return the layout of a summary: the template that decides which parts it has, in which order."""
    return "digest.j2" if isinstance(summary, Digest) else "progress.j2"


def suffix_of(template: str) -> str:
    """Return the part of a template's name that selects its escaping: `.md.j2`."""
    return "." + template.split(".", 1)[1]
