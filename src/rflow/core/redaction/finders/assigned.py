"""Values after a separator: `name = value`, `name: value`, and what languages and prompts put between the two."""

import re
from collections.abc import Iterator

from rflow.core.redaction.names import Confidence, Named
from rflow.core.redaction.plausibility import is_secret, looks_chosen
from rflow.core.redaction.spans import Lazy
from rflow.core.redaction.values import BLANK, Value, line_before, quoted_at, rest_of_line, value_at

_SEPARATOR = Lazy(
    rf"(?:{BLANK}?#?\d{{1,2}}(?=[\])\"'\s:=]))?"  # Unseal Key 1:
    rf"\\{{0,7}}[\"'`]?\]?[*_`]{{0,3}}"  # "name", $config['name'], **name**
    rf"(?:{BLANK}for(?:{BLANK}user)?{BLANK}[^\s:]{{1,60}}"  # Password for bob:
    rf"(?!:\d{{1,5}}{BLANK}(?:is|was|ist|est|es)\b))?"  # but not password for db1:5432 is
    rf"(?:{BLANK}(?:nueva|actual|anterior|nouveau|nova|nuova))?"  # Contraseña nueva:
    rf"(?:{BLANK}?(?:\[[^\]\n]{{0,30}}\]|\([^)\n]{{0,40}}\)))?"  # Secret Access Key [None]:
    rf"{BLANK}{{0,40}}(?P<separator>::?=|::(?=\s)|:=|[?.+]=|=>|={{1,3}}|!==?|<-|[：＝→➜⇒]|->|-(?=\s)|:(?!:|//)){BLANK}{{0,40}}"
    rf"(?:[*_`]{{1,3}}{BLANK}{{1,4}})?"
)
_TYPE = Lazy(
    rf"(?:{BLANK}{{0,4}}:)?{BLANK}{{0,4}}[&*]?[A-Za-z][\w.<>\[\]|?*&' ]{{0,40}}?{BLANK}{{1,8}}:?=(?!=){BLANK}{{0,8}}"
    r"(?=[\"'`])"
)
_NEAR = 80
_BETWEEN = ("for ", "nueva", "actual", "anterior", "nouveau", "nova", "nuova")
_QUOTED = ('= "', "= '", "= `", '="', "='")
_CHANGED_TO = Lazy(rf"{BLANK}{{1,8}}[-=]>{BLANK}{{1,8}}")
_BLOCK = Lazy(rf"[|>][+-]?\d?[+-]?{BLANK}*(?:#[^\n]*)?\n")
_BRACED = Lazy(r"\{(?=(?:[\w.]|\}\})*+[^\w.{}\n])(?:[^{}\n]|\}\})+\}(?=[\s;\"']|\Z)")
_PROMPT_ENDS = Lazy(
    rf"[\s,;:)\]}}+|&<>\\]|\.(?:\$|\s|\Z)|\Z|\.[A-Za-z_]{{1,40}}\(|=>|(?:\.\.|[=!]==?|[*~?-]){BLANK}{{0,4}}"
    rf"(?:[\"'`$(\[]|[A-Za-z_]{{1,40}}(?:[(\[.,;:)\]}}]|{BLANK}|\n|\Z)|\d{{1,2}}(?:[,;)\]}}]|{BLANK}|\n|\Z))"
)
"""After a prompt in quotes: punctuation, a method, or an operator with something that is no password."""
_PAIRED = Lazy(rf"{BLANK}{{0,8}}(?:=>|:){BLANK}{{0,8}}(?=[\"'`])")
_DEFAULT = Lazy(
    r"(?:(?!\}\}|%>)[^\n]){0,200}?(?:\|\||\bdefault\(|\bor\b|:-)\s{0,4}"
    r"(?:(?P<quote>[\"'])(?P<value>(?:\\[^\n]|(?!(?P=quote))[^\\\n])+)(?P=quote)"
    r"|\\(?P<escaped>[\"'])(?P<inner>(?:(?!\\(?P=escaped))[^\n])+)\\)"
)
_MOST_DEFAULTS = 20
_LINE = Lazy(r"([^\S\n]*)(\S[^\n]*)?(?:\n|\Z)")
_LONE = Lazy(
    rf"{BLANK}*\n(?P<indent>{BLANK}*)(?:-{BLANK})?(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']+){BLANK}*(?=\n|\Z)"
)
_LABEL = Lazy(rf"{BLANK}*(?:[>*•+#|-]+{BLANK}+)*(?:[\"'`*_]*|(?:[^\W\d_]+{BLANK}){{1,4}})\Z")


