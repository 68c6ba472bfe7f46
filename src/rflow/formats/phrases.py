"""Phrases that every text format needs: parts of a progress put into words. They give text, which formats escape."""

from rflow.core.progress import (
    Ahead,
    Digest,
    DigestEntry,
    Header,
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressNote,
    ProgressPlace,
    ProgressRemaining,
    ProgressRuledOut,
    ProgressTree,
    ProgressWaiting,
    Tried,
)
from rflow.formats.environment import counted, duration, stamp


def facts(header: Header | DigestEntry) -> str:
    """Name the code, ticket, customer and severity."""
    named = [header.code]
    named += [f"ticket {header.ticket}"] if header.ticket else []
    named += [f"customer {header.customer}"] if header.customer else []
    return " · ".join(part for part in [*named, f"severity {header.severity or 'not recorded'}"] if part)


def status(header: Header | DigestEntry) -> str:
    """Say whose the session is, and whether it is open."""
    if header.status == "handed_off":
        return f"handed off by {header.handed_off_by} to {header.owner}, not accepted yet"
    if header.status == "closed" and isinstance(header, Header):
        return f"closed as {header.outcome}, owner {header.owner}"
    return f"open, owner {header.owner}"


def as_of(header: Header) -> str:
    """Say what moment the summary shows, and how long the work took up to then."""
    moment = f"as of {stamp(header.as_of)}"
    return moment if header.elapsed is None else f"{moment} · {duration(header.elapsed)} since the start"


def stuck(progress: Progress) -> str:
    """Name what the session is stuck at, for a summary without an ask."""
    return progress.position.text if progress.position else ""


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


def place_kind(place: ProgressPlace) -> str:
    """Say what kind of place the session stands at."""
    return {"decision": "question", "action": "to do", "end": "end of the tree"}[place.kind]


def trail(step: Tried, owner: str = "") -> str:
    """Say what came of a step, what marks it (assumed, skipped, undone), when it was, and who it was but the owner."""
    said = f"skipped: {step.reason}" if step.skipped else step.result
    if step.assumed:
        said += f" (assumed, not verified{': ' + step.reason if step.reason else ''})"
    when = ", ".join(_when(step, owner))
    return " ".join(part for part in (said, "(undone)" if step.undone else "", f"({when})" if when else "") if part)


def said(note: ProgressNote, owner: str = "") -> str:
    """Give a note behind when it was and who it was but the owner."""
    when = ", ".join(_when(note, owner))
    return f"{when}: {note.text}" if when else note.text


def _when(entry: Tried | ProgressNote | ProgressChange, owner: str) -> list[str]:
    return ([f"{entry.at:%H:%M}"] if entry.at else []) + ([entry.by] if entry.by != owner else [])


def ruled_out_by(answer: ProgressRuledOut) -> str:
    """Name the answer that ruled something out."""
    unconfirmed = " (assumed, so unconfirmed)" if answer.unconfirmed else ""
    return f"“{answer.answer}” to “{answer.question}”{unconfirmed} rules out:"


def way(line: Ahead) -> str:
    """Name a way ahead: the choice and where it leads; "…" where more lies behind it than is shown."""
    return f"{line.label + ': ' if line.label else ''}{line.text}{' …' if line.cut or line.repeated else ''}"


def change(entry: ProgressChange) -> str:
    """Name a change left in place, and how to take it back."""
    return f"{entry.text} — to revert: {entry.revert}"


def evidence_title(piece: ProgressEvidence) -> str:
    """Name a piece of evidence: its label, how it ended, when."""
    parts = [piece.label]
    parts += [f"exit code {piece.exit_code}"] if piece.exit_code is not None else []
    parts += [f"on {piece.host}"] if piece.host else []
    parts += [f"{piece.at:%H:%M}"] if piece.at else []
    parts += [f"{counted(piece.left_out, 'earlier line')} left out"] if piece.left_out else []
    return ", ".join(parts)


def version(tree: ProgressTree) -> str:
    """Name the version of the tree."""
    newer = ", a newer version exists" if tree.changed else ""
    return f"{tree.id}, version {tree.digest[:8]}{newer}"


def waiting(part: ProgressWaiting) -> str:
    """Say what is waited for, and until when."""
    until = f" until {stamp(part.until)}" if part.until else ""
    return f"{part.text}{until}".strip()


def left_out(progress: Progress) -> str:
    """Say what the summary leaves out: "" for nothing."""
    parts = [counted(progress.earlier, "earlier entry", "earlier entries")] if progress.earlier else []
    more = counted(progress.evidence_more, "more piece of evidence", "more pieces of evidence")
    parts += [more] if progress.evidence_more else []
    newer = counted(progress.unreadable, "entry", "entries")
    parts += [f"{newer} that this rflow can't read"] if progress.unreadable else []
    return ", ".join(parts)


def short_facts(header: Header) -> str:
    """Name ticket and customer, the owner and the time, in few words."""
    severity = f"sev {header.severity}" if header.severity else None
    named = [header.ticket or header.code, header.customer, severity, header.owner]
    return ", ".join([*(part for part in named if part), f"{header.as_of:%H:%M %Z}".strip()])


def short_left(remaining: ProgressRemaining | None) -> str:
    """Say how many steps remain, in few words."""
    if remaining is None or not remaining.fewest:
        return ""
    most = "+" if remaining.most is None else f"-{remaining.most}" if remaining.most != remaining.fewest else ""
    return f"{remaining.fewest}{most} to go"


def short_step(step: Tried) -> str:
    """Name a step and what came of it, in few words."""
    said = "skipped" if step.skipped else step.result
    said += " (assumed)" if step.assumed else ""
    if not said:
        return step.text
    return f"{step.text} {said}" if step.text.endswith("?") else f"{step.text}: {said}"


def short_ruled_out(progress: Progress) -> str:
    """Name some of what is ruled out, and count the rest."""
    ends = [end for answer in progress.ruled_out for end in answer.ends]
    unconfirmed = any(answer.unconfirmed for answer in progress.ruled_out)
    shown = " · ".join(ends[-2:])
    more = f" · {len(ends) - 2} more" if len(ends) > 2 else ""
    return f"{shown}{more}{' (partly assumed)' if unconfirmed else ''}"


def digest_title(digest: Digest) -> str:
    """Say whose sessions a digest lists, and of what moment."""
    whose = f" of {digest.of}" if digest.of else ""
    return f"{counted(digest.sessions, 'open session')}{whose} as of {stamp(digest.as_of)}"


PHRASES = {
    phrase.__name__: phrase
    for phrase in (
        facts,
        status,
        as_of,
        stuck,
        steps_left,
        place_kind,
        trail,
        said,
        ruled_out_by,
        way,
        change,
        evidence_title,
        version,
        waiting,
        left_out,
        short_facts,
        short_left,
        short_step,
        short_ruled_out,
        digest_title,
    )
}
"""What templates may call, by name."""
