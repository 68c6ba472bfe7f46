"""Units of the entries: changes, key facts, assumptions, steps, notes, outputs, and undone steps."""

from collections.abc import Callable, Iterator
from functools import partial

from rflow.core.summary.budget.cutting import Target
from rflow.core.summary.budget.shares import Shares
from rflow.core.summary.progress import (
    Progress,
    ProgressChange,
    ProgressEvidence,
    ProgressFlag,
    ProgressNote,
    ProgressQuestion,
    Tried,
)
from rflow.core.summary.units import phrases
from rflow.core.summary.units.relations import says_little_more, words_in
from rflow.core.summary.units.renewals import warnings_that_are_over
from rflow.core.summary.units.short_forms import either, in_short, short_forms, whole, with_short_revert
from rflow.core.summary.units.state_units import last_answer
from rflow.core.summary.units.step_ranks import rank_steps
from rflow.core.summary.units.unit import Credit, Lengths, Share, Unit, before, both, one_text, two_texts
from rflow.core.text import one_line


def changes(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the changes that are in place, and those that were reverted."""
    by_revert: dict[str, list[ProgressChange]] = {}
    for entry in progress.changes:
        if entry.reverted:
            yield _reverted(entry, progress, shares)
        else:
            shown = with_short_revert(entry, brief=progress.brief)
            by_revert.setdefault(one_line(shown.revert) or f"{entry.seq}", []).append(shown)
    for same in by_revert.values():
        yield _in_place(same, progress, shares)
    if progress.changes and not by_revert:
        yield Unit(section="changes", prepared=Lengths((phrases.NOTHING,)))


def _counts(entry: ProgressChange, progress: Progress) -> tuple[str, ...]:
    return ("reverted" if entry.reverted else "change", *("step" for _ in _outcomes(entry, progress)))


def _in_place(same: list[ProgressChange], progress: Progress, shares: Shares) -> Unit:
    """Return a unit of the changes that are reverted in the same way, which is shown once."""
    parts = [_made(entry, progress, shares) for entry in same]
    levels = []
    for level in range(max(len(part.levels) for part in parts)):
        shown = (part.levels[min(level, len(part.levels) - 1)] for part in parts)
        levels.append(phrases.with_revert(" ".join(shown), same, progress.session.code))
    return Unit(
        section="changes",
        prepared=Lengths(tuple(levels), max(part.wanted for part in parts), max(part.smooth for part in parts)),
        order=(same[-1].seq, 0),
        counts=tuple(kind for entry in same for kind in _counts(entry, progress)),
        chosen=any(entry.short for entry in same),
        command=phrases.revert_command(same[0]),
    )


def _made(entry: ProgressChange, progress: Progress, shares: Shares) -> Lengths:
    short, render = in_short(progress, entry), _rendering(phrases.change, entry, progress)
    full = two_texts(one_line(entry.text), one_line(entry.then), shares.change, render)
    if entry.short:
        then = _if_more(short.then, entry.then, short.text, progress)
        in_short_form = _rendering(phrases.change, short, progress)(short.text, then)
        return either(full, in_short_form, brief=progress.brief)
    if short.then and progress.brief:
        return both(one_text(one_line(entry.text), shares.change[0]), whole(short.then), render)
    return full


def _rendering(phrase: Callable[..., str], entry: ProgressChange, progress: Progress) -> Callable[[str, str], str]:
    """Return a function that puts a change and what came of it into words."""
    return lambda what, then: phrase(entry, progress.session, whole=not progress.brief, what=what, then=then)


def _if_more(short: str, text: str, known: str, progress: Progress) -> str:
    """Return what came of a change, in short or in the whole form else in full, unless `known` says it already."""
    if short or progress.brief or says_little_more(text, known):
        return short
    return one_line(text)


def _reverted(entry: ProgressChange, progress: Progress, shares: Shares) -> Unit:
    short, render = in_short(progress, entry), _rendering(phrases.reverted, entry, progress)
    then, later = one_line(entry.then), one_line(entry.later)
    if then and not entry.later_step and says_little_more(later, f"{entry.text} {then}"):
        later = ""
    came = two_texts(then, later, (shares.reverted_then, shares.reverted[1]), phrases.outcome)
    if not (then and later):
        shown = two_texts(one_line(entry.text), then or later, shares.reverted, render)
    else:
        shown = before(one_text(one_line(entry.text), shares.reverted[0]), came, render)
    if entry.short:
        came_in_short = [
            _if_more(form, text, short.text, progress) for form, text in ((short.then, then), (short.later, later))
        ]
        in_short_form = _rendering(phrases.reverted, short, progress)(short.text, phrases.outcome(*came_in_short))
        shown = either(shown, in_short_form, brief=progress.brief)
    elif progress.brief and (short.then or short.later):
        end = phrases.outcome(short.then or then, short.later or later)
        shown = both(one_text(one_line(entry.text), shares.reverted[0]), whole(end), render)
    return Unit(
        section="reverted",
        prepared=shown,
        order=(entry.seq, 0),
        counts=_counts(entry, progress),
        chosen=bool(entry.short),
    )


def ended_warnings(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the warnings that no longer hold, each with why."""
    for note, why in warnings_that_are_over(progress):
        shown = one_text(one_line(note.text), shares.reverted[0], _ended(one_line(why)))
        yield Unit(section="reverted", prepared=shown, order=(-1, note.seq), counts=("ended",), seq=note.seq)


def _ended(why: str) -> Callable[[str], str]:
    return lambda cut: phrases.with_details(f"the warning “{cut}”", why or "over")


def facts(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the key facts: the pinned entries, and in the brief form the notes with a short form."""
    forms = short_forms(progress)
    texts = [
        *((step.seq, phrases.step_text(step), phrases.step_result(step), "step") for step in pinned(progress)),
        *((note.seq, "", note.text, "note") for note in progress.notes if _is_key(note, progress)),
        *((note.seq, note.text, f"settled: {note.settled}", "assumption") for note in pinned_and_settled(progress)),
        *((question.seq, *_answered(question), "question") for question in progress.questions if _is_fact(question)),
        *((flag.seq, *_reported(flag), "flag") for flag in progress.flags if flag.pinned),
        *((piece.seq, *phrases.output(piece), "output") for piece in progress.evidence if piece.pinned),
    ]
    unpinned = {note.seq for note in progress.notes if not note.pinned}
    part, known, corrected = _fact_share(shares, len(texts)), phrases.said_first(progress), _corrected(progress)
    for seq, what, result, kind in sorted(texts):
        short = forms.get(seq, "")
        first, second = (one_line(what), one_line(result)) if result else ("", one_line(what))
        shown = two_texts(first, second, (shares.fact_what, part), _marked(seq in corrected))
        repeated = progress.brief and not short and says_little_more(f"{first} {second}", known)
        yield Unit(
            section="facts",
            prepared=either(shown, short, brief=progress.brief),
            order=(seq, 0),
            counts=(kind,),
            seq=seq,
            rank=-1 if repeated or seq in unpinned else 0,
            chosen=bool(short),
        )


def _is_key(note: ProgressNote, progress: Progress) -> bool:
    """Whether a note is a key fact: it is pinned, or is shown by its short form in a brief."""
    return note.kind == "note" and (note.pinned or (progress.brief and bool(note.short)))


def _corrected(progress: Progress) -> set[int]:
    """Return the event numbers of the entries that were corrected."""
    steps = {step.seq for step in progress.tried if step.amended}
    notes = {note.seq for note in progress.notes if note.amended}
    return steps | notes | {piece.seq for piece in progress.evidence if piece.amended}


def _marked(corrected: bool) -> Callable[[str, str], str]:
    """Return a function that joins two texts of an entry, and marks it if it was corrected."""
    return lambda what, result: phrases.with_details(phrases.joined(what, result), "corrected" if corrected else "")


def pinned(progress: Progress) -> list[Tried]:
    """Return the steps that are key facts."""
    return [step for step in progress.tried if step.pinned and not step.undone and not is_assumed(step)]


def pinned_and_settled(progress: Progress) -> list[ProgressNote]:
    """Return the settled assumptions among the key facts."""
    return [note for note in progress.notes if note.pinned and note.kind == "assumption" and note.settled is not None]


def _fact_share(shares: Shares, number: int) -> Share:
    together, least, most = shares.facts
    each = min(max(together // max(number, 1), least), most)
    return Share(shares.fact, Target(each * 2 // 3, each))


def is_assumed(step: Tried) -> bool:
    """Whether a step rests on an assumption that has not been settled."""
    return step.assumed and step.settled is None and not step.undone


def assumptions(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the unsettled assumptions: answers and own steps with their reasons, and notes."""
    texts = [
        *(
            (step.seq, phrases.step_text(step), _with_reason(step), "step")
            for step in progress.tried
            if is_assumed(step)
        ),
        *((note.seq, "", note.text, "assumption") for note in progress.notes if is_open_assumption(note)),
    ]
    corrected, forms = _corrected(progress), short_forms(progress)
    for seq, what, result, kind in sorted(texts):
        first, second = (one_line(what), one_line(result)) if result else ("", one_line(what))
        shown = two_texts(first, second, (shares.step[0], shares.assumption), _marked(seq in corrected))
        shown = either(shown, forms.get(seq, ""), brief=progress.brief)
        yield Unit(section="assumed", prepared=shown, order=(seq, 0), counts=(kind,), seq=seq, chosen=seq in forms)


def is_open_assumption(note: ProgressNote) -> bool:
    """Whether a note is an assumption that has not been settled."""
    return note.kind == "assumption" and note.settled is None


def _with_reason(step: Tried) -> str:
    return f"{step.result}, because: {step.reason}" if step.result and step.reason else step.result or step.reason


def steps(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the steps that are not shown in another section, oldest first."""
    ranks, notes = rank_steps(progress), _notes_on_steps(progress)
    for step in _shown(progress):
        credit = None if progress.brief else Credit(step.by, partial(phrases.credit, step, progress.session))
        yield _step(step, credit, shares, ranks.get(step.seq, 0), notes.get(step.seq))


def _shown(progress: Progress) -> Iterator[Tried]:
    """Yield the steps that are shown in the section of steps, because no other section shows them."""
    used = {number for change in progress.changes for number in _outcomes(change, progress)}
    answer = last_answer(progress)
    used |= {answer.number} if answer and not answer.short else set()
    for step in progress.tried:
        if not (step.undone or step.number in used or step.pinned or is_assumed(step)):
            yield step


def _outcomes(change: ProgressChange, progress: Progress) -> set[int]:
    """Return the numbers of the steps that are shown behind a change: behind a short form only those with one."""
    numbers = {change.then_step, change.later_step} - {0}
    if not (progress.brief and change.short):
        return numbers
    return {step.number for step in progress.tried if step.number in numbers and step.short}


def _step(step: Tried, credit: Credit | None, shares: Shares, rank: int, note: ProgressNote | None) -> Unit:
    return Unit(
        section="tried",
        prepared=partial(_step_lengths, step, shares, note, brief=credit is None),
        order=(step.number, 0),
        number=step.number,
        counts=("step", "note") if note else ("step",),
        seq=step.seq,
        rank=rank + (note is not None),
        chosen=bool(step.short),
        credit=credit,
    )


def _step_lengths(step: Tried, shares: Shares, note: ProgressNote | None, *, brief: bool) -> Lengths:
    """Return the lengths of a step with its result and a note that refers to it, which may qualify the result."""
    what, result = phrases.step_text(step), one_line(phrases.step_result(step))
    tried = either(two_texts(what, result, shares.step, _marked(step.amended)), step.short, brief=brief)
    if note is None:
        return tried
    label = "Note" if note.by == step.by else f"Note by {note.by}"
    remark = one_text(one_line(note.text), shares.on_step)
    return both(tried, remark, lambda tried, remark: f"{phrases.sentence(tried)} {label}: {remark}")


def _notes_on_steps(progress: Progress) -> dict[int, ProgressNote]:
    """Return the last note on each step that is shown in the section of steps, by the event of the step."""
    shown = {step.seq for step in _shown(progress)}
    notes = (note for note in progress.notes if note.kind == "note" and not _is_key(note, progress))
    return {note.on: note for note in notes if note.on in shown}


def notes(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the notes that no other section shows, settled assumptions, answered questions and flags."""
    corrected, forms = _corrected(progress), short_forms(progress)
    for seq, by, text, kind in sorted(_scratchpad(progress)):
        prepared = partial(_note, text, shares.note, forms.get(seq, ""), corrected=seq in corrected)
        rank = -1 if kind == "assumption" else 0
        credit = None if progress.brief else Credit(by, partial(str, by))
        yield Unit(
            section="notes",
            prepared=prepared,
            order=(seq, 0),
            counts=(kind,),
            seq=seq,
            rank=rank,
            credit=credit,
            chosen=seq in forms,
        )


def _note(text: str, part: Share, short: str, *, corrected: bool) -> Lengths:
    mark = "corrected" if corrected else ""
    full = one_text(one_line(text), part, lambda cut: phrases.with_details(cut, mark))
    return either(full, short, brief=False)


def _scratchpad(progress: Progress) -> Iterator[tuple[int, str, str, str]]:
    elsewhere = {
        *(note.seq for note in _notes_on_undone(progress)),
        *(note.seq for note in _notes_on_steps(progress).values()),
    }
    for note in progress.notes:
        if note.kind == "note" and not _is_key(note, progress) and note.seq not in elsewhere:
            yield note.seq, note.by, note.text, "note"
        elif note.kind == "assumption" and note.settled is not None and not note.pinned:
            yield note.seq, note.by, f"assumed: {phrases.sentence(note.text)} Settled: {note.settled}", "assumption"
    for question in progress.questions:
        if question.replies and not question.pinned:
            yield question.seq, question.by, " ".join(_answered(question)), "question"
    for flag in progress.flags:
        if not flag.pinned:
            yield flag.seq, flag.by, ": ".join(_reported(flag)), "flag"


def _is_fact(question: ProgressQuestion) -> bool:
    """Whether a question is a key fact: pinned and answered. Unanswered ones are shown with the waits."""
    return question.pinned and bool(question.replies)


def _answered(question: ProgressQuestion) -> tuple[str, str]:
    """Return a question and its answers."""
    return phrases.sentence(f"asked {question.to}: {question.text}"), " ".join(question.replies)


def _reported(flag: ProgressFlag) -> tuple[str, str]:
    """Return where a problem with the tree was reported, and its description."""
    return f"wrong in the tree, at {flag.node}", flag.text


def outputs(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the last line of each output, newest last."""
    for piece in progress.evidence:
        if not piece.pinned:
            prepared = partial(_output, piece, shares)
            yield Unit(section="outputs", prepared=prepared, order=(piece.seq, 0), counts=("output",), seq=piece.on)


def _output(piece: ProgressEvidence, shares: Shares) -> Lengths:
    what, last = phrases.output(piece)
    return one_text(one_line(last), shares.output, lambda cut: phrases.joined(one_line(what), cut))


def taken_back(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Yield the undone steps; in the brief form only those with a note that says why."""
    reasons = {note.seq for note in _notes_on_undone(progress)}
    valid = {step.seq: step.number for step in _shown(progress)}
    for step in progress.tried:
        reason = one_line(step.instead) if step.instead_seq in reasons else ""
        if step.undone and (reason or not progress.brief):
            original = "" if reason and words_in(_undone_text(step)) <= words_in(reason) else _undone_text(step)
            counts = ("note",) if reason else ()
            if number := valid.get(step.instead_seq):
                reason = f"step {number}"
            shown = two_texts(one_line(original), reason, shares.taken_back, phrases.taken_back)
            yield Unit(
                section="taken_back",
                prepared=shown,
                order=(step.number, 0),
                number=step.number,
                counts=counts,
                seq=step.seq,
            )


def _notes_on_undone(progress: Progress) -> list[ProgressNote]:
    """Return the notes that are shown with an undone step."""
    wanted = {step.instead_seq for step in progress.tried if step.undone and step.instead_seq}
    return [note for note in progress.notes if note.seq in wanted and note.kind == "note" and not note.pinned]


def _undone_text(step: Tried) -> str:
    """Return the text of an undone step: the answer of a choice; otherwise without the result, which would mislead."""
    if step.kind != "choice":
        return step.text
    return step.result if len(step.result) > phrases.SHORT_ANSWER else phrases.joined(step.text, step.result)
