"""The lines in which entries get their short forms: what each says now, and what was written in its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec.structs import replace

from rflow.cli.display.entries import word_for
from rflow.core.session.commands import ShortForm
from rflow.core.session.events import (
    AssumptionSettled,
    BriefSet,
    ChangeReverted,
    EntryAmended,
    Event,
    SessionStarted,
    covered_by,
)
from rflow.core.session.rules.access import keeps
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
# The hypothesis is called unconfirmed. Once it has been shown, empty its line, and say in a note's how that was shown.
"""
_MUST, _REST = (
    "# Shown wherever there is room: warnings, changes, waits, assumptions, pinned entries",
    "# Shown if they have a short form, the newest before others",
)
_AS_OF = "# As of entry {}."
_AS_OF_LINE = re.compile(r"# As of entry (\d{1,9})\.")
_REVERT = re.compile(r";\s*revert:\s*")
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
    all_of_it = keeps(session, me)
    entries = [entry for entry in _entries(session) if all_of_it or entry.by.id == me]
    groups = [f"{_HELP.format(all=BRIEF_WORDS, left=left)}{_AS_OF.format(session.version)}\n"]
    if all_of_it:
        now = _header(session)
        groups.append("".join(f"{name}: {now[name]}\n" for name in HEADER))
    shared = _shared(entries)
    covered = {seq for others in shared.values() for seq in others}
    for title, must in ((_MUST, True), (_REST, False)):
        lines = [
            f"{', '.join(map(str, (entry.seq, *shared.get(entry.seq, ()))))} {_word(entry)}: {_line(entry)}\n"
            for entry in entries
            if _is_key(session, entry) == must and entry.seq not in covered
        ]
        if lines:
            groups.append(f"{title}\n{''.join(lines)}")
    return "\n".join(groups)


def _shared(entries: Sequence[Shortened]) -> dict[int, list[int]]:
    """Return the entries that the short form of another one covers, by the number of that one."""
    shared: dict[int, list[int]] = {entry.seq: [] for entry in entries if entry.short and not covered_by(entry.short)}
    for entry in entries:
        if (head := covered_by(entry.short)) in shared:
            shared[head].append(entry.seq)
    return shared


class _Before:
    """What lines said when they were printed: one that still says so was not changed."""

    def __init__(self, session: Session, lines: str) -> None:
        printed = _AS_OF_LINE.search(lines)
        self._session = session
        self._version = int(printed[1]) if printed else session.version
        self._short: dict[int, dict[str, str]] = {}
        self._texts: dict[int, dict[str, str]] = {}
        self._header = dict.fromkeys(HEADER, "") if printed else _header(session)
        self.changed: set[int] = set()
        for event in session.adjustments.values():
            self._follow(event)

    def _follow(self, event: Event) -> None:
        match event.fact:
            case SessionStarted(title=title, brief=brief) | BriefSet(title=title, brief=brief):
                if event.seq <= self._version:
                    said = {"title": title} | {name: getattr(brief, name) for name in HEADER if name != "title"}
                    self._header |= {name: one_line(said[name]) for name in HEADER if said[name] is not None}
            case EntryAmended(target=target, texts=texts) as fact if fact.shortens:
                if event.seq <= self._version:
                    self._short.setdefault(target, {}).update(texts)
            case EntryAmended(target=target, texts=texts):
                self._change(event.seq, target, texts)
            case AssumptionSettled(target=target) | ChangeReverted(change=target):
                self._change(event.seq, target, {})
            case _:
                pass

    def _change(self, seq: int, target: int, texts: Mapping[str, str]) -> None:
        if seq > self._version:
            self.changed.add(target)
            return
        self._texts.setdefault(target, {}).update(texts)
        head = covered_by(self._short.get(target, {}).get("short", "")) or target
        together = [other for other, short in self._short.items() if short.get("short") == f"#{head}"]
        for gone in (target, *((head, *together) if together else ())):
            self._short.pop(gone, None)

    def is_header(self, name: Header, text: str) -> bool:
        """Whether the line of a fact says what it said when it was printed."""
        return text == self._header[name]

    def is_line(self, texts: Mapping[int, str], known: Mapping[int, Shortened]) -> bool:
        """Whether a line says of its entries what it said when it was printed."""
        return all(self._is_text(known[seq], text) for seq, text in texts.items())

    def _is_text(self, entry: Shortened, text: str) -> bool:
        if self._version >= self._session.version:
            return text in (_line(entry), entry.short)
        short = self._short.get(entry.seq, {})
        form = short.get("short", "")
        if covered_by(text):
            return text == form
        return text == _line(self._as_it_was(entry), form, short.get("short_revert", ""))

    def _as_it_was(self, entry: Shortened) -> Shortened:
        original = self._session.originals.get(entry.seq)
        if entry.seq not in self.changed or not isinstance(original, Step | Note | Change):
            return entry
        return replace(original, **self._texts.get(entry.seq, {}))


