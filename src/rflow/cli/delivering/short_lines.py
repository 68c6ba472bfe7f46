"""The lines in which entries get their short forms: what each says now, and what was written in its place."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from rflow.cli.display.entries import word_for
from rflow.core.session.commands import ShortForm
from rflow.core.session.rules.access import hands_over
from rflow.core.session.state import Change, Note, Session, Step, Wait
from rflow.core.summary.budget.shares import BRIEF_WORDS
from rflow.core.text import one_line, shorten
from rflow.errors import BadInput

Header = Literal["title", "ask", "situation", "impact", "hypothesis"]
HEADER: tuple[Header, ...] = ("title", "ask", "situation", "impact", "hypothesis")
"""What a summary begins with, which has lines too."""
_HELP = """\
# A brief has {all} words, some {left} of them for the entries below. Shorten the lines that a colleague needs to take
# over without asking again. Since when, and who is hit? Who shall do what, by when? How far is the diagnosis, and how
# is it known? What did each attempt give, and what proves nothing? What is assumed? What must nobody do, and why? What
# is in place, and how is it reverted? What was reverted, and what came of it? Who is awaited until when, and what if
# they don't answer? What is left to do?
# Keep names, numbers, times and commands; drop filler: "restarted web-2: no change". "12, 15: …" is one line for two
# entries, in the place of the first (a change, a warning, a wait or an assumption only with another one).
# A line left as it is changes nothing; one with nothing behind the colon gives the full text back.
"""
_MUST, _REST = (
    "# Shown wherever there is room: warnings, changes, waits, assumptions, pinned entries",
    "# Shown if they have a short form, the newest first",
)
_REVERT = "; revert: "
_LINE = re.compile(
    r"(?P<seq>\d+(?:(?: *, *| and )#?\d+)*)"
    r"(?: (?:step|answer|action|skipped action|note|warning|assumption|change|reverted change|wait))?"
    r" *:(?P<text>.*)"
)
_HEADER_LINE = re.compile(rf"(?P<name>{'|'.join(HEADER)}) *:(?P<text>.*)")
_QUOTED = 40

Shortened = Step | Note | Change | Wait


class Written(msgspec.Struct, frozen=True):
    """What lines changed: short forms, and what a summary begins with."""

    forms: tuple[ShortForm, ...]
    header: Mapping[Header, str]


def short_lines(session: Session, me: str, left: int) -> str:
    """Return the lines of all entries that `me` may shorten; a brief has some `left` words for them."""
    all_of_it = session.owner.id == me or hands_over(session, me)
    entries = [entry for entry in _entries(session) if all_of_it or entry.by.id == me]
    groups = [_HELP.format(all=BRIEF_WORDS, left=left)]
    if all_of_it:
        said = _header(session)
        groups.append("".join(f"{name}: {said[name]}\n" for name in HEADER))
    for title, must in ((_MUST, True), (_REST, False)):
        lines = [f"{entry.seq} {_word(entry)}: {_now(entry)}\n" for entry in entries if _is_key(session, entry) == must]
        if lines:
            groups.append(f"{title}\n{''.join(lines)}")
    return "\n".join(groups)


def written_in(session: Session, lines: str) -> Written:
    """Return what was written in lines, but for what is so already; raise `BadInput` for one that says of no entry."""
    known = {entry.seq: entry for entry in _entries(session)}
    forms: dict[int, ShortForm] = {}
    written_on: dict[int, int] = {}
    header: dict[Header, str] = {}
    said = _header(session)
    for number, line in enumerate(lines.splitlines(), 1):
        text = one_line(line)
        if not text or (text.startswith("#") and not re.match(r"#\d", text)):
            continue
        text = text.removeprefix("#")
        if match := _HEADER_LINE.fullmatch(text):
            name: Header = match["name"]  # type: ignore[assignment]
            if (new := match["text"].strip()) != said[name]:
                header[name] = new
            continue
        match = _LINE.fullmatch(text)
        first, *others = map(int, re.findall(r"\d+", match["seq"])) if match else (0,)
        if match is None or any(seq not in known for seq in (first, *others)):
            raise BadInput(
                f'Line {number} is for no entry that has a short form: "{shorten(text, _QUOTED)}".',
                try_="Nothing was recorded. Begin a line with the number of an entry: "
                '"12: restarted web-2, no change" (see: rflow shorten)',
            )
        given = {first: match["text"].strip()} | dict.fromkeys(others, f"#{first}")
        for seq, short in given.items():
            form = form_of(known[seq], short)
            if form is not None or others:
                _check_once(seq, number, written_on)
            if form is not None:
                forms[seq] = form
    return Written(tuple(forms.values()), header)


def _check_once(seq: int, number: int, written_on: dict[int, int]) -> None:
    """Refuse a second line that changes an entry, or is one for it and others."""
    if seq in written_on:
        raise BadInput(
            f"Lines {written_on[seq]} and {number} both change entry {seq}.",
            try_="Nothing was recorded. Leave one of them out, and give back the others.",
        )
    written_on[seq] = number


def form_of(entry: Shortened, text: str) -> ShortForm | None:
    """Return the short form that a text gives an entry; the entry's own text or none gives it back."""
    revert = None
    if isinstance(entry, Change):
        text, separator, back = text.rpartition(_REVERT) if _REVERT in text else (text, "", "")
        known = (one_line(entry.short_revert), one_line(entry.revert))
        revert = back.strip() if separator and back.strip() not in known else None
        revert = "" if not text.strip() and entry.short_revert else revert
    short = "" if text.strip() == _full(entry) else text.strip()
    if short == entry.short and revert is None:
        return None
    return ShortForm(target=entry.seq, text=short, revert=revert)


def shortened_entry(session: Session, seq: int) -> Shortened | None:
    """Return the valid entry of that number, if it may have a short form."""
    return next((entry for entry in _entries(session) if entry.seq == seq), None)


def _entries(session: Session) -> Iterator[Shortened]:
    steps = (step for step in session.steps.values() if step.kind != "tree")
    notes = (note for note in session.notes.values() if note.kind == "note" or note.settled is None)
    entries: list[Shortened] = [*steps, *notes, *session.changes.values(), *session.waits.values()]
    yield from sorted((entry for entry in entries if not entry.undone), key=lambda entry: entry.seq)


def _word(entry: Shortened) -> str:
    if isinstance(entry, Wait):
        return "wait"
    return "reverted change" if isinstance(entry, Change) and entry.reverted else word_for(entry)


def _is_key(session: Session, entry: Shortened) -> bool:
    """Whether a brief shows an entry wherever there is room."""
    marked = isinstance(entry, Note) and entry.kind != "note"
    assumed = isinstance(entry, Step) and entry.assumed and entry.settled is None
    return marked or assumed or isinstance(entry, Change | Wait) or entry.seq in session.pins


def _now(entry: Shortened) -> str:
    text = entry.short or _full(entry)
    if isinstance(entry, Change):
        return f"{text}{_REVERT}{one_line(entry.short_revert or entry.revert)}"
    return text


def _full(entry: Shortened) -> str:
    """Return what an entry says, on one line."""
    match entry:
        case Step(text=text, result=result, reason=reason):
            return ": ".join(one_line(part) for part in (text, result or reason) if part)
        case Wait(waiting_for=text):
            return one_line(text)
        case _:
            return one_line(entry.text)


def _header(session: Session) -> dict[Header, str]:
    said = {"title": session.title} | {name: getattr(session.brief, name) or "" for name in HEADER if name != "title"}
    return {name: one_line(said[name]) for name in HEADER}
