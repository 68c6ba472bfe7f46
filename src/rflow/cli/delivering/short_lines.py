"""The lines in which entries get their short forms: what each says now, and what was written in its place."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NoReturn

import msgspec
from msgspec.structs import replace

from rflow.cli.display.entries import word_for
from rflow.core.session.commands import ShortForm
from rflow.core.session.events import (
    BriefSet,
    EntryAmended,
    EntryUndone,
    Event,
    SteppedBack,
    Stored,
    TextRedacted,
    covered_by,
)
from rflow.core.session.rules.access import keeps
from rflow.core.session.rules.adjust import touched_by
from rflow.core.session.state import Change, Note, Session, Step, Wait
from rflow.core.summary.budget.shares import BRIEF_WORDS
from rflow.core.text import one_line, shorten
from rflow.errors import BadInput

Header = Literal["title", "ask", "situation", "impact", "hypothesis"]
HEADER: tuple[Header, ...] = ("title", "ask", "situation", "impact", "hypothesis")
"""What a summary begins with, which has lines too."""
_HELP = """\
# A brief has {all} words, about {left} of them for the entries below. Shorten the lines that a colleague needs to take
# over without asking again. Since when, and who is hit? Who is to do what, by when? How far is the diagnosis, and how
# is it known? What did each attempt give, and what proves nothing? What is assumed? What must nobody do, and why? What
# is in place, and how is it reverted? What was reverted, and what came of it? Who is awaited until when, and what if
# they don't answer? What is left to do?
# Keep names, numbers, times and commands; drop filler: "restarted web-2: no change". "12, 15: …" is one line for two
# entries, in the place of the first (a change, warning or assumption only behind one of its kind; a wait never).
# A line left as it is changes nothing; one with nothing behind the colon gives the full text back.
# The hypothesis is called unconfirmed. Once it has been shown, empty its line, and say in that of a note how it was.
"""
_MUST, _REST = (
    "# Shown wherever there is room: warnings, changes, waits, assumptions, pinned entries",
    "# Shown if they have a short form, the newest before others",
)
_AS_OF = "# As of entry {}."
_AS_OF_LINE = re.compile(r"# As of entry (\d{1,9})\.")
_REVERT = re.compile(r";\s*revert:\s*")
_LINE = re.compile(
    r"(?P<seq>\d{1,9}(?:(?: *, *| and )#?\d{1,9})*)"
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


class Printed(msgspec.Struct, frozen=True):
    """Lines as they were printed, and what has been changed since; lines that are the same are skipped."""

    lines: frozenset[str]
    known: frozenset[int]
    changed: frozenset[int] = frozenset()
    header: frozenset[str] = frozenset()


def printed_at(lines: str) -> int:
    """Return the last event when lines were printed; 0 where they do not say."""
    found = _AS_OF_LINE.search(lines)
    return int(found[1]) if found else 0


def printed(session: Session, me: str, events: Iterable[Stored] = ()) -> Printed:
    """Return what lines said that were printed in the state `session`; `events` have happened since."""
    readers = {me, session.owner.id}
    lines = (one_line(line) for who in readers for line in short_lines(session, who, 0).splitlines())
    adjustments = dict(session.adjustments)
    changed: set[int] = set()
    header: set[str] = set()
    for event in events:
        if not isinstance(event, Event):
            continue
        adjustments[event.seq] = event
        changed.update(touched_by(event))
        match event.fact:
            case EntryUndone(target=target) | SteppedBack(undone=target) | TextRedacted(target=target):
                changed.update((target, *touched_by(adjustments.get(target, event))))
            case EntryAmended(target=target) as fact if fact.shortens and event.by.id != me:
                changed.add(target)
            case BriefSet(title=title, brief=brief) if event.by.id != me:
                said = {"title": title} | {name: getattr(brief, name) for name in HEADER if name != "title"}
                header.update(name for name, text in said.items() if text is not None)
            case _:
                pass
    known = frozenset(entry.seq for entry in _entries(session))
    return Printed(frozenset(lines), known, frozenset(changed), frozenset(header))


def written_in(session: Session, lines: str, before: Printed) -> Written:
    """Return what was changed in lines; raise `BadInput` for one that is for no entry or can't be taken."""
    known = {entry.seq: entry for entry in _entries(session)}
    shared = _shared(list(known.values()))
    forms: dict[int, ShortForm] = {}
    header: dict[Header, str] = {}
    written_on: dict[str, int] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        text = one_line(line)
        if not text or text in before.lines or (text.startswith("#") and not re.match(r"#\d", text)):
            continue
        text = text.removeprefix("#")
        if match := _HEADER_LINE.fullmatch(text):
            name: Header = match["name"]  # type: ignore[assignment]
            if (new := match["text"].strip()) != _header(session)[name]:
                _check_once(f"the {name}", number, written_on)
                if name in before.header:
                    _refuse_changed(f"The {name}")
                header[name] = new
            continue
        texts = _texts_in(text, number, known, before)
        first = next(iter(texts))
        given = _forms_of(texts, known)
        for seq in given:
            _check_once(f"entry {seq}", number, written_on)
            if seq in before.changed:
                _refuse_changed(f"Entry {seq}")
        forms |= given
        if left := set(shared.get(first, ())) - texts.keys() - forms.keys():
            forms.setdefault(first, ShortForm(target=first, text=known[first].short))
            forms |= {seq: ShortForm(target=seq, text="") for seq in left}
    return Written(tuple(forms.values()), header)


