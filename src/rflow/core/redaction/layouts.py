"""Values apart from their names: options, markup, name-and-value pairs, calls, columns, commands and sentences."""

import re
from collections.abc import Callable, Iterator

from rflow.core.redaction.belief import is_secret, is_status, looks_chosen, looks_random, says_status
from rflow.core.redaction.spans import Lazy
from rflow.core.redaction.names import Named, meaning
from rflow.core.redaction.values import BLANK, Value, line_before, quoted_at, value_at

Layout = Callable[[str, int, int, Named], Iterator[Value]]

_BLANKS = Lazy(rf"{BLANK}{{1,8}}")
_OPTION_PROSE = Lazy(
    r"(?:-|(?:and|argument|but|flag|for|if|in|instead|is|option|options|or|parameter|to|was|with)\b|\w{1,20}=)"
)


def option(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """--password VALUE, -Password VALUE."""
    blanks = _BLANKS.match(text, end)
    if text[start] != "-" or text[start : start + 5] == "--no-" or not blanks:
        return
    if _OPTION_PROSE.match(text, blanks.end()) or (text[start - 1 : start].strip() not in ("", '"', "'", "`", "[", "(")):
        return
    value = value_at(text, blanks.end())
    auth = text[start:end].lower().endswith("auth")
    if value and is_secret(text, value, "sure" if named.belief == "sure" else "weak" if auth else "likely"):
        yield value


_ELEMENT = Lazy(r"(?:\s[^<>\n]{0,200})?(?<!/)>\s{0,200}(?:<!\[CDATA\[(?P<inner>(?:(?!\]\]>)[\s\S]){1,8192})\]\]>|(?P<value>[^<>]{1,8192}))\s{0,200}</")
_PARENT = Lazy(r"<(?:[\w.-]{1,40}:)?\Z")
_ATTRIBUTE = Lazy(
    r"""\\{0,3}["'](?:\s{1,40}(?:value|content|password|val)\s?=\s?\\{0,3}["'](?P<value>[^"'\n\\]+)|[^<>\n]{0,100}>(?P<inner>[^<\n]+)</)"""
)
_ATTRIBUTE_NAME = Lazy(r"""(?:name|key|id)\s?=\s?\\{0,3}["'][^"'\s]{0,80}\Z""", re.IGNORECASE)
_ATTRIBUTE_BEFORE = Lazy(
    r"""(?:value|content)\s?=\s?["'](?P<value>[^"'\n]+)["']\s{1,40}(?:name|key|id)\s?=\s?["'][^"'\s]{0,80}\Z"""
)
_CELLS = Lazy(r"(?:</(?P<one>[\w:]{1,20})>)\s{0,40}<(?P<other>[\w:]{1,20})[^<>]{0,100}>(?P<value>[^<]+)</")


def markup(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """<password>VALUE</password>, key="password" value="VALUE", <td>password</td><td>VALUE</td>."""
    before = line_before(text, start)
    if _PARENT.search(before):
        match = _ELEMENT.match(text, end)
    elif _ATTRIBUTE_NAME.search(before):
        match = _ATTRIBUTE.match(text, end) or _ATTRIBUTE_BEFORE.search(text, max(start - 300, 0), start)
    else:
        match = _CELLS.match(text, end) if before.endswith(">") else None
        match = match if match and {match["one"], match["other"]} != {"th"} else None
    if match:
        group = "value" if match["value"] else "inner"
        first, last = match.span(group)
        first += len(match[group]) - len(match[group].lstrip())
        last -= len(match[group]) - len(match[group].rstrip())
        value = Value(first, last, last, quoted=True)
        if first < last and is_secret(text, value, named.belief):
            yield value


_PAIR_NAME = Lazy(
    r"""(?:name|key|parameter|variable|field|option|setting|label|property)\\{0,3}["']?\s?[:=]\s{0,8}\\{0,3}["']?[^"'\s,{}]{0,80}\Z""",
    re.IGNORECASE,
)
_PAIR_VALUE = Lazy(
    r"""\\{0,3}["']?[^{}]{0,400}?(?:value|val|content)\\{0,3}["']?\s?[:=]\s{0,20}(?=\S)""", re.IGNORECASE
)
_NEXT_PAIR = Lazy(r"""(?:name|key)\\{0,3}["']?\s?[:=]""", re.IGNORECASE)
_FORM_FIELD = Lazy(r"""["']?[^\n]{0,200}\r?\n(?:[\w-]{1,60}:[^\n]{0,200}\n){0,4}\r?\n(?P<value>[^\n]+)""")


def pair(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """name: PASSWORD, value: VALUE in YAML and JSON; a field of a form that was sent."""
    before = line_before(text, start)
    if not _PAIR_NAME.search(before):
        return
    if "form-data" in before and (field := _FORM_FIELD.match(text, end)):
        value: Value | None = Value(*field.span("value"), field.end(), quoted=True)
    else:
        match = _PAIR_VALUE.match(text, end)
        value = value_at(text, match.end()) if match and not _NEXT_PAIR.search(match[0]) else None
    if value and is_secret(text, value, "likely" if named.belief == "weak" else named.belief):
        yield value


_NEXT_ARGUMENT = Lazy(r"""\\{0,7}["']?\s{0,4},\s{0,8}(?=\\{0,7}["'])""")
_FIRST_ARGUMENT = Lazy(r"""\(\s{0,8}(?=["'])""")
_CALL = Lazy(r"""[\w.\])]\(\s{0,8}(?:[^()\n]{0,60},\s?)?&?(?:\\{0,7}["'][\w./-]{0,60})?\Z""")
_LOOKING = Lazy(r"(?:get|check|verify|validate|find|is|has|reset|encode|decode|decrypt|encrypt|hash|by)[_A-Z]?", re.I)


def call(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """setProperty("password", "VALUE"), setPassword("VALUE"), ("password", "VALUE")."""
    if following := _NEXT_ARGUMENT.match(text, end):
        called = _CALL.search(line_before(text, start)) is not None
        value = quoted_at(text, following.end())
        if value and not meaning(text[value.start : min(value.end, value.start + 80)]):
            believed = "sure" if called and text[end : end + 1] in ("'", '"', "\\") else "weak"
            yield from _believed(text, value, believed == "sure")
    elif first := _FIRST_ARGUMENT.match(text, end):
        value = quoted_at(text, first.end())
        called_name = text[start:end].rpartition(".")[2]
        setting = re.match(r"(?i:set|with|use)[_A-Z]|(?i:password|token)\Z", called_name) is not None
        if value and not _LOOKING.match(called_name):
            yield from _believed(text, value, setting and named.belief == "sure")


def _believed(text: str, value: Value, sure: bool) -> Iterator[Value]:
    """Yield the value if it is a secret; where its name is not sure, only if it looks like one."""
    if is_secret(text, value, "sure") and (sure or looks_chosen(text[value.start : value.end])):
        yield value


_FIRST_CELL = Lazy(r"[\s|│┃║*`]*\Z")
_CELL = Lazy(rf"[`*]{{0,2}}{BLANK}{{0,60}}[|│┃║]{BLANK}{{0,8}}(?P<value>[^|│┃║\n]*[^|│┃║\s])(?P<rest>[^\n]{{0,200}})")
_WIDE = Lazy(rf"(?:{BLANK}{{2,80}}|\t+)(?P<value>\S+(?: \S+)*){BLANK}*(?=\n|\Z)")


def columns(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """| password | VALUE |, and two columns with a wide gap."""
    if not _FIRST_CELL.match(line_before(text, start)):
        return
    match = _CELL.match(text, end) or _WIDE.match(text, end)
    if not match:
        return
    value = Value(*match.span("value"), match.end("value"), quoted=False)
    shown = match["value"]
    if shown[0] == "#":
        return
    many = "|" in match.groupdict("").get("rest", "").strip().rstrip("|")
    described = shown.count(" ") > 1 and not any(map(str.isdigit, shown))
    plain = match.re is _WIDE and shown.isalpha() and not re.search(r"^Key\s+Value", text, re.MULTILINE)
    if described or ((many or plain) and not looks_chosen(shown)):
        return
    if is_secret(text, value, named.belief if named.belief != "weak" or looks_random(shown) else "weak"):
        yield value


_SETTER = Lazy(
    r"(?:\bset(?:env|x)?|\bset\s+-\w+|\bENV|\bARG|\bexport|\bconfig\s+set|\bconfigure\s+set|#define|\bdeclare\s+-\w"
    r"|\b(?:login|user|username|account|sent-username)\s+\S{1,80})\s+\Z",
    re.IGNORECASE,
)
_WORDS = frozenset(("requirepass", "masterauth", "auth_pass", "rootpw", "bindpw", "psksecret"))
_TYPE_DIGIT = Lazy(rf"{BLANK}{{1,4}}(?:[0-9]|ENC|encrypted|cipher|simple|clear|hash){BLANK}{{1,4}}(?=\S)")
_ENDS_LINE = Lazy(rf"\"?;?{BLANK}*(?:\n|\Z|[,.;)]\s)")


def command(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """set -x PASSWORD VALUE, password "VALUE", password 7 VALUE, password VALUE at the end of a line."""
    if named.belief != "sure" and not (named.belief == "likely" and _TYPE_DIGIT.match(text, end)):
        sure = False
    else:
        sure = True
    before = line_before(text, start)
    setter = text[start:end].lower() in _WORDS or _SETTER.search(before) is not None
    typed = _TYPE_DIGIT.match(text, end) if sure else None
    blanks = typed or _BLANKS.match(text, end)
    value = value_at(text, blanks.end()) if blanks else None
    if value is None or is_status(text[value.start : value.start + 60], quoted=value.quoted):
        return
    shown = text[value.start : value.end]
    at_the_end = _ENDS_LINE.match(text, value.after) is not None and looks_chosen(shown)
    if (setter and (at_the_end or _ENDS_LINE.match(text, value.after) or looks_chosen(shown))) or typed or (sure and (value.quoted or at_the_end)):
        wanted = named.belief if setter or sure else "weak"
        if is_secret(text, value, wanted):
            yield value


_SAYS = Lazy(
    rf"(?:{BLANK}for{BLANK}(?:user{BLANK})?\S{{1,60}})?{BLANK}{{1,4}}(?:(?:is|was|ist|lautet|est|es|é|è|är|er|to){BLANK}(?:now{BLANK})?"
    rf"|(?:(?:re)?set|changed){BLANK}to{BLANK}|is:{BLANK}|(?:is|was|ist|lautet|est|es|é|è|är){BLANK}?:{BLANK}?){BLANK}{{0,4}}(?:now{BLANK})?"
)


def sentence(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """The password is VALUE; the password was changed to VALUE."""
    says = _SAYS.match(text, end)
    value = value_at(text, says.end()) if says else None
    if not says or value is None:
        return
    shown = text[value.start : value.end].rstrip(".,!?:")
    announced = value.quoted or ":" in says[0]
    if named.belief == "weak":
        believed = looks_random(shown)
    else:
        believed = announced or looks_chosen(shown)
    if believed and is_secret(text, value, named.belief):
        yield value


_CLOSERS = frozenset("\"'\\")


def layouts_for(text: str, start: int, end: int) -> Iterator[Layout]:
    """Return the layouts that the characters around a name allow, in the order in which they are tried."""
    following = text[end : end + 1]
    closed = following in _CLOSERS
    if text[start] == "-":
        yield option
    if following in ("<", ">", " ") or closed or text[start - 1 : start] in ("<", ":"):
        yield markup
    if "val" in text[end : end + 420].lower() or (closed and "form-data" in text[max(start - 80, 0) : start]):
        yield pair
    if closed or following in (",", "("):
        yield call
    if _is_plain_prose(text, end):
        return
    if following in ("|", "│", "┃", "*", "`", "\t") or text[end + 1 : end + 2] in tuple(" |│┃"):
        yield columns
    if following in (" ", "\t", "\xa0"):
        yield command
        yield sentence


def _is_plain_prose(text: str, end: int) -> bool:
    """Whether a status follows ("password authentication failed"), as far as one can see without a pattern."""
    word = text[end : end + 40].split(maxsplit=1)[:1]
    return bool(word) and text[end : end + 1] == " " and text[end + 1 : end + 2] != " " and says_status(word[0])
