"""Input beyond options: texts from arguments and standard input, questions at the terminal, passwords."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rflow.cli.app import App, whose
from rflow.cli.ask import confirmed, or_exit, typed
from rflow.cli.output import folded
from rflow.core.session.events import Contingency
from rflow.core.session.texts import NOTE_LIMIT, WORD_LIMIT
from rflow.core.text import counted, shorten
from rflow.errors import BadInput, UsageProblem

if TYPE_CHECKING:
    from rflow.service.sessions import Outcome

_PASSWORD_LIMIT = 4096
_WARNS = (
    r"(?i)\W*(?:please\s+)?(?:do\s+not|don['\u2019]?t(?!\s+(?:know|think|see|understand))|never|stop|(?:be\s+)?careful"
    r"|caution|warning|beware|danger|watch\s+out|hands\s+off|under\s+no\s+circumstances)\b"
)
_REPEATED = 300
"""How many characters of a text typed without quotes an acknowledgement repeats."""
_DIGITS = 12
"""The maximum number of digits of an entry's number."""
_LONG_WORD = 60
"""Longer words count as several words of so many characters."""
_RESULT = (
    r"not|none|no|nothing|never|failed|fails|done|was|were|is|has|had|did|ok|okay|worked|unknown|impossible|see|n/a"
)
_WAY_BACK = (
    r"(?i)(?:[,;.]\s+|(?<=[,;.][\"'`”’)])\s+|\s[-–]\s+|\s\(|\s*\n\s*)"
    r"(?:to\s+)?(?:revert(?:\s+with)?|undo|roll ?back|way\s+back):\s+"
    rf"(?!(?:{_RESULT})\b)"
)
_QUOTES = (('"', '"'), ("`", "`"), ("'", "'"), ("“", "”"), ("‘", "’"))


def joined(run: App, words: Sequence[str] | None) -> str:
    """Return a text that was typed as one or several arguments."""
    return run.text(" ".join(words or ()))


def one_of(text: str, option: str, name: str) -> str:
    """Return a text given as an argument or as the option `name`; raise `UsageProblem` if both were given."""
    if text and option:
        what = f'There are two texts: "{shorten(text, 60)}", and "{shorten(option, 60)}" with {name}.'
        raise UsageProblem(what, try_='Write it once, in quotes: "…"')
    return text or option


def is_number(word: str) -> bool:
    """Whether a word can be the number of an entry."""
    return word.isascii() and word.isdecimal() and len(word) <= _DIGITS


def is_stdin(words: Sequence[str]) -> bool:
    """Whether the text is "-", which means standard input."""
    return list(words) == ["-"]


def acknowledged(words: Sequence[str], text: str) -> str:
    """Return the end of an acknowledgement, which repeats an unquoted text, and all of one from standard input."""
    if not is_stdin(words):
        return f': "{shorten(text, _REPEATED)}".' if len(words) > 1 else "."
    lines = "".join(f"\n    {line}" for line in text.rstrip().splitlines())
    return f", {counted(len(text.rstrip().splitlines()), 'line')}:{lines}"


def text_or_stdin(run: App, words: Sequence[str]) -> str:
    """Return the text, or the content of standard input if the text is "-"."""
    if not is_stdin(words):
        return joined(run, words)
    data = run.read_stdin(NOTE_LIMIT)
    read = data.decode("utf-8", "replace")
    if len(data) <= NOTE_LIMIT and "\ufffd" in read and "\ufffd".encode() not in data:
        run.say("Warning: the text is not all UTF-8; what could not be read is kept as \N{REPLACEMENT CHARACTER}.")
    return read


def reads_like_a_warning(text: str) -> bool:
    """Whether a note starts like a prohibition ("Do NOT reboot …"), and is short enough to be a warning."""
    return bool(re.match(_WARNS, text)) and len(text.split()) <= WORD_LIMIT


def may_be_cut(text: str, most: int) -> bool:
    """Whether a text may have more than `most` words, by a quick test that does not import the summary's count."""
    return not text.isascii() or len(text.split()) + len(text) // _LONG_WORD > most


def way_back_in(text: str) -> tuple[str, str]:
    """Return a change and how to revert it, where the text says both: "pool 50, revert: pool 500"; else "" for that."""
    parts = re.split(_WAY_BACK, text.strip())
    if len(parts) != len(("change", "way back")) or not all(parts) or _is_quoted(*parts):
        return text, ""
    change, back = parts
    return change, back.removesuffix(")") if back.count(")") > back.count("(") else back


def _is_quoted(before: str, after: str) -> bool:
    """Whether the text between `before` and `after` is in quotes that open in `before` and close in `after`."""
    before = re.sub(r"(?<=\w)['’](?=\w)", "", before)  # didn't
    return any(
        end in after and (before.count(begin) % 2 if begin == end else before.count(begin) > before.count(end))
        for begin, end in _QUOTES
    )


def suggest_change(run: App, outcome: "Outcome", text: str) -> None:
    """Suggest recording a change if a step or a note of the session's owner says how to revert something."""
    if not re.search(r"(?i)revert|undo|roll ?back|way back", text) or not way_back_in(text)[1]:
        return
    if outcome.events and not whose(outcome):
        begin = run.command_prefix(outcome.session)
        run.say(f'If this changed the system: {begin} undo, then {begin} change "…" --revert "…"')


def wants_warning(run: App, text: str) -> bool:
    """Ask whether a note that reads like a warning is one; the default is no."""
    if not (run.can_ask and reads_like_a_warning(text)):
        return False
    question = "This reads like a warning. Show it as CAUTION at the top of every summary?"
    return bool(confirmed(folded(question)))


def ask_letter(run: App, question: str, letters: Sequence[str]) -> str:
    """Ask a question with the possible answers `letters`; return "" for any other answer. There must be a terminal."""
    answer = or_exit(typed(folded(question)))
    letter = answer.strip()[:1].casefold()
    return letter if letter in letters else ""


def pairs(run: App, conditions: list[str] | None, actions: list[str] | None) -> tuple[Contingency, ...]:
    """Pair each --if with its --then."""
    ifs, thens = conditions or [], actions or []
    if len(ifs) != len(thens):
        raise UsageProblem(
            f"There are {len(ifs)} --if and {len(thens)} --then.",
            try_='Give them in pairs: --if "no answer by 09:30" --then "call the vendor"',
        )
    both = zip(ifs, thens, strict=True)
    return tuple(Contingency(condition=run.text(condition), action=run.text(action)) for condition, action in both)


def read_password(run: App, question: str, *, from_stdin: bool) -> str:
    """Return a password from standard input, or typed twice at the terminal without echo."""
    if from_stdin:
        return _from_stdin(run)
    if not run.can_ask:
        raise UsageProblem("There is no terminal to ask for the password.", try_="Pipe it in, with --password-stdin.")
    password = or_exit(typed(question, hidden=True))
    if or_exit(typed("The same again", hidden=True)) != password:
        raise UsageProblem("Those were two different passwords.", try_="Nothing was changed. Repeat the command.")
    return password


def _from_stdin(run: App) -> str:
    if sys.stdin is not None and sys.stdin.isatty():
        raise UsageProblem("--password-stdin reads what is piped in.", try_="At a terminal, leave it out.")
    line, _, rest = run.read_stdin(_PASSWORD_LIMIT).partition(b"\n")
    try:
        password = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise BadInput("The password is not text in UTF-8.", try_="Pipe in one line of text.") from None
    if rest.strip() or not password:
        raise UsageProblem("The password must be one line.", try_="For example: pass show rflow | rflow …")
    return password