def after_a_separator(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """Return the value after `=`, `:`, `:=`, `=>` and the like, on the same line or below."""
    near = text[end : end + _NEAR]
    if not _may_separate(near):
        return
    if any(sign in near for sign in _QUOTED) and (typed := _TYPE.match(text, end)):
        yield from _if_secret(text, quoted_at(text, typed.end()), named.confidence)
        return
    separator = _SEPARATOR.match(text, end)
    if not separator or _is_a_test_result(text, start, separator):
        return
    if text.startswith(("\\n", "\\r"), separator.end()):
        return
    if block := _BLOCK.match(text, separator.end()):
        yield from _block(text, start, block.end())
    elif text[separator.end() : separator.end() + 1] in ("\n", ""):
        yield from _on_the_next_line(text, start, separator.end(), named)
    else:
        yield from _on_the_line(text, start, separator, named)


def _may_separate(near: str) -> bool:
    """Whether a separator may follow: a quick test that saves compiling the patterns."""
    rest = near.lstrip(" \t\xa0\"'`*_\\]#0123456789")
    return rest[:1] in tuple(":=?.+!<：＝→➜⇒[(-") or rest.startswith(_BETWEEN) or any(sign in near for sign in _QUOTED)


def _on_the_line(text: str, start: int, separator: re.Match[str], named: Named) -> Iterator[Value]:
    value = _after(text, start, separator)
    if value is None:
        return
    if separator["separator"][0] == "-" and not (
        text[separator.start("separator") - 1].isspace() and looks_chosen(text[value.start : value.end])
    ):
        return
    if _is_a_cipher(text, start, separator):
        return
    if defaults := _defaults(text, value):
        for default in defaults:
            yield from _if_secret(text, default, named.confidence)
        return
    if named.kind == "password" and _is_a_folder(text, start, separator, value):
        return
    hidden = is_secret(text, value, named.confidence) and not _is_a_variable(text, start, separator, value)
    if hidden:
        yield _with_blanks(text, start, separator, value) if named.confidence != "weak" else value
    # Terraform shows both: "old" -> "new".
    if (changed := _CHANGED_TO.match(text, value.after)) and (new := value_at(text, changed.end())):
        yield from _if_secret(text, new, "sure" if hidden else named.confidence)


def _braced(text: str, separator: re.Match[str]) -> Value | None:
    """Return the value of an ODBC setting in braces: PWD={a;b}."""
    match = _BRACED.match(text, separator.end()) if separator[0] == "=" else None
    return Value(match.start() + 1, match.end() - 1, match.end(), quoted=True) if match else None


def _after(text: str, start: int, separator: re.Match[str]) -> Value | None:
    """Return the value after the separator: in braces, quoted, bare, or joined to a name in quotes, or its pair."""
    if not _closes_its_quote(text, start, separator):
        return _braced(text, separator) or value_at(text, separator.end())
    place = separator.end() + 1
    if (paired := _PAIRED.match(text, place)) and (answer := quoted_at(text, paired.end())):
        return answer if looks_chosen(text[answer.start : answer.end]) else None
    if _PROMPT_ENDS.match(text, place):
        return None
    return value_at(text, separator.end() if separator[0][-1].isspace() else place)


def _closes_its_quote(text: str, start: int, separator: re.Match[str]) -> bool:
    """Whether the quote after the separator closes one before the name: the "Password:" prompt."""
    quote = text[separator.end() : separator.end() + 1]
    return quote in ("'", '"', "`") and text[start - 1 : start] == quote and separator[0].rstrip() in (":", "=")


def _defaults(text: str, value: Value) -> list[Value]:
    """Return the strings that a template falls back to: {{ x | default('VALUE') }}, <%= ENV["x"] || "VALUE" %>."""
    found = list[Value]()
    place = value.start + 2 if text[value.start : value.start + 2] in ("{{", "<%") else -1
    while place >= 0 and len(found) < _MOST_DEFAULTS and (match := _DEFAULT.match(text, place)):
        group = "value" if match["quote"] else "inner"
        place = match.end()
        found.append(Value(*match.span(group), place, quoted=True))
    return found


def _with_blanks(text: str, start: int, separator: re.Match[str], value: Value) -> Value:
    """Return the value with the words after it, where the line holds nothing but the name and its value."""
    if value.quoted:
        return value
    labelled = _LABEL.match(line_before(text, start)) is not None
    colon = separator["separator"] in ":："
    spaced = separator[0][-1:].isspace()
    plain = text[value.start : value.end].isalpha()
    if colon and spaced and (labelled or plain):
        return rest_of_line(text, value)
    if (
        separator["separator"] in "=＝"
        and labelled
        and (spaced or (plain and text[start : separator.start()].islower()))
    ):
        return rest_of_line(text, value)
    return value


def _block(text: str, start: int, first: int) -> Iterator[Value]:
    """Return the lines of a YAML block scalar: those below that are indented more than its key."""
    margin = _indent(text, start)
    end = first
    for line in _LINE.finditer(text, first):
        if not line[0] or (line[2] and len(line[1]) <= margin):
            break
        if line[2]:
            end = line.end(2)
    start = end - len(text[first:end].lstrip())
    if start < end:
        yield from _if_secret(text, Value(start, end, end, quoted=True), "sure")


def _on_the_next_line(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """Return the only thing on the next line, where that is indented more than the name."""
    lone = _LONE.match(text, end)
    if lone is None or len(lone["indent"]) <= _indent(text, start) or lone["value"].endswith(":"):
        return
    value = value_at(text, lone.start("value"))
    if value and (value.quoted or looks_chosen(lone["value"])):
        yield from _if_secret(text, value, named.confidence)


def _indent(text: str, place: int) -> int:
    line = line_before(text, place)
    return len(line) - len(line.lstrip())


def _if_secret(text: str, value: Value | None, confidence: Confidence) -> Iterator[Value]:
    if value and is_secret(text, value, confidence):
        yield value


def _is_a_test_result(text: str, start: int, separator: re.Match[str]) -> bool:
    """Whether "PASS: TestPrint" or "pass: 12" reports a test."""
    name = text[start : start + 5].strip("-")
    if not name.lower().startswith("pass") or separator.start() - start != 4:
        return False
    begins_line = start == 0 or text[start - 1] == "\n" or text[max(start - 4, 0) : start] == "--- "
    return (name.startswith("PASS") and begins_line) or re.match(
        r"\d{1,3}(?![^\s,;|)])", text[separator.end() :][:4]
    ) is not None


def _is_a_variable(text: str, start: int, separator: re.Match[str], value: Value) -> bool:
    """Whether code passes on a variable of the same name: db_password=db_password."""
    name = text[start : separator.start()].rpartition(".")[2]
    return not value.quoted and "_" in name and text[value.start : value.end] == name


def _is_a_cipher(text: str, start: int, separator: re.Match[str]) -> bool:
    """Whether PSK is one of the ciphers of a list: HIGH:!PSK:!SRP."""
    return separator[0] == ":" and text[start : separator.start()] == "PSK" and text[start - 1 : start] in (*"!+-:",)


def _is_a_folder(text: str, start: int, separator: re.Match[str], value: Value) -> bool:
    """Whether PWD names the working folder."""
    name = text[start : separator.start()].lower()
    return name.endswith("pwd") and re.match(r"[/~]|[A-Za-z]:[\\/]", text[value.start : value.start + 3]) is not None