def _forms_of(texts: Mapping[int, str], known: Mapping[int, Shortened]) -> dict[int, ShortForm]:
    """Return the short forms that a line gives; of a line for several all of them, if it changes any."""
    forms = {seq: form for seq, text in texts.items() if (form := form_of(known[seq], text))}
    if len(texts) == 1 or not forms:
        return forms
    first, *others = texts
    head, text = known[first], texts[first]
    form = forms.get(first) or ShortForm(target=first, text=text)
    shown = _split(text, head)[0] if isinstance(head, Change) else text  # the text of one of them may say it all
    forms[first] = replace(form, text=shown)
    return {first: forms[first]} | {seq: forms.get(seq) or ShortForm(target=seq, text=texts[seq]) for seq in others}


def _refuse_changed(what: str) -> NoReturn:
    raise BadInput(f"{what} has changed since these lines were printed.", try_=_PRINT_AGAIN)


_PRINT_AGAIN = "Nothing was recorded. Print them again: rflow shorten"


def _texts_in(text: str, number: int, known: Mapping[int, Shortened], before: Printed) -> dict[int, str]:
    """Return what a line says of each entry: its text of the first, of the others that this one covers them."""
    match = _LINE.fullmatch(text)
    first, *others = map(int, re.findall(r"\d+", match["seq"])) if match else (0,)
    gone = [seq for seq in (first, *others) if seq not in known]
    if match is not None and gone and before.known.issuperset(gone):
        raise BadInput(f"Entry {gone[0]} is over or was taken back since these lines were printed.", try_=_PRINT_AGAIN)
    if match is None or gone:
        raise BadInput(
            f'Line {number} is for no entry that has a short form: "{shorten(text, _QUOTED)}".',
            try_="Nothing was recorded. Begin a line with the number of an entry: "
            '"12: restarted web-2, no change" (see: rflow shorten)',
        )
    short = match["text"].strip()
    return {first: short} | {seq: f"#{first}" if short else "" for seq in others if seq != first}


def _check_once(name: str, number: int, written_on: dict[str, int]) -> None:
    """Refuse a second line that changes the same."""
    if name in written_on:
        raise BadInput(
            f"Lines {written_on[name]} and {number} both change {name}.",
            try_="Nothing was recorded. Leave one of them out, and give back the others.",
        )
    written_on[name] = number


def form_of(entry: Shortened, text: str) -> ShortForm | None:
    """Return the short form that a text gives an entry, None if it changes nothing.

    The entry's own text, or none, gives the full text back.
    """
    text = one_line(text)
    if text == _line(entry) and not covered_by(entry.short):
        return None
    revert = None
    if isinstance(entry, Change):
        text, back = _split(text, entry)
        if back is not None:
            revert = "" if back in ("", one_line(entry.revert)) else back
        revert = "" if not text and entry.short_revert else revert
    short = "" if text == _full(entry) else text
    if short == entry.short and revert in (None, entry.short_revert if isinstance(entry, Change) else None):
        return None
    return ShortForm(target=entry.seq, text=short, revert=revert)


def _split(text: str, entry: Change) -> tuple[str, str | None]:
    """Return the text of a change, and the way to revert it that is written behind it; None where there is none."""
    for back in (entry.short_revert, entry.revert):
        if back and text.endswith(end := f"; revert: {one_line(back)}"):
            return text.removesuffix(end).strip(), one_line(back)
    found = list(_REVERT.finditer(f"; {text}" if text.startswith("revert:") else text))
    if not found:
        return text, None
    return text[: found[-1].start()].strip(), text[found[-1].end() :].strip()


def shortened_entry(session: Session, seq: int) -> Shortened | None:
    """Return the valid entry of that number, if it may have a short form."""
    return next((entry for entry in _entries(session) if entry.seq == seq), None)


def _entries(session: Session) -> Iterator[Shortened]:
    steps = (step for step in session.steps.values() if step.kind != "tree" and step.settled is None)
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


def _line(entry: Shortened) -> str:
    """Return what the line of an entry says behind its number."""
    text = _full(entry) if covered_by(entry.short) or not entry.short else entry.short
    if isinstance(entry, Change) and not entry.reverted:
        return f"{text}; revert: {one_line(entry.short_revert or entry.revert)}"
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
