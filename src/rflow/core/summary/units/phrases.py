"""The wording of entries, the same in every format."""

import re
from collections.abc import Sequence
from datetime import datetime

from rflow.core.session.events import LONGEST_REVERT
from rflow.core.summary.progress import (
    Handover,
    Header,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressNote,
    ProgressPlace,
    ProgressRemaining,
    Tried,
)
from rflow.core.summary.units.outputs import telling_line
from rflow.core.summary.units.times import moment, span, stamp, stamp_since
from rflow.core.text import byte_size, one_line

_OWNER_CHANGES = ("handed off", "accepted", "took over", "reassigned")
_FEW = 3
SHORT_ANSWER = 4
"""An answer of at most so many letters, such as "no", means nothing without its question."""
_SEVERITY = r"(?i)^sev(?:erity)?(?:[\s:.-]+|(?=\d))"
"""A prefix that people type before a severity, which is always shown as "sev 2"."""
NOTHING = "nothing"
"""The entry under changes in place if every change was reverted."""


def joined(what: str, result: str) -> str:
    """Return what was done, followed by its result."""
    if not (what and result):
        return what or result
    between = " " if what.endswith(("?", ":")) else ": "
    return f"{re.sub(r'(?<=[^.])[.]$', '', what)}{between}{result}"


def with_details(text: str, *details: str) -> str:
    """Return a text with details in brackets, if there are any."""
    named = ", ".join(detail for detail in details if detail)
    return f"{text} ({named})".lstrip() if named else text


def sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends with punctuation already."""
    return text if text.endswith((".", "!", "?", "…", ";", ":", "。")) else f"{text}."


def header_line(progress: Progress) -> str:
    """Return the line below the title: code, ticket, customer, severity, owner, status, time.

    In the brief form, which shows few entries with times, the time includes when the session began.
    """
    head = progress.session
    severity = head.severity or ""
    if severity.lower().startswith("sev"):
        severity = re.sub(_SEVERITY, "", severity)
    code = head.code if not (progress.brief and head.ticket) else ""
    named = [
        code,
        head.ticket,
        head.customer,
        severity and f"sev {severity}",
        _owner(progress),
        stamp_since(head.started_at, head.as_of) if progress.brief else f"as of {stamp(head.as_of)}",
    ]
    return ", ".join(part for part in named if part)


def said_first(progress: Progress) -> str:
    """Return the texts that come before the key facts: the title, the ask, the situation and the impact."""
    texts = (progress.session.title, progress.ask, progress.situation, progress.impact)
    return " ".join(text for text in texts if text)


def _owner(progress: Progress) -> str:
    head = progress.session
    owner = head.owner or "not known"
    if head.status == "handed_off":
        return f"handed off by {head.handed_off_by} to {owner}, not accepted yet"
    state = f"closed as {head.outcome}, " if head.outcome else ""
    return f"{state}owner {with_details(owner, came_from(progress) if progress.brief else '')}"


def came_from(progress: Progress) -> str:
    """Return who handed the session to its owner."""
    newest = (entry for entry in reversed(progress.handovers) if entry.word in _OWNER_CHANGES)
    accepted, given = next(newest, None), next(newest, None)
    if accepted and accepted.word == "accepted" and given and given.word == "handed off":
        return f"from {given.by} {moment(given.at, progress.session.as_of)}"
    return ""


def when(at: datetime | None, by: str, head: Header) -> str:
    """Return when something happened, and its author if that is not the owner."""
    named = [moment(at, head.as_of) if at else "", by if by != head.owner else ""]
    return " ".join(part for part in named if part)


def credit(step: Tried, head: Header) -> str:
    """Return when a step was done, and its author."""
    return " ".join(part for part in (moment(step.at, head.as_of) if step.at else "", step.by) if part)


# Position


def place(progress: Progress) -> str:
    """Return the question or action at the position, with the number of steps left unless the session is closed."""
    here = progress.position
    left = steps_left(progress.remaining) if progress.session.status != "closed" else ""
    return with_details(here.text, left) if here else ""


def end(progress: Progress, here: ProgressPlace, *, short: bool) -> str:
    """Return a phrase for the end of the tree, with the answer that led there, and unless `short` the end's text."""
    path = moves(progress)
    last = (path[-1].result or path[-1].text) if path else ""
    text = f"end of the tree after “{one_line(last)}”" if last else "end of the tree"
    return text if short and last else f"{text}: {here.text}"


def moves(progress: Progress) -> list[Tried]:
    """Return the steps in the tree that were not undone."""
    return [step for step in progress.tried if step.kind not in ("own", "tree") and not step.undone]


def steps_since(progress: Progress) -> str:
    """Return the numbers of the own steps since the session reached its position."""
    numbers = progress.since_position
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"then step {numbers[0]}"
    if len(numbers) <= _FEW:
        return f"then steps {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"then {len(numbers)} own steps, {numbers[0]} to {numbers[-1]}"


def steps_left(remaining: ProgressRemaining | None) -> str:
    """Return how many steps remain; "" at an end, or if the tree is unknown."""
    if remaining is None or remaining.fewest == 0:
        return ""
    if remaining.fewest is None:
        return "no end can be reached from here"
    most = "+" if remaining.loops else f"–{remaining.most}" if remaining.most != remaining.fewest else ""
    return f"{remaining.fewest}{most} {'step' if most == '' and remaining.fewest == 1 else 'steps'} left"


