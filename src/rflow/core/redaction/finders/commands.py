"""Arguments of known programs that are passwords; which they are stands in `programs`."""

import re
from collections.abc import Iterator
from itertools import zip_longest

import msgspec

from rflow.core.redaction.names import meaning
from rflow.core.redaction.plausibility import is_secret, is_unlike_names, looks_chosen
from rflow.core.redaction.programs import PLACES, PROGRAMS, RULES_OF, How, Rule
from rflow.core.redaction.spans import Lazy, Span, lowered
from rflow.core.redaction.values import Value

_WORD = Lazy(r"[|;&\n]++|(?:\"(?:[^\"\\\n]|\\.)*+\"?|'[^'\n]*+'?|\\[^\n]|[^\s\"'|;&\\]|(?<=\S)[;&](?=[\w%]))++")
_BREAKS = frozenset("|;&\n")
_NAMING = ("-u", "-U", "-h", "--user", "--username", "--host")
"""Options whose argument may be called like a program: -u AWS, -h redis-cli."""
_MOST_WORDS = 60
_APART = dict.fromkeys(map(ord, "/\\`\"'($=|;[,"), " ")
_LIST = Lazy(r"(?<=[\"'])[^\S\n]?,(?=[^\S\n]?[\"'])|\[(?=[\"'])|(?<=[\"'])\]|\ba\d{1,2}=(?=\")")
"""What stands between the words of a command that is written as a list: ["mysql","-pX"], a0="mysql" a1="-pX"."""
_LONGEST = 2000
_SEVERAL = Lazy(r"-[A-Za-z]{1,6}?(?P<last>[uUaE])(?P<rest>[^-\n]*:.*)?\Z", re.DOTALL)
_ATTACHED = ("attached", "either", "user:", "user%", "user,", "cookie")
_PORT = Lazy(r"\d{1,5}\Z")
_PLAIN = Lazy(
    r"=?[\"']?(?i:(?![^=]{0,200}?(?:pass|pwd|secret|token|key|cred))(?:[\w.-]{0,60}?(?:[._-]|(?-i:(?<=[a-z\d])(?=[A-Z]))))?"
    r"(?:db|pg)?(?:user(?:name)?|login|host(?:name)?|port|e?mail|region|zone|ttl|version|database|dbname))=(?P<value>.+)",
    re.DOTALL,
)
"""What stands beside secrets and is none, by its name: db_user=app."""
_BEHIND: dict[How, Lazy] = {
    "user:": Lazy(r"[\"']?[^\s:\"']{1,200}:(.+)", re.DOTALL),
    "user%": Lazy(r"[\"']?[^\s%\"']{1,200}%(.+)", re.DOTALL),
    "user,": Lazy(r"[\"']?[^\s,\"']{1,200},(.+)", re.DOTALL),
    "user/": Lazy(r"[\"']?(?:userid=)?[\w.$#]{1,100}/([^\s/]+?)(?:@[\w./:-]*)?[\"']?\Z"),
    "cookie": Lazy(r"([^=]{1,200}=.+)", re.DOTALL),
    "literal": Lazy(r"=?[^=]{1,200}=(.+)", re.DOTALL),
}


class Word(msgspec.Struct, frozen=True):
    start: int
    text: str


def find(text: str) -> Iterator[Span]:
    """Find passwords among the arguments of programs."""
    low = lowered(text)
    done = -1
    words = {word.removesuffix(".exe") for word in low.translate(_APART).split()}
    for place in sorted(place for program in PROGRAMS & words for place in _places(low, program)):
        if place >= done:
            done = _line_end(low, place)
            yield from _in_a_line(text, low.rfind("\n", max(place - _LONGEST, 0), place) + 1, done)


def _places(low: str, program: str) -> Iterator[int]:
    """Return where a program is called, judged without parsing the line."""
    place = low.find(program)
    while place >= 0:
        end = place + len(program)
        if low[end : end + 1] in (" ", '"', "'") or low.startswith(".exe ", end):
            before = low[place - 1 : place]
            if not (before.isalnum() or before in ("-", "_", ".")) or place == 0:
                yield place
        place = low.find(program, end)


def _line_end(text: str, start: int) -> int:
    """Return where a command line ends: at a line break that no backslash escapes."""
    end = text.find("\n", start)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("\n", end + 1)
    return end if end >= 0 else len(text)


def _in_a_line(text: str, start: int, end: int) -> Iterator[Span]:
    for program, arguments in _calls(_as_a_line(text[start:end])):
        for word in _secrets(program, arguments):
            value = Value(start + word.start, start + word.start + len(word.text), end, quoted=True)
            if is_secret(text, value, "sure"):
                cookie = program == "curl" and "=" in word.text
                yield Span(value.start, value.end, "cookie" if cookie else "password")


