"""Units of what was entered: changes, key facts, assumptions, steps, notes, outputs, and what was taken back."""

from collections.abc import Callable, Iterator, Mapping
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
from rflow.core.summary.units.short_forms import in_short, short_forms, whole
from rflow.core.summary.units.state_units import last_answer
from rflow.core.summary.units.telling import ranks_of_steps
from rflow.core.summary.units.unit import Credit, Lengths, Share, Unit, before, both, one_text, two_texts
from rflow.core.text import one_line


def changes(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the changes left in place, and those that are no longer so."""
    by_revert: dict[str, list[ProgressChange]] = {}
    for entry in (in_short(progress, each) for each in progress.changes):
        if entry.reverted:
            yield _reverted(entry, progress, shares)
        else:
            by_revert.setdefault(one_line(entry.revert) or f"{entry.seq}", []).append(entry)
    for same in by_revert.values():
        yield _in_place(same, progress, shares)
    if progress.changes and not by_revert:
        yield Unit(section="changes", prepared=Lengths((phrases.NOTHING,)))


def _counts(entry: ProgressChange) -> tuple[str, ...]:
    kind = "reverted" if entry.reverted else "change"
    return (kind, *("step" for number in (entry.then_step, entry.later_step) if number))


def _in_place(same: list[ProgressChange], progress: Progress, shares: Shares) -> Unit:
    """Return the changes that are reverted in the same way, which is said once."""
    parts = [_made(entry, progress, shares) for entry in same]
    levels = []
    for level in range(max(len(part.levels) for part in parts)):
        shown = (part.levels[min(level, len(part.levels) - 1)] for part in parts)
        levels.append(phrases.with_revert(" ".join(shown), same, progress.session.code))
    return Unit(
        section="changes",
        prepared=Lengths(tuple(levels), max(part.wanted for part in parts), max(part.smooth for part in parts)),
        order=(same[-1].seq, 0),
        counts=tuple(kind for entry in same for kind in _counts(entry)),
        chosen=progress.brief and any(entry.short for entry in same),
        command=phrases.revert_command(same[0]),
    )


def _made(entry: ProgressChange, progress: Progress, shares: Shares) -> Lengths:
    def render(what: str, then: str) -> str:
        return phrases.change(entry, progress.session, whole=not progress.brief, what=what, then=then)

    if progress.brief and entry.short:
        return whole(render(entry.text, entry.then))
    return two_texts(one_line(entry.text), one_line(entry.then), shares.change, render)


def _reverted(entry: ProgressChange, progress: Progress, shares: Shares) -> Unit:
    def render(what: str, then: str) -> str:
        return phrases.reverted(entry, progress.session, whole=not progress.brief, what=what, then=then)

    then, later, chosen = one_line(entry.then), one_line(entry.later), progress.brief and bool(entry.short)
    if then and not entry.later_step and says_little_more(later, f"{entry.text} {then}"):
        later = ""
    came = two_texts(then, later, (shares.reverted_then, shares.reverted[1]), phrases.outcome)
    if chosen:
        shown = whole(render(entry.text, phrases.outcome(then, later)))
    elif not (then and later):
        shown = two_texts(one_line(entry.text), then or later, shares.reverted, render)
    else:
        shown = before(one_text(one_line(entry.text), shares.reverted[0]), came, render)
    return Unit(section="reverted", prepared=shown, order=(entry.seq, 0), counts=_counts(entry), chosen=chosen)


def ended_warnings(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the warnings that no longer hold, each with why."""
    for note, why in warnings_that_are_over(progress):
        shown = one_text(one_line(note.text), shares.reverted[0], _ended(one_line(why)))
        yield Unit(section="reverted", prepared=shown, order=(-1, note.seq), counts=("ended",), seq=note.seq)


def _ended(why: str) -> Callable[[str], str]:
    return lambda cut: phrases.with_details(f"the warning “{cut}”", why or "over")


def facts(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return what was pinned, and in the brief form the notes with a short form: the key facts."""
    forms = short_forms(progress)
    texts = [
        *((step.seq, phrases.step_text(step), phrases.step_result(step), "step") for step in pinned(progress)),
        *((note.seq, "", note.text, "note") for note in progress.notes if _is_key(note, forms)),
        *((note.seq, note.text, f"settled: {note.settled}", "assumption") for note in pinned_and_settled(progress)),
        *((question.seq, *_answered(question), "question") for question in progress.questions if _is_fact(question)),
        *((flag.seq, *_reported(flag), "flag") for flag in progress.flags if flag.pinned),
        *((piece.seq, *phrases.output(piece), "output") for piece in progress.evidence if piece.pinned),
    ]
    part, known, corrected = _fact_share(shares, len(texts)), phrases.said_first(progress), _corrected(progress)
    for seq, what, result, kind in sorted(texts):
        if seq in forms:
            yield Unit(
                section="facts", prepared=whole(forms[seq]), order=(seq, 0), counts=(kind,), seq=seq, chosen=True
            )
            continue
        said, came = (one_line(what), one_line(result)) if result else ("", one_line(what))
        shown = two_texts(said, came, (shares.fact_what, part), _marked(seq in corrected))
        rank = -1 if progress.brief and says_little_more(f"{said} {came}", known) else 0
        yield Unit(section="facts", prepared=shown, order=(seq, 0), counts=(kind,), seq=seq, rank=rank)


def _is_key(note: ProgressNote, forms: Mapping[int, str]) -> bool:
    """Whether a note is a key fact: somebody pinned it, or gave it a short form."""
    return note.kind == "note" and (note.pinned or note.seq in forms)


def _corrected(progress: Progress) -> set[int]:
    """Return the numbers of the entries that were corrected."""
    steps = {step.seq for step in progress.tried if step.amended}
    notes = {note.seq for note in progress.notes if note.amended}
    return steps | notes | {piece.seq for piece in progress.evidence if piece.amended}


def _marked(corrected: bool) -> Callable[[str, str], str]:
    """Return how an entry with two texts is shown; what it said at first may have been passed on."""
    return lambda what, result: phrases.with_details(phrases.joined(what, result), "corrected" if corrected else "")


def pinned(progress: Progress) -> list[Tried]:
    """Return the steps that are key facts."""
    return [step for step in progress.tried if step.pinned and not step.undone and not is_assumed(step)]


def pinned_and_settled(progress: Progress) -> list[ProgressNote]:
    """Return the assumptions that are key facts since it is known what came of them."""
    return [note for note in progress.notes if note.pinned and note.kind == "assumption" and note.settled is not None]


def _fact_share(shares: Shares, number: int) -> Share:
    together, least, most = shares.facts
    each = min(max(together // max(number, 1), least), most)
    return Share(shares.fact, Target(each * 2 // 3, each))


def is_assumed(step: Tried) -> bool:
    """Whether a step rests on an assumption that has not been settled."""
    return step.assumed and step.settled is None and not step.undone


def assumptions(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return what is assumed and not verified: answers and own steps with their reasons, notes."""
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
        said, came = (one_line(what), one_line(result)) if result else ("", one_line(what))
        shown = two_texts(said, came, (shares.step[0], shares.assumption), _marked(seq in corrected))
        shown = whole(forms[seq]) if seq in forms else shown
        yield Unit(section="assumed", prepared=shown, order=(seq, 0), counts=(kind,), seq=seq, chosen=seq in forms)


def is_open_assumption(note: ProgressNote) -> bool:
    """Whether a note is an assumption that has not been settled."""
    return note.kind == "assumption" and note.settled is None


def _with_reason(step: Tried) -> str:
    return f"{step.result}, because: {step.reason}" if step.result and step.reason else step.result or step.reason


def steps(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the steps that are not shown elsewhere, oldest first."""
    ranks, said = ranks_of_steps(progress), _said_of_steps(progress)
    for step in _shown(progress):
        credit = None if progress.brief else Credit(step.by, partial(phrases.credit, step, progress.session))
        yield _step(step, credit, shares, ranks.get(step.seq, 0), said.get(step.seq))


def _shown(progress: Progress) -> Iterator[Tried]:
    """Return the steps that stand among what was tried, and nowhere else."""
    used = {number for change in progress.changes for number in (change.then_step, change.later_step)}
    answer = last_answer(progress)
    used |= {answer.number} if answer else set()
    for step in progress.tried:
        if not (step.undone or step.number in used or step.pinned or is_assumed(step)):
            yield step


def _step(step: Tried, credit: Credit | None, shares: Shares, rank: int, said: ProgressNote | None) -> Unit:
    return Unit(
        section="tried",
        prepared=whole(step.short) if credit is None and step.short else partial(_step_lengths, step, shares, said),
        order=(step.number, 0),
        number=step.number,
        counts=("step", "note") if said else ("step",),
        seq=step.seq,
        rank=rank + (said is not None),
        chosen=credit is None and bool(step.short),
        credit=credit,
    )


def _step_lengths(step: Tried, shares: Shares, said: ProgressNote | None) -> Lengths:
    """Return a step with its result, and with a note that was written on it: that may say that it proves nothing."""
    what, result = phrases.step_text(step), one_line(phrases.step_result(step))

    tried = two_texts(what, result, shares.step, _marked(step.amended))
    if said is None:
        return tried
    label = "Note" if said.by == step.by else f"Note by {said.by}"
    note = one_text(one_line(said.text), shares.on_step)
    return both(tried, note, lambda tried, note: f"{phrases.sentence(tried)} {label}: {note}")


def _said_of_steps(progress: Progress) -> dict[int, ProgressNote]:
    """Return the last note that was written on each step, by the numbers of these, where it is shown with the step."""
    shown = {step.seq for step in _shown(progress)}
    forms = short_forms(progress)
    notes = (note for note in progress.notes if note.kind == "note" and not _is_key(note, forms))
    return {note.on: note for note in notes if note.on in shown}


def notes(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the notes that are not shown elsewhere, settled assumptions, answered questions and reports."""
    corrected = _corrected(progress)
    for seq, by, text, kind in sorted(_scratchpad(progress)):
        prepared = partial(_note, text, shares.note, corrected=seq in corrected)
        rank = -1 if kind == "assumption" else 0
        credit = None if progress.brief else Credit(by, partial(str, by))
        yield Unit(
            section="notes", prepared=prepared, order=(seq, 0), counts=(kind,), seq=seq, rank=rank, credit=credit
        )


def _note(text: str, part: Share, *, corrected: bool) -> Lengths:
    mark = "corrected" if corrected else ""
    return one_text(one_line(text), part, lambda cut: phrases.with_details(cut, mark))


def _scratchpad(progress: Progress) -> Iterator[tuple[int, str, str, str]]:
    elsewhere = {
        *(note.seq for note in _notes_on_undone(progress)),
        *(note.seq for note in _said_of_steps(progress).values()),
    }
    forms = short_forms(progress)
    for note in progress.notes:
        if note.kind == "note" and not _is_key(note, forms) and note.seq not in elsewhere:
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
    """Whether a question is a key fact: it has an answer, else it stands under what is waited for."""
    return question.pinned and bool(question.replies)


def _answered(question: ProgressQuestion) -> tuple[str, str]:
    """Return a question, and its answers."""
    return phrases.sentence(f"asked {question.to}: {question.text}"), " ".join(question.replies)


def _reported(flag: ProgressFlag) -> tuple[str, str]:
    """Return where the tree is wrong, and what was said of it."""
    return f"wrong in the tree, at {flag.node}", flag.text


def outputs(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the last line of each output, newest last."""
    for piece in progress.evidence:
        if not piece.pinned:
            prepared = partial(_output, piece, shares)
            yield Unit(section="outputs", prepared=prepared, order=(piece.seq, 0), counts=("output",), seq=piece.on)


def _output(piece: ProgressEvidence, shares: Shares) -> Lengths:
    what, last = phrases.output(piece)
    return one_text(one_line(last), shares.output, lambda cut: phrases.joined(one_line(what), cut))


def taken_back(progress: Progress, shares: Shares) -> Iterator[Unit]:
    """Return the steps that were taken back, which are not valid: in the brief form those of which it is said why."""
    said_of = {note.seq for note in _notes_on_undone(progress)}
    valid = {step.seq: step.number for step in _shown(progress)}
    for step in progress.tried:
        said = one_line(step.instead) if step.instead_seq in said_of else ""
        if step.undone and (said or not progress.brief):
            was = "" if said and words_in(_was(step)) <= words_in(said) else one_line(_was(step))
            counts = ("note",) if said else ()
            if number := valid.get(step.instead_seq):
                said = f"step {number}"
            shown = two_texts(was, said, shares.taken_back, phrases.taken_back)
            yield Unit(
                section="taken_back",
                prepared=shown,
                order=(step.number, 0),
                number=step.number,
                counts=counts,
                seq=step.seq,
            )


def _notes_on_undone(progress: Progress) -> list[ProgressNote]:
    """Return the notes that are shown with a step that was taken back."""
    wanted = {step.instead_seq for step in progress.tried if step.undone and step.instead_seq}
    return [note for note in progress.notes if note.seq in wanted and note.kind == "note" and not note.pinned]


def _was(step: Tried) -> str:
    """Return what was taken back: the answer to a question; of anything else not its result, which reads as valid."""
    if step.kind != "choice":
        return step.text
    return step.result if len(step.result) > phrases.SHORT_ANSWER else phrases.joined(step.text, step.result)