def written_in(session: Session, lines: str) -> Written:
    """Return what was changed in lines; raise `BadInput` for one that is for no entry or can't be taken."""
    known = {entry.seq: entry for entry in _entries(session)}
    before = _Before(session, lines)
    forms: dict[int, ShortForm] = {}
    header: dict[Header, str] = {}
    written_on: dict[str, int] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        text = one_line(line)
        if not text or (text.startswith("#") and not re.match(r"#\d", text)):
            continue
        text = text.removeprefix("#")
        if match := _HEADER_LINE.fullmatch(text):
            name: Header = match["name"]  # type: ignore[assignment]
            new = match["text"].strip()
            if not before.is_header(name, new):
                _check_once(f"the {name}", number, written_on)
                header |= {name: new} if new != _header(session)[name] else {}
            continue
        texts = _texts_in(text, number, known)
        for seq, short in () if before.is_line(texts, known) else texts.items():
            form = form_of(known[seq], short)
            if form is None and len(texts) == 1:
                continue
            _check_once(f"entry {seq}", number, written_on)
            if seq in before.changed:
                raise BadInput(f"Entry {seq} has changed since these lines were printed.", try_=_PRINT_AGAIN)
            forms |= {seq: form} if form else {}
    return Written(tuple(forms.values()), header)


_PRINT_AGAIN = "Nothing was recorded. Print them again: rflow shorten"


def _texts_in(text: str, number: int, known: Mapping[int, Shortened]) -> dict[int, str]:
    """Return what a line says of each entry: its text of the first, of the others that this one covers them."""
    match = _LINE.fullmatch(text)
    first, *others = map(int, re.findall(r"\d+", match["seq"])) if match else (0,)
    if match is None or any(seq not in known for seq in (first, *others)):
        raise BadInput(
            f'Line {number} is for no entry that has a short form: "{shorten(text, _QUOTED)}".',
            try_="Nothing was recorded. Begin a line with the number of an entry: "
            '"12: restarted web-2, no change" (see: rflow shorten)',
        )
    short = match["text"].strip()
    return dict.fromkeys(others, f"#{first}" if short else "") | {first: short}


def _check_once(name: str, number: int, written_on: dict[str, int]) -> None:
    """Refuse a second line that changes the same."""
    if name in written_on:
        raise BadInput(
            f"Lines {written_on[name]} and {number} both change {name}.",
            try_="Nothing was recorded. Leave one of them out, and give back the others.",
        )
    written_on[name] = number


def form_of(entry: Shortened, text: str) -> ShortForm | None:
    """Return the short form that a text gives an entry; the entry's own text or none gives that back."""
    text = text.strip()
    if text == _line(entry):
        return None
    revert = None
    if isinstance(entry, Change):
        text, separator, back = _apart(text)
        if separator and back != one_line(entry.short_revert or entry.revert):
            revert = "" if back == one_line(entry.revert) else back or None
        revert = "" if not text and entry.short_revert else revert
    short = "" if text == _full(entry) else text
    if short == entry.short and revert is None:
        return None
    return ShortForm(target=entry.seq, text=short, revert=revert)


def _apart(text: str) -> tuple[str, str, str]:
    """Return the text of a change, what separates it from the way to revert it, and that way."""
    found = list(_REVERT.finditer(text))
    if not found:
        return text, "", ""
    return text[: found[-1].start()].strip(), found[-1][0], text[found[-1].end() :].strip()


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


def _line(entry: Shortened, short: str | None = None, short_revert: str | None = None) -> str:
    """Return what the line of an entry says behind its number, with the short forms that it has or those given."""
    form = entry.short if short is None else short
    text = _full(entry) if covered_by(form) or not form else form
    if isinstance(entry, Change) and not entry.reverted:
        back = entry.short_revert if short_revert is None else short_revert
        return f"{text}; revert: {one_line(back or entry.revert)}"
    return text


def _full(entry: Shortened) -> str:
    """Return what an entry says, on one line."""
    match entry:
        case Step(text=text, result=result, reason=reason):
            return ": ".join(one_line(part) for part in (text, result or reason) if part)
        case Wait(waiting_for=text):
            return one_line(text)
        case Change(text=text, reverted_note=why) if why:
            return f"{one_line(text)}: {one_line(why)}"
        case _:
            return one_line(entry.text)


def _header(session: Session) -> dict[Header, str]:
    said = {"title": session.title} | {name: getattr(session.brief, name) or "" for name in HEADER if name != "title"}
    return {name: one_line(said[name]) for name in HEADER}
