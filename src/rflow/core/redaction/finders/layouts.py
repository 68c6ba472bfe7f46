"""Values after their names without a separator: options, calls, settings, sentences; and which layouts to try."""

import re
from collections.abc import Callable, Iterator

from rflow.core.redaction.finders.structures import columns, markup, pair
from rflow.core.redaction.names import Named, meaning
from rflow.core.redaction.plausibility import (
    is_secret,
    is_status,
    is_unlike_names,
    looks_chosen,
    looks_random,
    says_status,
)
from rflow.core.redaction.spans import Lazy
from rflow.core.redaction.values import BLANK, Value, line_before, quoted_at, rest_of_line, value_at

Layout = Callable[[str, int, int, Named], Iterator[Value]]
"""Finds the values that belong to the name between two places of a text."""

_BLANKS = Lazy(rf"{BLANK}{{1,8}}")
_PROSE = Lazy(
    r"(?:-|(?:and|argument|but|flag|for|if|in|instead|is|option|options|or|parameter|to|was|with)\b|\w{1,20}=)"
)
_NEXT_ITEM = Lazy(rf"{BLANK}*\n{BLANK}{{0,40}}- (?=[^\s-])")
_DESCRIBED = Lazy(rf"[A-Za-z_]{{2,20}}(?:\t|{BLANK}{{2,}})\w")
"""PASSWORD   what it is for: an argument's name in a program's help."""
_BEFORE_OPTIONS = ("", " ", "\t", "\n", '"', "'", "`", "[", "(", "\xa0")


