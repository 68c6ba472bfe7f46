"""Phrases that every text format needs: parts of a progress put into words. They give text, which formats escape."""

from collections.abc import Callable
from datetime import datetime

from rflow.core.summary.progress import (
    Ahead,
    Digest,
    DigestEntry,
    FittedDigest,
    Header,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressNote,
    ProgressRemaining,
    ProgressRuledOut,
    ProgressTree,
    ProgressWaiting,
    Tried,
)
from rflow.core.text import byte_size, counted
from rflow.formats.environment import clock, duration, stamp
from rflow.formats.omissions import changes_heading, left_out, more_sessions, tried_heading

# The header


def title(session: Header | DigestEntry) -> str:
    """Name the session; where its beginning can't be read, it has no title."""
    return session.title or "Session without a title"


def facts(header: Header | DigestEntry) -> str:
    """Name the code, ticket, customer and severity."""
    named = [header.code]
    named += [f"ticket {header.ticket}"] if header.ticket else []
    named += [f"customer {header.customer}"] if header.customer else []
    return " · ".join(part for part in [*named, f"severity {header.severity or 'not recorded'}"] if part)


def status(header: Header | DigestEntry) -> str:
    """Say whose the session is, and whether it is open."""
    owner = header.owner or "not known"
    if header.status == "handed_off":
        return f"handed off by {header.handed_off_by} to {owner}, not accepted yet"
    if isinstance(header, Header) and header.outcome:
        return f"closed as {header.outcome}, owner {owner}"
    return f"{header.status}, owner {owner}"


def as_of(header: Header) -> str:
    """Say what moment the summary shows, and how long the work took up to then."""
    told = f"as of {stamp(header.as_of)}"
    if not header.elapsed:
        return told
    took = duration(header.elapsed)
    return f"{told} · {f'closed after {took}' if header.status == 'closed' else f'{took} since the start'}"


def moment(at: datetime, header: Header) -> str:
    """Tell a time: its day and offset only where they are not those of the moment that the header names."""
    if at.utcoffset() != header.as_of.utcoffset():
        return stamp(at)
    return clock(at) if at.date() == header.as_of.date() else f"{at.date()} {clock(at)}"


def _when(entry: Tried | ProgressNote | ProgressChange | ProgressEvidence, header: Header) -> list[str]:
    """Say when something was, and who it was if not the owner."""
    by = [] if entry.by in ("", header.owner) else [entry.by]
    return [moment(entry.at, header), *by] if entry.at else by


def _with(text: str, details: list[str]) -> str:
    """Give a text with details in brackets."""
    return f"{text} ({', '.join(details)})" if details else text


# Where it stands


def place_label(progress: Progress) -> str:
    """Name the place; without an ask it says what the reader is wanted for."""
    if progress.session.status == "closed":
        return "Ended at"
    at_an_end = progress.position is not None and progress.position.kind == "end"
    return "Where it stands" if progress.ask or at_an_end else "Stuck at"


def place(progress: Progress) -> str:
    """Say where the session stands and how far that is from an end: "" outside of a tree."""
    here = progress.position
    if here is None:
        return ""
    kind = {"decision": "", "action": "to do", "end": "end of the tree"}[here.kind]
    return _with(here.text, [part for part in (kind, steps_left(progress.remaining)) if part])


def choices(progress: Progress) -> str:
    """List the answers to choose from: "" where there are none, or where none will be chosen any more."""
    here = progress.position
    return " · ".join(here.choices) if here and progress.session.status != "closed" else ""


def steps_left(remaining: ProgressRemaining | None) -> str:
    """Say how many steps remain: "" at an end, or where the tree is not known."""
    if remaining is None or remaining.fewest == 0:
        return ""
    if remaining.fewest is None:
        return "no end can be reached from here"
    if remaining.loops:
        return f"at least {counted(remaining.fewest, 'step')} to an end, loops ahead"
    if remaining.most == remaining.fewest:
        return f"{counted(remaining.fewest, 'step')} to an end"
    return f"{remaining.fewest} to {remaining.most} steps to an end"