# Entries


def warning(entry: ProgressNote, head: Header, number: int, *, short: bool) -> str:
    """Return a warning with the step it is about."""
    author = entry.by if entry.by != head.owner and not short else ""
    corrected = "corrected" if entry.amended and not short else ""
    if not entry.about:
        return with_details(entry.text, author, corrected)
    about = f"about {f'step {number}, ' if number else ''}“{entry.about}”"
    return with_details(entry.text, author, about, "taken back" if entry.about_undone else "", corrected)


def change(entry: ProgressChange, head: Header, *, whole: bool, what: str, then: str) -> str:
    """Return a change that is in place, with its time and its outcome."""
    by = entry.by if whole else head.owner
    text = sentence(with_details(what, when(entry.at, by, head), "corrected" if entry.amended else ""))
    number = f"step {entry.then_step}" if whole and entry.then_step else ""
    return f"{text} Then: {sentence(with_details(then, number))}" if then else text


def with_revert(made: str, same: Sequence[ProgressChange], code: str) -> str:
    """Return changes with the way to revert each of them, which stands last so that it can be copied."""
    each = {1: "", 2: " both"}.get(len(same), " each")
    mark = " (corrected)" if any(entry.revert_amended for entry in same) else ""
    return f"{made} Revert{each}{mark}: {_revert(same[0], code)}"


def is_of_several(text: str) -> bool:
    """Whether a text may stand for several changes with the same way to revert them."""
    return re.search(r" Revert (?:both|each)(?: \(corrected\))?: ", text) is not None


def _revert(entry: ProgressChange, code: str) -> str:
    if not entry.revert:
        return "not recorded"
    return revert_command(entry) or f"rflow show {code}, entry {entry.seq}"


def revert_command(entry: ProgressChange) -> str:
    """Return how a change is reverted, as it was typed; "" where that is too long, or not known."""
    long = len(entry.revert.split()) > LONGEST_REVERT or "\n" in entry.revert
    return "" if long else re.sub(r"^Revert:? +(?=\S)", "", entry.revert)


def reverted(entry: ProgressChange, head: Header, *, whole: bool, what: str, then: str) -> str:
    """Return a change that was reverted, with its time range and its outcome."""
    during = span(entry.at, entry.reverted_at, head.as_of)
    by = entry.by if whole and entry.by != head.owner else ""
    steps = [str(number) for number in (entry.then_step, entry.later_step) if number and whole]
    number = f"step{'s' if len(steps) > 1 else ''} {' and '.join(steps)}" if steps and then else ""
    corrected = "corrected" if entry.amended else ""
    made = with_details(what, " ".join(part for part in (during, by) if part), corrected)
    return joined(made, with_details(then, number))


def outcome(then: str, later: str) -> str:
    """Return the outcome of a reverted change, and why it was reverted or the effect of that."""
    return f"{sentence(then)} Reverted: {later}" if then and later else then or later


def taken_back(what: str, reason: str) -> str:
    """Return an undone step, with the reason or its correction."""
    return f"{sentence(what)} Then: {reason}" if what and reason else f"corrected: {reason}" if reason else what


def step_result(step: Tried) -> str:
    """Return the result of a step."""
    if step.skipped:
        return f"skipped, {step.reason}" if step.reason else "skipped"
    settled = f"settled: {step.settled}" if step.settled else ""
    return with_details(step.result, "assumed" if step.assumed else "", settled)


def step_text(step: Tried) -> str:
    """Return what was tried."""
    text = f"Went on in another tree: {step.text}" if step.kind == "tree" else step.text
    return one_line(text)


def output(piece: ProgressEvidence) -> tuple[str, str]:
    """Return the label or command of an output, and its most telling line with how the command ended."""
    failed = ended(piece.exit_code) if piece.exit_code else ""
    size = byte_size(piece.bytes_total) if piece.bytes_total else "no output"
    return piece.label or piece.command, with_details(piece.telling or telling_line(piece.lines) or size, failed)


_SIGNALS = {
    1: "ended by SIGHUP",
    2: "interrupted with Ctrl-C",
    3: "ended by SIGQUIT",
    4: "crashed with SIGILL",
    6: "crashed with SIGABRT",
    8: "crashed with SIGFPE",
    9: "killed by SIGKILL",
    11: "crashed with SIGSEGV",
    13: "ended by SIGPIPE",
    14: "ended by SIGALRM",
    15: "ended by SIGTERM",
}
"""The signals with the same number on every system; the record may come from another one."""


def ended(exit_code: int) -> str:
    """Return how a command ended: with an exit code, or by signal N if `exit_code` is -N."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    return _SIGNALS.get(-exit_code, f"ended by signal {-exit_code}")


def is_handover(entry: Handover) -> bool:
    """Whether an ownership entry is shown as a handover; a closing, reopening or ended handoff is not."""
    return entry.word not in ("took back", "expired", "reopened") and not entry.word.startswith("closed")


def handover(entry: Handover, head: Header) -> tuple[str, str]:
    """Return a change of owner, and its note or reason."""
    at = moment(entry.at, head.as_of)
    to = f" to {entry.to}" if entry.to and entry.word in ("handed off", "reassigned") else ""
    return f"{entry.by} {entry.word}{to} {at}", entry.text
