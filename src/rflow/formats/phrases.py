"""Phrases for every format: parts of a progress in words. They return plain text, which formats escape."""

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
    Summary,
    Tried,
)
from rflow.core.text import byte_size, counted
from rflow.formats.environment import clock, duration, stamp
from rflow.formats.omissions import changes_heading, left_out, more_sessions, tried_heading

# The header


def title(session: Header | DigestEntry) -> str:
    """Return the title of a session; a session whose beginning can't be read has none."""
    return session.title or "Session without a title"


def facts(header: Header | DigestEntry) -> str:
    """Return the code, ticket, customer and severity."""
    named = [header.code]
    named += [f"ticket {header.ticket}"] if header.ticket else []
    named += [f"customer {header.customer}"] if header.customer else []
    return " · ".join(part for part in [*named, f"severity {header.severity or 'not recorded'}"] if part)


def status(header: Header | DigestEntry) -> str:
    """Return whether the session is open, and who owns it."""
    owner = header.owner or "not known"
    if header.status == "handed_off":
        return f"handed off by {header.handed_off_by} to {owner}, not accepted yet"
    if isinstance(header, Header) and header.outcome:
        return f"closed as {header.outcome}, owner {owner}"
    return f"{header.status}, owner {owner}"


def as_of(header: Header) -> str:
    """Return the time of the summary, and how long the work took until then."""
    at = f"as of {stamp(header.as_of)}"
    if not header.elapsed:
        return at
    took = duration(header.elapsed)
    return f"{at} · {f'closed after {took}' if header.status == 'closed' else f'{took} since the start'}"


def moment(at: datetime, header: Header) -> str:
    """Return a time, with its day and offset only where they differ from those of the summary."""
    if at.utcoffset() != header.as_of.utcoffset():
        return stamp(at)
    return clock(at) if at.date() == header.as_of.date() else f"{at.date()} {clock(at)}"


def _when(entry: Tried | ProgressNote | ProgressChange | ProgressEvidence, header: Header) -> list[str]:
    """Return when something happened, and who did it if not the owner."""
    by = [] if entry.by in ("", header.owner) else [entry.by]
    return [moment(entry.at, header), *by] if entry.at else by


def _with(text: str, details: list[str]) -> str:
    """Return a text with details in brackets."""
    return f"{text} ({', '.join(details)})" if details else text


# Where it stands


def place_label(progress: Progress) -> str:
    """Return the label of the position; without an ask it says what the reader is needed for."""
    if progress.session.status == "closed":
        return "Ended at"
    at_an_end = progress.position is not None and progress.position.kind == "end"
    return "Where it stands" if progress.ask or at_an_end else "Stuck at"


def place(progress: Progress) -> str:
    """Return the position and how far it is from an end; "" outside of a tree."""
    here = progress.position
    if here is None:
        return ""
    kind = {"decision": "", "action": "to do", "end": "end of the tree"}[here.kind]
    return _with(here.text, [part for part in (kind, steps_left(progress.remaining)) if part])


def choices(progress: Progress) -> str:
    """Return the answers to choose from; "" if there are none, or the session is closed."""
    here = progress.position
    return " · ".join(here.choices) if here and progress.session.status != "closed" else ""


def steps_left(remaining: ProgressRemaining | None) -> str:
    """Return how many steps remain; "" at an end, or if the tree is not known."""
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
    """Return a line of what lies ahead: the choice and where it leads; "…" means that more follows."""
    text = f"{line.label}: {line.text}" if line.label else line.text
    more = " …" if line.cut else " (see above)" if line.repeated else " (end)" if line.kind == "end" else ""
    return text + more


# What was tried


def runs(tried: tuple[Tried, ...]) -> list[tuple[Tried, int]]:
    """Return each step with the number of gaps in the numbering before it: a list in Markdown can't have gaps."""
    gap = 0
    numbered = []
    for before, step in zip((None, *tried), tried, strict=False):
        gap += before is not None and step.number != before.number + 1
        numbered.append((step, gap))
    return numbered


def step(tried: Tried, header: Header) -> str:
    """Return a step with its result, when it was, and who did it if not the owner."""
    text = f"Went on in another tree: {tried.text}" if tried.kind == "tree" else tried.text
    result = _outcome(tried)
    return _with(f"{text} → {result}" if result else text, _when(tried, header))


def _outcome(tried: Tried) -> str:
    """Return the result of a step, after its marks."""
    marks = [mark for mark in ("undone", "skipped", "assumed") if getattr(tried, mark)]
    texts = [tried.result] if tried.result else []
    texts += [f"reason: {tried.reason}" if tried.assumed else tried.reason] if tried.reason else []
    return ": ".join(part for part in (", ".join(marks), "; ".join(texts)) if part)


