"""The output formats: one table, from which choices, help and tests derive."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from rflow.core.progress import Digest, Progress
from rflow.errors import UsageProblem

Told = Progress | Digest


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A way to write down a progress or a digest.

    A text format has a `drawing`: the template whose macros draw the parts of the layouts progress.j2, brief.j2 and
    digest.j2; the suffix behind its name picks the escaping. A format of another shape has a `page`, a template around
    the parts (`sheet`, see rflow.formats.parts), or `build`, which makes it of them. `rich` is a page, too: the HTML
    that goes to the clipboard beside the text. `most` is the number of steps and of notes told, the last ones.
    """

    name: str
    description: str
    media_type: str
    suffix: str
    drawing: str = ""
    page: str = ""
    build: Callable[[Told, Path | None], str] | None = None
    rich: str = ""
    most: int | None = 200


def _json(told: Told, cache: Path | None) -> str:
    """Give all of it as JSON, `schema_version` first."""
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"


FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        Format(
            name="markdown",
            description="Markdown for tickets, wikis and GitHub",
            media_type="text/markdown",
            suffix=".md",
            drawing="markdown.md.j2",
        ),
        Format(
            name="text",
            description="plain text, 80 columns: reads well in any mail or ticket",
            media_type="text/plain",
            suffix=".txt",
            drawing="text.txt.j2",
        ),
        Format(
            name="slack",
            description="for pasting into Slack",
            media_type="text/plain",
            suffix=".txt",
            drawing="slack.slack.j2",
        ),
        Format(
            name="teams",
            description="for pasting into Microsoft Teams",
            media_type="text/plain",
            suffix=".txt",
            drawing="teams.txt.j2",
        ),
        Format(
            name="json",
            description="all of it, for programs",
            media_type="application/json",
            suffix=".json",
            build=_json,
            most=None,
        ),
    )
}


def format_named(name: str) -> Format:
    """Find a format; raise `UsageProblem` with the nearest name where there is none."""
    if name in FORMATS:
        return FORMATS[name]
    from difflib import get_close_matches

    close = get_close_matches(name, FORMATS, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    raise UsageProblem(f'There is no format "{name}".', try_=f"{hint}There are: {', '.join(FORMATS)}.")


def render(name: str, told: Told, cache: Path | None = None) -> str:
    """Write `told` down in the format `name`; `cache` is a folder for compiled templates."""
    format_ = format_named(name)
    if format_.build is not None:
        return format_.build(told, cache)
    if format_.page:
        return _paged(format_.page, told, cache)
    from rflow.formats.environment import environment
    from rflow.formats.phrases import PHRASES

    env = environment(suffix_of(format_.drawing), cache)
    drawing = env.get_template(format_.drawing, globals=PHRASES).module
    return env.get_template(layout_of(told), globals=PHRASES).render(p=told, f=drawing)


def _paged(page: str, told: Told, cache: Path | None) -> str:
    """Write `told` down by a template around its parts."""
    from rflow.formats.environment import environment
    from rflow.formats.parts import sheet
    from rflow.formats.phrases import PHRASES

    template = environment(suffix_of(page), cache).get_template(page, globals=PHRASES)
    return template.render(p=told, sheet=sheet(told, layout_of(told), cache))


def layout_of(told: Told) -> str:
    """Name the layout that says what is told of this, in which order."""
    return "digest.j2" if isinstance(told, Digest) else "brief.j2" if told.brief else "progress.j2"


def suffix_of(template: str) -> str:
    """Give the part of a template's name that picks its escaping: `.md.j2`."""
    return "." + template.split(".", 1)[1]