def option(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """--password VALUE, -Password VALUE."""
    blanks = _BLANKS.match(text, end) or _NEXT_ITEM.match(text, end)
    if not blanks or text.startswith("--no-", start) or text[max(start - 1, 0) : start] not in _BEFORE_OPTIONS:
        return
    described = blanks.end() - blanks.start() > 1 and re.match(r"[A-Z][a-z]*\s", text[blanks.end() :][:20])
    value = None if described or _PROSE.match(text, blanks.end()) else value_at(text, blanks.end())
    kind_of_sign_in = text[start:end].lower().endswith("auth")
    confidence = named.confidence if named.confidence == "sure" or kind_of_sign_in else "likely"
    if value and not _DESCRIBED.match(text, value.start) and is_secret(text, value, confidence):
        yield value


_NEXT_ARGUMENT = Lazy(r"""\\{0,7}["']?\s{0,4},\s{0,24}(?=\\{0,7}["'])""")
_FIRST_ARGUMENT = Lazy(r"""\(\s{0,8}(?=["'])""")
_CALL = Lazy(r"""[\w.\])]\(\s{0,8}(?:[^()\n]{0,60},\s?)?&?(?:\\{0,7}["'][\w./-]{0,60})?\Z""")
_READS = Lazy(
    r"(?:get|check|verify|validate|find|is|has|reset|encode|decode|decrypt|encrypt|hash|by)[_A-Z]?", re.IGNORECASE
)
_SETS = Lazy(r"(?i:set|with|use)[_A-Z]|(?i:password|token)\Z")


def call(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """setProperty("password", "VALUE"), setPassword("VALUE"), ("password", "VALUE")."""
    if following := _NEXT_ARGUMENT.match(text, end):
        value = quoted_at(text, following.end())
        sure = text[end] in _CLOSERS and _CALL.search(line_before(text, start)) is not None
    elif first := _FIRST_ARGUMENT.match(text, end):
        value = quoted_at(text, first.end())
        function = text[start:end].rpartition(".")[2]
        if _READS.match(function):
            return
        sure = named.confidence == "sure" and _SETS.match(function) is not None
    else:
        return
    if value and not meaning(text[value.start : min(value.end, value.start + 80)]):
        chosen = sure or looks_chosen(text[value.start : value.end])
        if chosen and is_secret(text, value, "sure"):
            yield value


_SETTER = Lazy(
    r"(?:\bproxy_set_header|\bRequestHeader\s+\w+|\bset(?:env|x)?|\bset\s+-\w+|\bENV|\bARG|(?<!/)\bexport|\bconfig\s+set|\bconfigure\s+set|#define|\bdeclare\s+-\w|\bset(?=\s+\$)"
    r"|\b(?:login|user|username|account|sent-username)\s+\S{1,80})\s+\$?\Z",
    re.IGNORECASE,
)
_SETTINGS = frozenset(("requirepass", "masterauth", "auth_pass", "rootpw", "bindpw", "psksecret"))
_SETS_SEVERAL = Lazy(
    r"\bconfig\s+set\s+(?:[\w-]{1,60}\s+(?!(?:and|or|but|then)\s)\S{1,200}(?<![,.:;|])\s+){1,10}\Z", re.IGNORECASE
)
_SETTING = (
    rf"(?:{'|'.join(sorted(_SETTINGS))}|masteruser|max\w{{4,20}}(?:-\w{{1,20}}){{0,3}}|appendonly|loglevel|dbfilename"
    r"|(?:acl|aof|client|cluster|lazyfree|min|notify|protected|repl|replica|slowlog|tcp|tls)-[\w-]{2,40})"
)
_NEXT_SETTING = Lazy(
    rf"{BLANK}{{1,8}}(?P<name>{_SETTING}){BLANK}{{1,8}}(?P<value>[^\s;|&]{{1,200}}+)"
    rf"(?={BLANK}{{1,8}}{_SETTING}{BLANK}|{BLANK}{{0,8}}(?:[\n;|&]|\Z))",
    re.IGNORECASE,
)
_TYPE = Lazy(rf"{BLANK}{{1,4}}(?:[0-9]|ENC|encrypted|cipher|simple|clear|hash){BLANK}{{1,4}}(?=\S)")
_RANDOM = Lazy(r"(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[\w+/]{20,200}={0,2}")
_MADE_UP = Lazy(
    r"(?=\S*\d)(?=\S*[A-Za-z])(?:(?=\S*[!#$%^*?~@&+])|(?=\S*_)(?=\S*[a-z])(?=\S*[A-Z]))[\w!#%^*?~@&+.=-][\w!#$%^*?~@&+.=-]{7,40}"
)
"""Letters, digits and a sign, as rules for passwords demand them."""
_ENDS_LINE = Lazy(rf"\"?;?{BLANK}*(?:\n|\Z|[,.;)](?:\s|\Z))")


def command(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """set -x PASSWORD VALUE, password "VALUE", password 7 VALUE, password VALUE at the end of a line."""
    typed = _TYPE.match(text, end) if named.confidence != "weak" else None
    blanks = typed or _BLANKS.match(text, end)
    value = value_at(text, blanks.end()) if blanks else None
    if value is None or _is_no_name(text, start, end):
        return
    shown = text[value.start : value.end]
    chosen = looks_chosen(shown)
    ends = _ENDS_LINE.match(text, value.after) is not None
    ends = ends or _is_one_of_several(text, start, end, value)
    alone = named.confidence == "sure" and (value.quoted or (ends and chosen))
    alone = alone or (
        named.confidence == "sure" and any(map(str.isdigit, shown)) and _MADE_UP.fullmatch(shown) is not None
    )
    alone = alone or (named.confidence == "likely" and ends and _RANDOM.fullmatch(shown) is not None)
    shows = typed or alone or ((ends or chosen) and _is_set(text, start, end))
    if shows and is_secret(text, value, named.confidence):
        yield value


def _is_one_of_several(text: str, start: int, end: int, value: Value) -> bool:
    """Whether a setting is one of several on its line: requirepass VALUE masterauth VALUE.

    Where the next one has no value, a sentence follows: requirepass needs masterauth on replicas.
    """
    if text[start:end].lower() not in _SETTINGS:
        return False
    if _SETS_SEVERAL.search(line_before(text, start)):
        return True
    following = _NEXT_SETTING.match(text, value.after)
    if following is None:
        return False
    return following["name"].lower() not in _SETTINGS or not is_status(following["value"], quoted=False)


def _is_set(text: str, start: int, end: int) -> bool:
    """Whether the name is that of a setting, or stands after a command that sets one."""
    return text[start:end].lower() in _SETTINGS or _SETTER.search(line_before(text, start)) is not None


def _is_no_name(text: str, start: int, end: int) -> bool:
    """Whether the word is the end of a file's path (/etc/pam.d/passwd) or a verb (to pass "x")."""
    return text[start - 1 : start] == "/" or (
        text[start:end].lower() == "pass" and text[max(start - 3, 0) : start].lower() == "to "
    )


_OF = (
    "for|of|(?<!alasana )on|at|in"
    "|from|von|vom|für|fürs|zu|zum|zur|auf|bei|im|der|des|de|del|du|da|do|dos|das|di|della|per|para|pour|sur"
    "|van|voor|op|til|till|för|på|av|dla|od|pro|pentru|για|του|της|для|от"
)
_IS = (
    "is|was|ist|war|lautet|est|était|es|era|é|è|är|er|luidt|jest|je|este|είναι|это|remains|bleibt|reste|sigue siendo"
    "|(?<=alasana )on"
)
_STILL = (
    "now|still|currently|again|just|jetzt|nun|noch|weiterhin|aktuell|maintenant|toujours|désormais|ahora|todavía|aún|agora"
    "|ainda|nu|nog|nog steeds|ora|ancora|adesso"
)
_VERBS = frozenset((*_IS.replace("(?<=alasana )", "").replace(" ", "|").split("|"), "to"))
"""A sentence that states a value has one of these after the name, or else a colon."""
_HASHED = rf"(?:base\d\d|sha-?\d|md5|aes|utf-?\d|bcrypt|argon|rot13)[\w-]{{0,12}}(?:{BLANK}|-)(?:en|hash)"
_SAID = (
    rf"(?:{BLANK}{{1,4}}(?:(?:(?:is|was|has|had){BLANK})?(?:been{BLANK}|now{BLANK}){{0,2}}(?:(?:re)?set|changed|rotated|updated)"
    rf"{BLANK}to|(?:{_IS})(?:{BLANK}(?:{_STILL})\b){{0,2}}(?:{BLANK}?(?P<colon>:))?)(?(colon){BLANK}{{0,5}}|{BLANK}{{1,5}}))"
)
_SAYS = Lazy(
    rf"(?:{BLANK}for{BLANK}(?:user{BLANK})?\S{{1,60}})?(?:{_SAID}|{BLANK}{{1,4}}to{BLANK}{{1,5}})(?!{_HASHED})",
    re.IGNORECASE,
)
_WORD = r"(?:[^\s:]|:(?=\S)){1,60}+(?<![.,;!?])"
_WHOSE = rf"{BLANK}{{1,4}}(?:(?:{_OF}){BLANK}{{1,4}}|(?:d|dell)['’]|(?=\()){_WORD}(?:{BLANK}{{1,4}}{_WORD}){{0,5}}?"
"""Up to six words between say whose it is: for the smtp relay."""
_SAYS_OF = Lazy(rf"{_WHOSE}{_SAID}(?!{_HASHED})", re.IGNORECASE)
_SAYS_BRIEFLY = Lazy(rf"{_WHOSE}(?:{BLANK}{{1,4}}(?P<to>to){BLANK}|:{BLANK}){BLANK}{{0,4}}", re.IGNORECASE)
_FURTHER = Lazy(
    rf"[,;]?(?:{BLANK}{{1,4}}(?:and|but|then|und|aber|dann|y|pero|et|mais|e|ma|en|maar|och|men|ale))?"
    rf"(?P<now>{BLANK}{{1,4}}(?:{_STILL}))?"
    rf"(?:(?:{BLANK}{{1,4}}(?:it|this|that|es|das))?(?:['’]s(?P<still>{BLANK}(?:{_STILL}))?{BLANK}{{1,4}}"
    rf"|{_SAID}(?:(?:es|das|it|that){BLANK}{{1,4}})?)|(?P<brief>(?<=\w){BLANK}{{1,4}}))",
    re.IGNORECASE,
)
"""What is said of a password after its value: the password was VALUE and now it is VALUE."""
_LONGEST_SENTENCE = 600
"""Characters from a name to its value at most: seven words of 60, and blanks."""
_CHANGES = Lazy(r"\b(?:re)?(?:set|chang|rotat|updat)\w{0,5}\s(?:\S{1,40}\s){0,3}\Z", re.IGNORECASE)


def sentence(text: str, start: int, end: int, named: Named) -> Iterator[Value]:
    """The password is VALUE; the password for the relay is still VALUE; the password was changed to VALUE."""
    if not _may_state_value(text, end):
        return
    for says in (said.match(text, end) for said in (_SAYS_OF, _SAYS_BRIEFLY, _SAYS)):
        if says and (value := _stated_value(text, start, says, named)):
            yield value
            return


def _may_state_value(text: str, end: int) -> bool:
    """Whether a verb or a colon follows; a test without patterns, which take long to compile."""
    rest = text[end : end + _LONGEST_SENTENCE].partition("\n")[0]
    return ":" in rest or not _VERBS.isdisjoint(rest.lower().split())


def _stated_value(text: str, start: int, says: re.Match[str], named: Named) -> Value | None:
    value = value_at(text, says.end())
    if value is None or (says.groupdict().get("to") and not _CHANGES.search(line_before(text, start))):
        return None
    shown = text[value.start : value.end].rstrip(".,!?:")
    after_a_colon = says.groupdict().get("colon") is not None
    announced = value.quoted or after_a_colon or looks_chosen(shown)
    plausible = looks_random(shown) if named.confidence == "weak" else announced
    if not plausible or not is_secret(text, value, named.confidence):
        return None
    return rest_of_line(text, value) if after_a_colon and not value.quoted else value


def further(text: str, place: int, named: Named) -> Iterator[Value]:
    """Further values in the same sentence: the password was VALUE and now it is VALUE."""
    while says := _further(text, place):
        value = value_at(text, says.end())
        if value is None or not _is_plausible(text, says, value) or not is_secret(text, value, named.confidence):
            return
        yield value
        place = value.after


def _further(text: str, place: int) -> re.Match[str] | None:
    near = text[place : place + _NEAR].partition("\n")[0].lower().replace("’", "'").replace("'s", " is").split()[:6]
    return None if _GOES_ON.isdisjoint(near) else _FURTHER.match(text, place)


def _is_plausible(text: str, says: re.Match[str], value: Value) -> bool:
    """Whether a further value looks like a password; without a verb, or a word such as "now", it must look more so."""
    shown = text[value.start : value.end].rstrip(".,!?:")
    if says["brief"] is not None:
        return says["now"] is not None and looks_chosen(shown) and _ENDS_LINE.match(text, value.after) is not None
    if value.quoted or says["colon"] is not None:
        return True
    return looks_chosen(shown) if _SAYS_NOW.search(says[0]) else is_unlike_names(shown)


_NEAR = 80
_GOES_ON = frozenset((*_VERBS, *_STILL.split("|")))
_SAYS_NOW = Lazy(rf"\b(?:{_STILL}|then|dann|to)\b", re.IGNORECASE)
_CLOSERS = frozenset("\"'\\")
_BORDERS = frozenset("|│┃")


def layouts_for(text: str, start: int, end: int) -> Iterator[Layout]:
    """Return the layouts that the characters around a name allow, in the order in which they are tried."""
    following, second = text[end : end + 1], text[end + 1 : end + 2]
    closed = following in _CLOSERS
    if text[start] == "-":
        yield option
    if closed or following in ("<", ">", " ") or text[max(start - 1, 0) : start] in ("<", ":"):
        yield markup
    if "val" in text[end : end + 420].lower() or (closed and "form-data" in text[max(start - 80, 0) : start]):
        yield pair
    if closed or following in (",", "("):
        yield call
    is_a_value_itself = text[max(start - 1, 0) : start] == "="
    if not is_a_value_itself and not _is_plain_prose(text, end):
        if following in _BORDERS or second in _BORDERS or following in ("*", "`", "\t") or second == " ":
            yield columns
        if following in (" ", "\t", "\xa0"):
            yield from (command, sentence)


def _is_plain_prose(text: str, end: int) -> bool:
    """Whether a status follows ("password authentication failed"): a quick test without a pattern."""
    word = text[end : end + 40].split(maxsplit=1)[:1]
    return bool(word) and text[end : end + 1] == " " and text[end + 1 : end + 2] != " " and says_status(word[0])
