"""The output formats: one table, from which choices, help and tests derive."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from rflow.core.progress import Digest, Progress
from rflow.errors import UsageProblem

Told = Progress | Digest


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A way to write down a progress or a digest.

    `template` is the file that draws the parts of the layouts progress.j2, brief.j2 and digest.j2; the suffix behind
    its name picks the escaping. A format that is no text has `build` instead.
    """

    name: str
    description: str
    media_type: str
    suffix: str
    template: str = ""
    build: Callable[[Told], str] | None = None


def _json(told: Told) -> str:
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
            template="markdown.md.j2",
        ),
        Format(
            name="text",
            description="plain text, 80 columns: reads well in any mail or ticket",
            media_type="text/plain",
            suffix=".txt",
            template="text.txt.j2",
        ),
        Format(
            name="slack",
            description="for pasting into Slack",
            media_type="text/plain",
            suffix=".txt",
            template="slack.slack.j2",
        ),
        Format(
            name="teams",
            description="for pasting into Microsoft Teams",
            media_type="text/plain",
            suffix=".txt",
            template="teams.txt.j2",
        ),
        Format(
            name="json",
            description="all of it, for programs",
            media_type="application/json",
            suffix=".json",
            build=_json,
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
        return format_.build(told)
    from rflow.formats.environment import environment
    from rflow.formats.phrases import PHRASES

    layout = "digest.j2" if isinstance(told, Digest) else "brief.j2" if told.brief else "progress.j2"
    suffix = format_.template.removeprefix(name)
    template = environment(suffix, cache).get_template(layout, globals=PHRASES)
    return template.render(p=told, drawn=format_.template)