def nothing_tried(progress: Progress) -> str:
    """Return that no step was tried."""
    return "Nothing new." if progress.since else "Nothing yet."


def deciding(answer: ProgressRuledOut, tried: tuple[Tried, ...]) -> str:
    """Return the answer that ruled something out, with the number of its step, or its question if that is not shown."""
    steps = [step for step in tried if step.text == answer.question and step.result == answer.answer]
    steps = [step for step in steps if step.kind == "choice" and not step.undone]
    place = f"in step {steps[-1].number}" if steps else f"to “{answer.question}”"
    by = f"“{answer.answer}” {place}"
    return f"{by}, only assumed, so unconfirmed:" if answer.unconfirmed else f"{by}:"


# Changes, evidence, notes


def change(entry: ProgressChange, header: Header) -> str:
    """Return a change left in place, when it was made, and how to revert it."""
    revert = f"to revert: {entry.revert}" if entry.revert else "how to revert it is not recorded"
    return f"{_with(entry.text, _when(entry, header))} — {revert}"


def waiting(part: ProgressWaiting | None) -> str:
    """Return what the session waits for, and until when; "" for nothing."""
    if part is None:
        return ""
    text = [f"for {part.text}"] if part.text else []
    return " ".join([*text, *([f"until {stamp(part.until)}"] if part.until else [])])


def evidence(piece: ProgressEvidence, header: Header) -> str:
    """Return a piece of evidence: its label, how it ended, where and when, and how much of it is not shown."""
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
    """Return the output of a piece of evidence, after its command if that is not the label."""
    command = [f"$ {piece.command}"] if piece.command and piece.label not in ("", piece.command) else []
    return "\n".join([*command, *piece.lines])


def note(entry: ProgressNote, header: Header) -> str:
    """Return a note after its time, and its author if not the owner."""
    when = ", ".join(_when(entry, header))
    return f"{when}: {entry.text}" if when else entry.text


def hidden(summary: Summary) -> str:
    """Return how many values were redacted; "" for none."""
    return counted(summary.redacted, "value") if summary.redacted else ""


def version(tree: ProgressTree | None) -> str:
    """Return the version of the tree; "" without one."""
    if tree is None:
        return ""
    return f"{tree.id}, version {tree.digest[:8]}{', a newer version exists' if tree.changed else ''}"


# The brief form: every word counts


def short_facts(header: Header) -> str:
    """Return ticket, customer, owner, the status unless open, and the time, in few words."""
    severity = f"sev {header.severity}" if header.severity else None
    state = {"open": None, "closed": header.outcome, "handed_off": "handed off"}[header.status]
    named = [header.ticket or header.code, header.customer, severity, header.owner, state, stamp(header.as_of)]
    return ", ".join(part for part in named if part)


def short_place(progress: Progress) -> str:
    """Return the position and how many steps remain, in few words."""
    remaining = progress.remaining
    if progress.position is None or remaining is None or not remaining.fewest:
        return progress.position.text if progress.position else ""
    most = "+" if remaining.most is None else f"–{remaining.most}" if remaining.most != remaining.fewest else ""
    return f"{progress.position.text} ({remaining.fewest}{most} to go)"


def short_step(tried: Tried) -> str:
    """Return a step and its result, in few words."""
    if tried.kind == "tree":
        return f"tree: {tried.text}"
    result = "skipped" if tried.skipped else tried.result
    result += " (assumed)" if tried.assumed else ""
    if not result:
        return tried.text
    return f"{tried.text} {result}" if tried.text.endswith("?") else f"{tried.text}: {result}"


def short_ruled_out(progress: Progress) -> str:
    """Return the last of what is ruled out, and the number of the rest."""
    ends = [end for answer in progress.ruled_out for end in answer.ends]
    unconfirmed = any(answer.unconfirmed for answer in progress.ruled_out)
    more = [f"{len(ends) - 2} more"] if len(ends) > 2 else []
    return _with(" · ".join([*ends[-2:], *more]), ["partly assumed"] if unconfirmed else [])


# The digest


def digest_title(digest: Digest) -> str:
    """Return whose sessions a digest lists, and of which time."""
    whose = f" of {digest.of}" if digest.of else ""
    sessions = len(digest.sessions) + (digest.more if isinstance(digest, FittedDigest) else 0)
    number = counted(sessions, "open session") if sessions else "No open session"
    return f"{number}{whose} as of {stamp(digest.as_of)}"


def entry(session: DigestEntry, digest: Digest) -> list[str]:
    """Return a session in a few lines, with its owner only if the title does not name them."""
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
"""The functions that templates may call, by name; templates of users rely on these names."""
