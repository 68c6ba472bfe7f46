"""What people type or pipe in, beyond options: texts from standard input, short questions at a terminal."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rflow.cli.app import App, whose
from rflow.cli.ask import confirmed, or_end, typed
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
"""The characters of a text typed without quotes that a confirmation repeats."""
_DIGITS = 12
"""A number of an entry has no more digits."""
_LONG_WORD = 60
"""Characters of a word that count as one."""
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
    """Return a text that was typed as several words, or in quotes as one of them."""
    return run.text(" ".join(words or ()))


def one_of(text: str, option: str, name: str) -> str:
    """Return a text that is either an argument or the value of the option `name`; both are a mistake."""
    if text and option:
        what = f'There are two texts: "{shorten(text, 60)}", and "{shorten(option, 60)}" with {name}.'
        raise UsageProblem(what, try_='Write it once, in quotes: "…"')
    return text or option


def is_number(word: str) -> bool:
    """Whether a word can be the number of an entry."""
    return word.isascii() and word.isdecimal() and len(word) <= _DIGITS


def is_stdin(words: Sequence[str]) -> bool:
    """Whether a text is "-": it is read from standard input."""
    return list(words) == ["-"]


def acknowledged(words: Sequence[str], text: str) -> str:
    """Return how an acknowledgement ends: with the text, if it had no quotes; in full, if rflow waited for it."""
    if not is_stdin(words):
        return f': "{shorten(text, _REPEATED)}".' if len(words) > 1 else "."
    lines = "".join(f"\n    {line}" for line in text.rstrip().splitlines())
    return f", {counted(len(text.rstrip().splitlines()), 'line')}:{lines}"


def text_or_stdin(run: App, words: Sequence[str]) -> str:
    """Return the text, or what standard input holds if the text is "-"."""
    if not is_stdin(words):
        return joined(run, words)
    data = run.read_stdin(NOTE_LIMIT)
    read = data.decode("utf-8", "replace")
    if len(data) <= NOTE_LIMIT and "\ufffd" in read and "\ufffd".encode() not in data:
        run.say("Warning: the text is not all UTF-8; what could not be read is kept as \N{REPLACEMENT CHARACTER}.")
    return read


def reads_like_a_warning(text: str) -> bool:
    """Whether a note begins as a prohibition does ("Do NOT reboot …"), and is short enough to be a warning."""
    return bool(re.match(_WARNS, text)) and len(text.split()) <= WORD_LIMIT


def may_be_cut(text: str, most: int) -> bool:
    """Whether a text may have more than `most` words as a summary counts them, without loading how it does."""
    return not text.isascii() or len(text.split()) + len(text) // _LONG_WORD > most


def way_back_in(text: str) -> tuple[str, str]:
    """Return a change and how to revert it, where the text says both: "pool 50, revert: pool 500"; else "" for that."""
    parts = re.split(_WAY_BACK, text.strip())
    if len(parts) != len(("change", "way back")) or not all(parts) or _is_quoted(*parts):
        return text, ""
    change, back = parts
    return change, back.removesuffix(")") if back.count(")") > back.count("(") else back


def _is_quoted(before: str, after: str) -> bool:
    """Whether what stands between two parts of a text is in quotes: these begin in the first and end in the second."""
    before = re.sub(r"(?<=\w)['’](?=\w)", "", before)  # didn't
    return any(
        end in after and (before.count(begin) % 2 if begin == end else before.count(begin) > before.count(end))
        for begin, end in _QUOTES
    )


def say_change(run: App, outcome: "Outcome", text: str) -> None:
    """Say how a change is recorded, where a step or a note of the session's owner names a way back."""
    if not re.search(r"(?i)revert|undo|roll ?back|way back", text) or not way_back_in(text)[1]:
        return
    if outcome.events and not whose(outcome):
        begin = run.begin(outcome.session)
        run.say(f'If this changed the system: {begin} undo, then {begin} change "…" --revert "…"')


def wants_warning(run: App, text: str) -> bool:
    """Ask whether a note that reads like a warning is one; Enter and Ctrl-C leave it a note."""
    if not (run.can_ask and reads_like_a_warning(text)):
        return False
    question = "This reads like a warning. Show it as CAUTION at the top of every summary?"
    return bool(confirmed(folded(question)))


def ask_letter(run: App, question: str, letters: Sequence[str]) -> str:
    """Ask a question that is answered with one of `letters`; "" for any other answer. There must be a terminal."""
    said = or_end(typed(folded(question)))
    letter = said.strip()[:1].casefold()
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
    """Return a password: the first line of standard input, or what is typed twice at a terminal, unseen."""
    if from_stdin:
        return _from_stdin(run)
    if not run.can_ask:
        raise UsageProblem("There is no terminal to ask for the password.", try_="Pipe it in, with --password-stdin.")
    password = or_end(typed(question, hidden=True))
    if or_end(typed("The same again", hidden=True)) != password:
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
