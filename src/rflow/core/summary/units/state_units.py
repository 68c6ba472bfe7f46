"""Units of the session's state: the ask, the position, the situation, the waits, and what may come next."""

import re
from collections.abc import Callable, Iterator

from rflow.core.session.events import Contingency
from rflow.core.session.texts import REMOVED
from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.budget.shares import Shares
from rflow.core.summary.progress import Handover, Progress, ProgressNote, ProgressRuledOut, ProgressWaiting, Tried
from rflow.core.summary.units import phrases
from rflow.core.summary.units.earlier import plan_repeats, plans_given, repeats, warnings_given
from rflow.core.summary.units.phrases import with_details
from rflow.core.summary.units.relations import words_in
from rflow.core.summary.units.short_forms import either, resolved, short_forms, whole
from rflow.core.summary.units.times import SAME_NIGHT, clock, moment, stamp
from rflow.core.summary.units.unit import Lengths, SectionKey, Unit, one_text, two_texts
from rflow.core.text import counted, one_line

_SENTENCE_END = r"[.;!?] "
MOST_CAUSES = 5
"""An answer with more causes shows only their number."""


def asked(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the ask."""
    if progress.ask:
        shown = one_text(progress.ask, shares.ask)
        yield Unit(section="ask", prepared=shown)


def ask_detail(progress: Progress) -> str:
    """Return who asks, if that is not the owner."""
    return f"({'' if progress.brief else 'by '}{progress.ask_by})" if progress.ask_by else ""


def closed(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the summary that was written when the session was closed."""
    if progress.session.closing_summary:
        shown = one_text(progress.session.closing_summary, shares.closing)
        yield Unit(section="closed", prepared=shown)


def at(progress: Progress) -> Iterator[Unit]:
    """Yield the position in the tree."""
    here = progress.position
    if here is None:
        return
    left = progress.brief and _left_behind(progress)
    if here.kind != "end":
        yield Unit(section="at", prepared=Lengths((here.text if left else phrases.place(progress),)), stale=left)
        return
    if progress.brief:
        ends = tuple(dict.fromkeys(phrases.end(progress, here, short=short) for short in (True, False)))
    else:
        ends = (phrases.with_details(phrases.end(progress, here, short=False), phrases.steps_since(progress)),)
    wanted = 0 if progress.ask is not None else len(ends) - 1
    counts = ("step",) if last_answer(progress) else ()
    yield Unit(section="at", prepared=Lengths(ends, wanted), counts=counts, stale=left)


def _left_behind(progress: Progress) -> bool:
    """Whether the work continued outside the tree: there are own steps since the last move, and an ask."""
    return progress.ask is not None and bool(progress.since_position)


def last_answer(progress: Progress) -> Tried | None:
    """Return the move that led to the end of the tree, which the position shows; None if the tree has not ended."""
    moves = phrases.moves(progress)
    at_end = progress.position is not None and progress.position.kind == "end"
    return moves[-1] if at_end and moves and not moves[-1].pinned and not moves[-1].assumed else None


def now(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the situation and the impact."""
    situation, impact = one_line(progress.situation or ""), one_line(progress.impact or "")
    if situation or impact:
        shown = two_texts(situation, impact, (shares.situation, shares.impact), _both)
        yield Unit(section="now", prepared=shown)


def now_time(progress: Progress) -> str:
    """Return when the situation was recorded, if there are newer results."""
    at, as_of = progress.situation_at, progress.session.as_of
    if at is None:
        return ""
    return f"({clock(at) if as_of - at < SAME_NIGHT else moment(at, as_of)})"


def before(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the first situation and impact, if they have changed since."""
    situation, impact = one_line(progress.situation_before or ""), one_line(progress.impact_before or "")
    if situation or impact:
        shown = two_texts(situation, impact, shares.before, _both)
        yield Unit(section="before", prepared=shown)


def _both(situation: str, impact: str) -> str:
    return f"{phrases.sentence(situation)} {impact}" if situation and impact else situation or impact


def _last_note(progress: Progress) -> ProgressNote | Handover | None:
    """Return the owner's newest note; in the brief form, if there is none, the note of the handoff to them."""
    if progress.ask is not None or progress.session.status == "closed":
        return None
    notes = [note for note in progress.notes if note.kind == "note" and not note.pinned and not note.on]
    notes = [note for note in notes if note.by == progress.session.owner and note.text != REMOVED]
    if notes:
        return notes[-1]
    given = [entry for entry in progress.handovers if entry.word == "handed off"][-1:] if progress.brief else []
    return next((entry for entry in given if entry.text and entry.to == progress.session.owner), None)


def last_note_time(progress: Progress) -> str:
    """Return when the last note was written, and its author if that is not the owner."""
    note = _last_note(resolved(progress))
    return f"({phrases.when(note.at, note.by or '', progress.session)})" if note and note.at else ""


def last_note(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the last note if there is no ask, because it often says what is needed."""
    note = _last_note(progress)
    if note is not None:
        corrected = "corrected" if isinstance(note, ProgressNote) and note.amended else ""
        shown = one_text(one_line(note.text), shares.last_note, lambda text: with_details(text, corrected))
        shown = either(shown, short_forms(progress).get(note.seq, ""), brief=progress.brief)
        kind = "handover" if isinstance(note, Handover) else "note"
        yield Unit(section="last_note", prepared=shown, counts=(kind,), seq=note.seq)


def cautions(progress: Progress) -> Iterator[Unit]:
    """Yield the valid warnings, newest first, including those of handoffs.

    In a closed session only those about a change in place are current; the others get the section "warned".
    """
    numbers, forms = {step.seq: step.number for step in progress.tried}, short_forms(progress)
    written = _warnings(progress)
    for note in written:
        number = 0 if progress.brief else numbers.get(note.on, 0)
        short = forms.get(note.seq, "")
        if not progress.brief and word_count(short) <= word_count(note.text):
            short = ""
        warning = short or phrases.warning(note, progress.session, number, short=progress.brief)
        section = _warnings_section(progress, note.on)
        yield Unit(section=section, prepared=whole(warning), order=(-note.seq, 0), counts=("warning",), seq=note.seq)
    given = warnings_given(progress.handovers, [note.text for note in written])
    for place, (entry, warning) in enumerate(given):
        section = _warnings_section(progress)
        yield Unit(section=section, prepared=Lengths((warning,)), order=(-entry.seq, place), counts=("warning",))


def _warnings(progress: Progress) -> list[ProgressNote]:
    """Return the valid warnings, except for those of handoffs."""
    return [note for note in progress.notes if note.kind == "warning" and note.settled is None]


def _warnings_section(progress: Progress, on: int = 0) -> SectionKey:
    """Return the section of a warning that refers to the entry `on`."""
    in_place = any(change.seq == on and not change.reverted for change in progress.changes)
    return "warned" if progress.session.status == "closed" and not in_place else "caution"


def waiting(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the waits and the open questions."""
    several, forms = len(progress.waiting) > 1, short_forms(progress)
    for place, part in enumerate(progress.waiting):
        limit = _limit(part, progress, by=_one_waiter(progress) is None) if several else ""
        shown = one_text(_awaited(part, progress), shares.waiting, _after(f"{limit}: " if limit else ""))
        if short := forms.get(part.seq):
            shown = either(shown, f"{limit}: {short}" if limit else short, brief=progress.brief)
        yield Unit(
            section="waiting", prepared=shown, order=(0, place), counts=("wait",), seq=part.seq, chosen=bool(short)
        )
    for question in progress.questions:
        if not question.replies:
            shown = one_text(one_line(question.text), shares.waiting, _after(f"{question.to} was asked: "))
            section: SectionKey = "asked" if progress.brief and _waited_for(question.to, progress) else "waiting"
            yield Unit(section=section, prepared=shown, order=(1, question.seq), counts=("question",))


def _waited_for(name: str, progress: Progress) -> bool:
    """Whether there is a wait for somebody ("Ben (security): …"), which then also says what they were asked."""
    words = _words_of_name(name)
    waits = (one_line(part.text).partition(": ") for part in progress.waiting)
    return bool(words) and any(what and words <= _words_of_name(who) for who, _, what in waits)


def _words_of_name(name: str) -> frozenset[str]:
    """Return the words and numbers of a name, including short ones: "tier-1" is not "tier-2"."""
    return frozenset(re.findall(r"\w+", name.casefold()))


def _awaited(part: ProgressWaiting, progress: Progress) -> str:
    """Return who and what the session waits for; in the brief form only who, if a sentence of the ask says the rest.

    Sentences are compared one by one, because a negation in another sentence could hide that the wait contradicts the
    ask.
    """
    text = one_line(part.text) or "not said for what"
    who, _, what = text.partition(": ")
    ask = progress.ask if progress.brief and progress.ask else ""
    asked = words_in(who) & words_in(ask) and repeats(what, re.split(_SENTENCE_END, ask))
    return f"{who}, as asked" if asked else text


def _after(prefix: str) -> Callable[[str], str]:
    return lambda text: prefix + text


def waiting_detail(progress: Progress) -> str:
    """Return until when the session waits, and who set that limit; for several waits, only who."""
    if len(progress.waiting) == 1:
        return _limit(progress.waiting[0], progress, by=True)
    by = _one_waiter(progress)
    return f"({_set_by(by, progress)})" if by and any(part.until for part in progress.waiting) else ""


def _limit(part: ProgressWaiting, progress: Progress, *, by: bool) -> str:
    if part.until is None:
        return ""
    until = moment(part.until, progress.session.as_of)
    if part.overdue:
        return f"overdue since {until}"
    return with_details(f"until {until}", _set_by(part.by, progress) if by and part.by else "")


def _one_waiter(progress: Progress) -> str | None:
    """Return the author of all waits; None if there are several authors."""
    named = {part.by for part in progress.waiting}
    return named.pop() if len(named) == 1 else None


def _set_by(name: str, progress: Progress) -> str:
    return name if progress.brief else f"set by {name}"


def agreed(progress: Progress) -> tuple[Contingency, ...]:
    """Return the contingencies of the last handoff that had any, and of each wait."""
    waits = (plan for part in progress.waiting for plan in part.contingencies)
    return tuple(dict.fromkeys([*plans_given(progress.handovers), *waits]))


def plans(progress: Progress) -> Iterator[Unit]:
    """Yield the contingencies."""
    for place, text in enumerate(planned(progress)):
        yield Unit(section="plans", prepared=Lengths((text,)), order=(-1, place), counts=("plan",))


def planned(progress: Progress) -> list[str]:
    """Return the contingencies in words, except for those that a warning repeats; none for a closed session."""
    if progress.session.status == "closed":
        return []
    warnings = [note.text for note in _warnings(progress)]
    texts = [f"if {one_line(plan.condition)}: {one_line(plan.action)}" for plan in agreed(progress)]
    return [text for text in texts if not plan_repeats(text, warnings)]


def choices(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the choices at the position, and where each leads."""
    if progress.session.status == "closed":
        return
    ahead = (line for line in progress.ahead if line.depth == 1 and (line.label or not progress.brief))
    for place, line in enumerate(ahead):
        label = line.label or "then"
        text = line.text + (" (end)" if line.kind == "end" else "")
        shown = one_text(f"{label}: {text}", shares.choice)
        yield Unit(section="next", prepared=shown, order=(0, place), counts=("choice",), stale=_left_behind(progress))


def hypothesis(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the hypothesis."""
    if progress.hypothesis:
        shown = one_text(one_line(progress.hypothesis), shares.hypothesis)
        yield Unit(section="hypothesis", prepared=shown, chosen=progress.brief and bool(short_forms(progress)))


def ruled_out(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the causes that each answer ruled out.

    The brief form leaves out those of assumed answers, and those that are too many to be named.
    """
    for place, answer in enumerate(progress.ruled_out):
        if not (progress.brief and (answer.unconfirmed or len(answer.causes) > MOST_CAUSES)):
            shown = _causes(answer, shares)
            yield Unit(section="ruled_out", prepared=shown, order=(-place, 0), counts=("answer",))


def _causes(answer: ProgressRuledOut, shares: Shares) -> Lengths:
    by = f"“{answer.answer}”"
    by = f"{by} to “{answer.question}”" if len(answer.answer) <= phrases.SHORT_ANSWER else by
    first, wanted, most = (min(count, len(answer.causes)) for count in shares.causes)
    assumed = "only assumed: " if answer.unconfirmed else ""
    levels = [assumed + _some(answer.causes, count) + f" ({by})" for count in range(first, most + 1)]
    return Lengths(tuple(levels), wanted - first)


def _some(causes: tuple[str, ...], count: int) -> str:
    if len(causes) > MOST_CAUSES:
        return f"{len(causes):,} causes"
    more = [f"+{len(causes) - count}"] if len(causes) > count else []
    return "; ".join([*causes[:count], *more])


def handed_over(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the handoffs: sender, receiver, time and note; the whole form always shows the last note."""
    last = next((entry for entry in reversed(progress.handovers) if entry.word == "handed off"), None)
    shown_first, owner_from = _last_note(progress), phrases.came_from(progress)
    for entry in progress.handovers:
        if entry is shown_first:
            continue
        if phrases.is_handover(entry):
            who, text = phrases.handover(entry, progress.session)
            if not text and progress.brief and owner_from:
                continue
            shown = one_text(one_line(text), shares.handover, _after(f"{who}: ")) if text else Lengths((who,))
            if text and (progress.brief or entry is not last):
                shown = Lengths((who, *shown.levels), shown.wanted + 1)
            order = (entry.seq, 0)
            yield Unit(section="handed_over", prepared=shown, order=order, counts=("handover",), seq=entry.seq)


def footer(progress: Progress) -> list[tuple[str, str]]:
    """Return the labels and texts of the lines at the end of every summary."""
    head = progress.session
    facts = []
    if progress.redacted:
        facts.append(("Redacted", counted(progress.redacted, "value")))
    if progress.unreadable:
        facts.append(
            ("Unreadable", f"{counted(progress.unreadable, 'entry', 'entries')}, written by a newer rflow or damaged")
        )
    if head.tree and head.tree.changed and not progress.brief:
        facts.append(("Tree", f"{head.tree.id}, version {head.tree.digest[:8]}; a newer one exists"))
    if progress.since:
        facts.append(("New", f"only what came since {stamp(progress.since)}"))
    return facts