def way(line: Ahead) -> str:
    """Name a way ahead: the choice and where it leads, whether that is an end, and "…" where more lies behind it."""
    told = f"{line.label}: {line.text}" if line.label else line.text
    more = " …" if line.cut else " (see above)" if line.repeated else " (end)" if line.kind == "end" else ""
    return told + more


# What was tried


def runs(tried: tuple[Tried, ...]) -> list[tuple[Tried, int]]:
    """Give each step with the number of gaps in the numbering before it: a list in Markdown can't have any."""
    gap = 0
    found = []
    for before, step in zip((None, *tried), tried, strict=False):
        gap += before is not None and step.number != before.number + 1
        found.append((step, gap))
    return found


def step(tried: Tried, header: Header) -> str:
    """Name a step, what came of it, when it was, and who it was but the owner."""
    text = f"Went on in another tree: {tried.text}" if tried.kind == "tree" else tried.text
    came = _outcome(tried)
    return _with(f"{text} → {came}" if came else text, _when(tried, header))


def _outcome(tried: Tried) -> str:
    """Say what came of a step, behind what marks it."""
    marks = [mark for mark in ("undone", "skipped", "assumed") if getattr(tried, mark)]
    told = [tried.result] if tried.result else []
    told += [f"reason: {tried.reason}" if tried.assumed else tried.reason] if tried.reason else []
    return ": ".join(part for part in (", ".join(marks), "; ".join(told)) if part)


def nothing_tried(progress: Progress) -> str:
    """Say that no step was tried."""
    return "Nothing new." if progress.since else "Nothing yet."


def deciding(answer: ProgressRuledOut, tried: tuple[Tried, ...]) -> str:
    """Name the answer that ruled something out: by the number of its step, by its question where that is not shown."""
    steps = [step for step in tried if step.text == answer.question and step.result == answer.answer]
    steps = [step for step in steps if step.kind == "choice" and not step.undone]
    place = f"in step {steps[-1].number}" if steps else f"to “{answer.question}”"
    by = f"“{answer.answer}” {place}"
    return f"{by}, only assumed, so unconfirmed:" if answer.unconfirmed else f"{by}:"


# What surrounds the work


def change(entry: ProgressChange, header: Header) -> str:
    """Name a change left in place, when it was made, and how to take it back."""
    revert = f"to revert: {entry.revert}" if entry.revert else "how to revert it is not recorded"
    return f"{_with(entry.text, _when(entry, header))} — {revert}"


def waiting(part: ProgressWaiting | None) -> str:
    """Say what is waited for, and until when: "" for nothing."""
    if part is None:
        return ""
    told = [f"for {part.text}"] if part.text else []
    return " ".join([*told, *([f"until {stamp(part.until)}"] if part.until else [])])


def evidence(piece: ProgressEvidence, header: Header) -> str:
    """Name a piece of evidence: its label, how it ended, where and when, and how much of it is not shown."""
    took = f" after {duration(piece.duration)}" if piece.duration is not None and piece.duration >= 1 else ""
    ended = [_ended(piece.exit_code) + took] if piece.exit_code is not None else []
    where = [f"on {piece.host}"] if piece.host else []
    hidden = [f"{counted(piece.left_out, 'line')} left out"] if piece.left_out else []
    if not piece.lines:
        hidden = [f"{byte_size(piece.bytes_total)}, not shown" if piece.bytes_total else "no output"]
    return _with(piece.label or piece.command, [*ended, *where, *_when(piece, header), *hidden])


def _ended(exit_code: int) -> str:
    return f"exit code {exit_code}" if exit_code >= 0 else f"ended by signal {-exit_code}"


def output(piece: ProgressEvidence) -> str:
    """Give the lines of a piece of evidence, behind its command where the label does not tell it."""
    command = [f"$ {piece.command}"] if piece.command and piece.label not in ("", piece.command) else []
    return "\n".join([*command, *piece.lines])