def _as_a_line(line: str) -> str:
    """Return a command that is written as a list as one line, each word still at its place."""
    kept, at = list[str](), 0
    for between in _LIST.finditer(line):
        kept += (line[at : between.start()], " " * len(between[0]))
        at = between.end()
    return "".join([*kept, line[at:]])


def _calls(line: str) -> Iterator[tuple[str, list[Word]]]:
    """Return each program of a command line with its arguments."""
    program, arguments = "", list[Word]()
    for word in _words(line):
        shown = word.text
        called = "" if arguments and arguments[-1].text in _NAMING else _program(shown)
        if shown[0] in _BREAKS or called:
            if program:
                yield program, arguments
            program, arguments = called, []
        elif len(arguments) < _MOST_WORDS:
            arguments.append(_unquoted(word) if shown[0] in "\"'" and shown[1:2] == "-" else word)
    if program:
        yield program, arguments


def _words(line: str) -> Iterator[Word]:
    """Return the words of a line, and the signs between its commands, also where no blank stands: -pVALUE;mysql."""
    for match in _WORD.finditer(line):
        start, shown = match.start(), match[0]
        sign = max(shown.rfind(";"), shown.rfind("&"))
        following = shown[sign + 1 :]
        if sign > 0 and not set("\"'").intersection(following) and _program(following):
            yield Word(start, shown[:sign])
            start, shown = start + sign + 1, following
        yield Word(start, shown)


def _program(word: str) -> str:
    """Return the known program that a word calls, or nothing."""
    if not word or word[0] in ("-", *_BREAKS):
        return ""
    name = word.strip("\"'`($").replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")
    return name if name in PROGRAMS else ""


def _secrets(program: str, arguments: list[Word]) -> Iterator[Word]:
    for rule in RULES_OF.get(program, ()):
        if not rule.needs or any(word.text == rule.needs for word in arguments):
            yield from _by_option(rule, arguments)
    yield from _by_place(program, arguments)


def _by_option(rule: Rule, arguments: list[Word]) -> Iterator[Word]:
    options = rule.options.split()
    for word, following in zip_longest(arguments, arguments[1:]):
        if not options:
            if word.text[0] != "-":
                yield from _behind(rule.how, word)
        elif (given := _given(rule, options, word, following)) and not given.text.startswith("-"):
            if rule.how in _BEHIND:
                yield from _behind(rule.how, given)
            elif not _PORT.match(given.text):
                yield _unquoted(given)


def _given(rule: Rule, options: list[str], word: Word, following: Word | None) -> Word | None:
    """Return the argument of one of the options, if this word is or begins with one."""
    if rule.how == "user:" and (several := _SEVERAL.match(word.text)) and f"-{several['last']}" in options:
        return Word(word.start + several.start("rest"), several["rest"]) if several["rest"] else following
    for option in options:
        if word.text == option:
            return following if rule.how != "attached" else None
        if word.text.startswith(f"{option}=") or (rule.how == "literal" and word.text.startswith(option)):
            return Word(word.start + len(option) + 1, word.text[len(option) + 1 :])
        if (len(option) <= 3 or option[-1] == ":") and rule.how in _ATTACHED and word.text.startswith(option):
            return Word(word.start + len(option), word.text[len(option) :])
    return None


def _behind(how: How, word: Word) -> Iterator[Word]:
    """Return what stands behind the user's name and the sign after it."""
    if how == "literal" and (plain := _PLAIN.match(word.text)) and not is_unlike_names(plain["value"]):
        return
    if match := _BEHIND[how].match(word.text):
        yield _unquoted(Word(word.start + match.start(1), match[1]))


def _unquoted(word: Word) -> Word:
    bare = word.text.lstrip("\"'")
    start = word.start + len(word.text) - len(bare)
    return Word(start, bare.rstrip("\"'"))


def _by_place(program: str, arguments: list[Word]) -> Iterator[Word]:
    plain = [word for word in arguments if not re.match(r"-|/\w", word.text)]
    if program == "net" and plain and plain[0].text.lower() == "use":
        yield from [word for word in plain[1:] if not re.match(r"[A-Za-z]:\Z|\\\\|\*", word.text)][:1]
    if program in ("htpasswd", "mosquitto_passwd") and any(re.match(r"-\w*b", word.text) for word in arguments):
        yield from plain[-1:]
    for owner, before in PLACES:
        steps = before.split()
        if owner == program and len(plain) > len(steps) and all(map(_same, steps, plain)):
            word = _unquoted(plain[len(steps)])
            if "=" not in word.text[:-2] and (owner != "consul" or _is_kept_secret(plain[len(steps) - 1], word)):
                yield word


def _is_kept_secret(key: Word, value: Word) -> bool:
    """Whether a value written to a key-value store (Consul, Vault) is a secret, judged by its key and itself."""
    return meaning(key.text.rpartition("/")[2]) is not None or looks_chosen(value.text)


def _same(step: str, word: Word) -> bool:
    return step in ("*", word.text.lower())
