"""Checks a template: finds all mistakes with their lines, and places where a text could become markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import TemplateSyntaxError, meta, nodes

from rflow.errors import BadInput
from rflow.formats.custom.folder import TemplateFolder
from rflow.formats.custom.mistakes import NAMES, Mistake, TimeLimit, did_you_mean, explain
from rflow.formats.custom.samples import HOSTILE, SAMPLES, SEVERAL_LINES, USUAL
from rflow.formats.custom.template import TemplateRenderer

# Markup around a text that some texts would break, and the filter to use instead.
_UNSAFE_MARKUP: dict[str, tuple[tuple[str, str], ...]] = {
    ".md.j2": (
        (r"^[ \t]*(?:```|~~~)", "a fence must be longer than any in the text: write {{ x | fence }} instead"),
        (r"`\{\{", "backslashes have no effect between backticks: write {{ x | code }} instead"),
        (r"\]\(\s*\{\{|<\{\{", "a link may lead anywhere: write {{ url | link(label) }} instead"),
    ),
    ".slack.j2": ((r"^[ \t]*```", "the text may hold such a line itself: write {{ x | fence }} instead"),),
    ".jira.j2": (
        (r"\{(?:noformat|code)\b", "the text may end it: write {{ x | fence }} instead"),
        (r"\[[^\]\n]*\{\{[^\]\n]*\]", "a link may lead anywhere: write {{ url | link(label) }} instead"),
    ),
    ".html.j2": (
        (r"\b(?:href|src|action)\s*=\s*[\"']?\s*\{\{", "an address may be a script: write {{ url | link }} instead"),
        (r"\bon\w+\s*=\s*[\"'][^\"'>]*\{\{", "any text in it runs as a script: leave it out"),
        (r"<[a-z][^<>]*\s[\w-]+=\{\{", "an attribute needs quotes around it"),
        (r"<script\b", "a text in it runs as a script: leave the script out"),
    ),
}
# Parts of the output in which markup has no effect, and patterns of hostile texts that became markup elsewhere.
_CODE: dict[str, str] = {
    ".md.j2": r"^( *)(`{3,}).*?^ *\2`*$|(?<![\\`])(`+)(?!`).*?(?<!`)\3(?!`)",
    ".slack.j2": r"^ *```.*?^ *```$",
    ".jira.j2": r"\{noformat\}.*?\{noformat\}|\{\{.*?\}\}",
}
_MARKUP: dict[str, str] = {
    ".md.j2": r"(?<!\\)(?:\\\\)*(?:\*zqbold|<zqtag|\[zqlink|`zqcode|!\[zq)|^\s*(?:[-*] )?(?:# zqhead|- zqitem)",
    ".slack.j2": r"@here",
    ".jira.j2": r"(?<!\\)(?:\*zqbold|\{zqmacro|\[zqlink|!zqimg)|^\s*h1\. zqhead",
}


def check(folder: TemplateFolder, file: str) -> list[Mistake]:
    """Return a template's mistakes, errors first; it can be used if all of them are warnings."""
    try:
        renderer = TemplateRenderer(folder, file)
    except BadInput as error:
        return [Mistake("", 0, str(error))]
    try:
        renderer.template()
        mistakes = [*_unknown_names(renderer)]
    except Exception as error:  # noqa: BLE001 (besides syntax errors: too deep, numbers too long)
        return [explain(error, renderer.path)]
    mistakes += _rendering_mistakes(renderer, {each.line for each in mistakes})
    mistakes += _unsafe_markup(renderer)
    return sorted(mistakes, key=lambda each: (each.warning, each.file, each.line))


def _unknown_names(renderer: TemplateRenderer) -> Iterator[Mistake]:
    """Yield unknown names, even in branches that no sample reaches."""
    parsed = renderer.env.parse(renderer.source, filename=str(renderer.path))
    known = NAMES - ({"f"} if renderer.base.page else {"sheet"})
    names = [*parsed.find_all(nodes.Name)]
    # Jinja forgets the names that are set in a branch.
    own = {name.name for name in names if name.ctx in ("store", "param")}
    own |= {macro.name for macro in parsed.find_all(nodes.Macro)}
    own |= {imported.target for imported in parsed.find_all(nodes.Import)}
    for name in sorted(meta.find_undeclared_variables(parsed) - known - own):
        line = min((node.lineno for node in names if node.name == name), default=0)
        yield Mistake(str(renderer.path), line, f'There is nothing named "{name}".{did_you_mean(name, known)}')


def _rendering_mistakes(renderer: TemplateRenderer, known: set[int]) -> Iterator[Mistake]:
    """Render every sample and check the output; `known` are lines that have a mistake already."""
    seen: set[str] = set()
    for sample, summary in SAMPLES.items():
        try:
            text = renderer.render(summary)
        except Exception as error:  # noqa: BLE001 (whatever a template does wrong is a mistake to report)
            new = explain(error, renderer.path)
            if str(new) not in seen and new.line not in known:
                seen.add(str(new))
                yield Mistake(new.file, new.line, f"{new.what} (Seen with {sample}.)")
            if isinstance(error, TemplateSyntaxError | TimeLimit | MemoryError):  # the other samples would fail too
                return
        else:
            for what in _output_warnings(text, sample, renderer.suffix):
                if (kind := what.partition(",")[0]) not in seen:
                    seen.add(kind)
                    yield Mistake(str(renderer.path), 0, what, warning=True)


def _output_warnings(text: str, sample: str, suffix: str) -> Iterator[str]:
    """Yield warnings: a user's text became markup or looks like a line of the summary, or the output is empty."""
    if SAMPLES[sample] is USUAL and not text.strip():
        yield f"The output is empty for {sample}."
    outside = re.sub(_CODE.get(suffix, "(?!)"), "", text, flags=re.MULTILINE | re.DOTALL)
    if sample.startswith(HOSTILE):
        markup = re.search(_MARKUP.get(suffix, "(?!)"), outside, re.MULTILINE)
        shown = _html_markup(text) if suffix == ".html.j2" else markup[0].strip() if markup else ""
        if shown:
            yield f"What a user writes can become markup here, as `{shown}` did."
    if sample == SEVERAL_LINES and suffix in (".txt.j2", ".slack.j2") and re.search("^zqsecond", outside, re.MULTILINE):
        yield "The second line of a text begins at the margin, like a line of the summary itself: use `block(2)`."


def _html_markup(page: str) -> str:
    """Return the first HTML tag or script address that came from a hostile text, or ""."""
    markup: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            markup.extend([f"<{tag}>"] if tag == "zqtag" else [])
            markup.extend(f"{name}={value}" for name, value in attrs if (value or "").strip().startswith("javascript:"))

    Reader().feed(page)
    return next(iter(markup), "")


def _unsafe_markup(renderer: TemplateRenderer) -> Iterator[Mistake]:
    """Yield warnings about markup that some texts would break."""
    # Blank the comments, but keep their lines.
    source = re.sub(r"\{#.*?#\}", lambda comment: "\n" * comment[0].count("\n"), renderer.source, flags=re.DOTALL)
    for pattern, instead in _UNSAFE_MARKUP.get(renderer.suffix, ()):
        for match in re.finditer(pattern, source, re.MULTILINE):
            line = source.count("\n", 0, match.start()) + 1
            yield Mistake(str(renderer.path), line, f"`{match[0].strip()}`: {instead}.", warning=True)
