"""Checks a template before anybody needs it: every mistake with its line, and what could become markup."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from jinja2 import TemplateSyntaxError, meta, nodes

from rflow.core.summary.progress import Summary
from rflow.errors import BadInput
from rflow.formats import FORMATS, Format
from rflow.formats.custom.folder import Folder, parts_of
from rflow.formats.custom.meter import TooMuch
from rflow.formats.custom.mistakes import NAMES, Mistake, mistake, near
from rflow.formats.custom.samples import HOSTILE, OF_LINES, TRIALS, USUAL
from rflow.formats.custom.template import Drawing

# What a template's writer puts around a text by hand, and which filter knows how to do it for any text.
_BY_HAND: dict[str, tuple[tuple[str, str], ...]] = {
    ".md.j2": (
        (r"^[ \t]*(?:```|~~~)", "a fence must be longer than any in the text: write {{ x | fence }} instead"),
        (r"`\{\{", "backslashes count for nothing between backticks: write {{ x | code }} instead"),
        (r"\]\(\s*\{\{|<\{\{", "a link may lead anywhere: write {{ url | link(label) }} instead"),
    ),
    ".slack.j2": ((r"^[ \t]*```", "the text may hold such a line itself: write {{ x | fence }} instead"),),
    ".jira.j2": (
        (r"\{(?:noformat|code)\b", "the text may end it: write {{ x | fence }} instead"),
        (r"\[[^\]\n]*\{\{[^\]\n]*\]", "a link may lead anywhere: write {{ url | link(label) }} instead"),
    ),
    ".html.j2": (
        (r"\b(?:href|src|action)\s*=\s*[\"']?\s*\{\{", "an address may be a script: write {{ url | link }} instead"),
        (r"\bon\w+\s*=\s*[\"'][^\"'>]*\{\{", "this runs as a script, whatever stands in it: leave it out"),
        (r"<[a-z][^<>]*\s[\w-]+=\{\{", "an attribute needs quotes around it"),
        (r"<script\b", "a text in a script is no text: leave the script out"),
    ),
}
# Hostile texts that came out as markup, as they are told from such text in code.
_CODE: dict[str, str] = {
    ".md.j2": r"^( *)(`{3,}).*?^ *\2`*$|(?<![\\`])(`+)(?!`).*?(?<!`)\3(?!`)",
    ".slack.j2": r"^ *```.*?^ *```$",
    ".jira.j2": r"\{noformat\}.*?\{noformat\}|\{\{.*?\}\}",
}
_ALIVE: dict[str, str] = {
    ".md.j2": r"(?<!\\)(?:\\\\)*(?:\*zqbold|<zqtag|\[zqlink|`zqcode|!\[zq)|^\s*(?:[-*] )?(?:# zqhead|- zqitem)",
    ".slack.j2": r"@here",
    ".jira.j2": r"(?<!\\)(?:\*zqbold|\{zqmacro|\[zqlink|!zqimg)|^\s*h1\. zqhead",
}


def check(folder: Folder, file: str) -> list[Mistake]:
    """Check a template; those of the mistakes that are not `grave` are warnings."""
    try:
        drawing = Drawing(folder, file)
    except BadInput as error:
        return [Mistake("", 0, str(error))]
    try:
        drawing.template()  # whose compiler knows which filters there are
        parsed = drawing.env.parse(folder.text(file), file, str(folder.path / file))
    except Exception as error:  # noqa: BLE001 (besides syntax errors: too deep, numbers too long)
        return [mistake(error, folder, file)]
    found = [*_unknown(parsed, drawing, folder, file)]
    found += _tried(drawing, folder, file, {one.line for one in found})
    found += _by_hand(folder, file)
    return sorted(found, key=lambda one: (not one.grave, one.file, one.line))


def _unknown(parsed: nodes.Template, drawing: Drawing, folder: Folder, file: str) -> Iterator[Mistake]:
    """Find the names that nothing gives, in whatever branch they stand."""
    known = NAMES - ({"f"} if drawing.base.page else {"sheet"})
    names = meta.find_undeclared_variables(parsed) - known - _made(parsed)
    for name in sorted(names):
        lines = [node.lineno for node in parsed.find_all(nodes.Name) if node.name == name]
        yield Mistake(
            str(folder.path / file), min(lines, default=0), f'There is nothing named "{name}".{near(name, known)}'
        )


def _made(parsed: nodes.Template) -> set[str]:
    """Give the names that the template makes itself; Jinja forgets those made in a branch."""
    names = {node.name for node in parsed.find_all(nodes.Name) if node.ctx in ("store", "param")}
    return names | {node.name for node in parsed.find_all(nodes.Macro)}


def _tried(drawing: Drawing, folder: Folder, file: str, told_of: set[int]) -> Iterator[Mistake]:
    """Draw every trial session, and look at what came out."""
    seen: set[str] = set()
    for trial, told in TRIALS.items():
        try:
            text = drawing.draw(told)
        except Exception as error:  # noqa: BLE001 (whatever a template does wrong is what we look for)
            found = mistake(error, folder, file)
            if str(found) not in seen and found.line not in told_of:
                seen.add(str(found))
                yield Mistake(found.file, found.line, f"{found.what} (Seen with {trial}.)")
            if isinstance(error, TemplateSyntaxError | TooMuch):  # the others would say the same, or take as long
                return
        else:
            yield from _judged(text, trial, told, drawing.base, folder, file)


def _judged(text: str, trial: str, told: Summary, base: Format, folder: Folder, file: str) -> Iterator[Mistake]:
    """Say whether a user's text came out as markup, or can be taken for a line of the summary's own."""
    suffix = parts_of(file)[1]
    prose = re.sub(_CODE.get(suffix, "(?!)"), "", text, flags=re.MULTILINE | re.DOTALL)
    path = str(folder.path / file)
    if trial == HOSTILE:
        alive = re.search(_ALIVE.get(suffix, "(?!)"), prose, re.MULTILINE)
        shown = _markup(text) if suffix == ".html.j2" else alive[0].strip() if alive else ""
        if shown:
            yield Mistake(path, 0, f"What a user writes can become markup here: `{shown}` came out alive.", grave=False)
    if trial == OF_LINES and suffix in (".txt.j2", ".slack.j2") and re.search("^zqsecond", prose, re.MULTILINE):
        what = "The second line of a text stands at the margin, like a line of the summary's own: use `block(2)`."
        yield Mistake(path, 0, what, grave=False)
    if told is USUAL and not text.strip():
        yield Mistake(path, 0, f"Nothing at all comes out for {trial}.", grave=False)


def _markup(page: str) -> str:
    """Give the first piece of HTML that came from a hostile text: "" for none."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend([f"<{tag}>"] if tag == "zqtag" else [])
            found.extend(
                f"{name}={value}" for name, value in attrs if value and value.strip().startswith("javascript:")
            )

    Reader().feed(page)
    return next(iter(found), "")


def _by_hand(folder: Folder, file: str) -> Iterator[Mistake]:
    """Warn of markup around a text that some text would break."""
    # Comments lose their text, but not their lines.
    source = re.sub(r"\{#.*?#\}", lambda found: "\n" * found[0].count("\n"), folder.text(file), flags=re.DOTALL)
    for pattern, instead in _BY_HAND.get(parts_of(file)[1], ()):
        for found in re.finditer(pattern, source, re.MULTILINE):
            line = source.count("\n", 0, found.start()) + 1
            what = f"`{found[0].strip()}`: {instead}."
            yield Mistake(str(folder.path / file), line, what, grave=False)


def shadowed(folder: Folder) -> list[Mistake]:
    """Name the templates that are never used, since rflow has a format of that name."""
    same = [(name, file) for name, file in folder.formats() if name in FORMATS]
    what = 'It is never used: "{}" is a format of rflow\'s own. Rename it.'
    return [Mistake(str(folder.path / file), 0, what.format(name), grave=False) for name, file in same]