def note(entry: ProgressNote, header: Header) -> str:
    """Give a note behind when it was and who it was but the owner."""
    when = ", ".join(_when(entry, header))
    return f"{when}: {entry.text}" if when else entry.text


def hidden(told: Progress | Digest) -> str:
    """Say how many secrets were hidden: "" for none."""
    return counted(told.redacted, "value") if told.redacted else ""


def version(tree: ProgressTree | None) -> str:
    """Name the version of the tree: "" without one."""
    if tree is None:
        return ""
    return f"{tree.id}, version {tree.digest[:8]}{', a newer version exists' if tree.changed else ''}"


# The brief form: every word counts


def short_facts(header: Header) -> str:
    """Name ticket and customer, the owner, the status unless open, and the time, in few words."""
    severity = f"sev {header.severity}" if header.severity else None
    state = {"open": None, "closed": header.outcome, "handed_off": "handed off"}[header.status]
    named = [header.ticket or header.code, header.customer, severity, header.owner, state, stamp(header.as_of)]
    return ", ".join(part for part in named if part)


def short_place(progress: Progress) -> str:
    """Say where the session stands and how many steps remain, in few words."""
    remaining = progress.remaining
    if progress.position is None or remaining is None or not remaining.fewest:
        return progress.position.text if progress.position else ""
    most = "+" if remaining.most is None else f"–{remaining.most}" if remaining.most != remaining.fewest else ""
    return f"{progress.position.text} ({remaining.fewest}{most} to go)"


def short_step(tried: Tried) -> str:
    """Name a step and what came of it, in few words."""
    if tried.kind == "tree":
        return f"tree: {tried.text}"
    said = "skipped" if tried.skipped else tried.result
    said += " (assumed)" if tried.assumed else ""
    if not said:
        return tried.text
    return f"{tried.text} {said}" if tried.text.endswith("?") else f"{tried.text}: {said}"


def short_ruled_out(progress: Progress) -> str:
    """Name some of what is ruled out, and count the rest."""
    ends = [end for answer in progress.ruled_out for end in answer.ends]
    unconfirmed = any(answer.unconfirmed for answer in progress.ruled_out)
    more = [f"{len(ends) - 2} more"] if len(ends) > 2 else []
    return _with(" · ".join([*ends[-2:], *more]), ["partly assumed"] if unconfirmed else [])


# The digest


def digest_title(digest: Digest) -> str:
    """Say whose sessions a digest lists, and of what moment."""
    whose = f" of {digest.of}" if digest.of else ""
    sessions = len(digest.sessions) + (digest.more if isinstance(digest, FittedDigest) else 0)
    number = counted(sessions, "open session") if sessions else "No open session"
    return f"{number}{whose} as of {stamp(digest.as_of)}"


def entry(session: DigestEntry, digest: Digest) -> list[str]:
    """Tell a session in a few lines; whose it is only where the title does not say so."""
    known = session.status == "open" and session.owner == digest.of
    state = [] if known else [status(session)]
    state += [f"waiting {waiting(session.waiting)}"] if session.waiting else []
    state += [f"{counted(session.changes, 'change')} left in place"] if session.changes else []
    lines = [facts(session), ", ".join(state)]
    lines += [f"Ask: {session.ask}"] if session.ask else []
    lines += [f"At: {session.position}"] if session.position else []
    tried = f"Tried {counted(session.steps, 'step')}{', last' if session.steps > 1 else ''}: {session.last}"
    lines += [_with(tried, [stamp(session.last_at)] if session.last_at else [])] if session.last else []
    return [line for line in lines if line]


_ALL: tuple[Callable[..., object], ...] = (
    *(title, facts, status, as_of, place_label, place, choices, steps_left, way, runs, step, tried_heading),
    *(nothing_tried, deciding, change, changes_heading, waiting, evidence, output, note, left_out, more_sessions),
    *(hidden, version),
    *(short_facts, short_place, short_step, short_ruled_out, digest_title, entry),
)
PHRASES = {phrase.__name__: phrase for phrase in _ALL}
"""What templates may call, by name."""
