"""The sections of a summary: their labels, their order, and what is not shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from rflow.core.summary.budget.cutting import word_count
from rflow.core.summary.budget.filling import Shown
from rflow.core.summary.progress import Progress, Section, SectionEntry
from rflow.core.summary.units import state_units
from rflow.core.summary.units.phrases import with_details
from rflow.core.summary.units.relations import words_in
from rflow.core.summary.units.unit import SectionKey, Unit
from rflow.core.text import counted

_PARTIAL: tuple[SectionKey, ...] = ("facts", "assumed", "changes", "next", "ruled_out", "caution", "warned")
_PARTIAL_BRIEF: tuple[SectionKey, ...] = ("changes",)
_NOUNS = {
    "step": "step",
    "note": "note",
    "change": "change",
    "reverted": "change",
    "output": "output",
    "warning": "warning",
    "ended": "ended warning",
    "assumption": "assumption",
    "question": "question",
    "wait": "wait",
    "plan": "if-then",
    "flag": "flag",
}
_NAMED = {
    "change": ("change in place", "changes in place"),
    "warning": ("warning", "warnings"),
    "plan": ("if-then", "if-thens"),
    "wait": ("wait", "waits"),
}
"""The kinds of entries that the brief form counts separately, because a reader must not miss them."""


_DETAILS: dict[SectionKey, Callable[[Progress], str]] = {
    "ask": state_units.ask_detail,
    "waiting": state_units.waiting_detail,
    "last_note": state_units.last_note_time,
    "now": state_units.now_time,
}

# Labels


def label(key: SectionKey, progress: Progress) -> str:
    """Return the label of a section."""
    if progress.session.status == "closed" and key in _CLOSED_LABELS:
        return _CLOSED_LABELS[key]
    if key == "at" and (progress.ask is not None or progress.waiting):
        return "Tree at" if _left_tree(progress) else "Stuck at"
    if key == "closed":
        return "Closed with"
    short = _SHORT_LABELS if progress.brief else {}
    return short.get(key) or _LABELS[key]


def _left_tree(progress: Progress) -> bool:
    """Whether the work has moved on from the position in the tree: own steps since led to key facts or changes.

    It has not if the ask shares a word with the question or action there.
    """
    here, since = progress.position, [step for step in progress.tried if step.number in progress.since_position]
    if here is None or here.kind == "end" or not since or words_in(here.text) & words_in(progress.ask or ""):
        return False
    return any(step.pinned for step in since) or any(change.seq > since[0].seq for change in progress.changes)


_SHORT_LABELS: dict[SectionKey, str] = {
    "taken_back": "Not valid",
    "reverted": "No longer",
    "facts": "Facts",
    "assumed": "Assumed",
    "hypothesis": "Unconfirmed",
    "changes": "In place",
    "warned": "Warned",
}
_CLOSED_LABELS: dict[SectionKey, str] = {
    "at": "Ended at",
    "ask": "Asked",
    "now": "Situation then",
    "assumed": "Never verified",
    "waiting": "Not answered",
}
"""The labels in a closed session, where the usual ones would claim that something still applies."""
_LABELS: dict[SectionKey, str] = {
    "at": "At",
    "last_note": "Last note",
    "waiting": "Waiting",
    "assumed": "Assumed, not verified",
    "hypothesis": "Hypothesis (unconfirmed)",
    "ask": "Ask",
    "now": "Now",
    "before": "At first",
    "caution": "Caution",
    "warned": "Warnings at the time",
    "facts": "Key facts",
    "changes": "Changes in place",
    "reverted": "No longer so",
    "tried": "Tried",
    "next": "Next",
    "ruled_out": "Ruled out",
    "outputs": "Outputs",
    "notes": "Notes",
    "handed_over": "Handed over",
    "taken_back": "Taken back, not valid",
}


def detail(key: SectionKey, progress: Progress, shown: int, total: int) -> str:
    """Return the text after the label of a section that shows `shown` of `total` entries."""
    if key in _DETAILS:
        return _DETAILS[key](progress)
    partial = _PARTIAL_BRIEF if progress.brief else _PARTIAL
    if key not in partial or shown == total:
        return ""
    return f"({shown}/{total})" if progress.brief else f"({shown} of {total})"


# Sections


def _order(progress: Progress) -> tuple[SectionKey, ...]:
    first: tuple[SectionKey, ...] = ("ask", "now", "before", "caution", "at")
    if progress.ask is None or progress.session.status == "closed":
        first = ("closed", "at", "last_note", "ask", "now", "before", "caution")
    return tuple(
        dict.fromkeys(
            (
                *first,
                "closed",
                *(
                    "facts",
                    "assumed",
                    "hypothesis",
                    "changes",
                    "reverted",
                    *(("taken_back",) if progress.brief else ()),
                    "warned",
                ),
                *("waiting", "tried", "next", "ruled_out", "outputs", "notes", "handed_over", "taken_back"),
            )
        )
    )


def sections(progress: Progress, units: list[Unit], shown: Shown) -> Iterator[Section]:
    """Yield the sections in reading order."""
    beside, totals = _outputs_below(shown), Counter(unit.place for unit in units)
    places: dict[SectionKey, list[Unit]] = {}
    for unit in shown:
        places.setdefault(unit.place, []).append(unit)
    for key in _order(progress):
        mine = sorted(places.get(key, ()), key=lambda unit: unit.order)
        if mine and key == "outputs":
            mine = [unit for unit in mine if unit not in beside]
        if mine:
            section = _section(key, label(key, progress), _texts(mine, shown, progress.session.owner), shown, beside)
            yield replace(section, detail=detail(key, progress, len(mine), totals[key]))
        elif key == "tried" and not any(not step.undone for step in progress.tried) and not progress.earlier:
            yield _single("tried", "Tried", "Nothing new." if progress.since else "Nothing yet.")
    for name, text in state_units.footer(progress):
        yield _single(name.lower(), name, text)
    if counts := not_shown(progress, units, shown):
        yield _single("not_shown", counts_label(progress), counts)


def _single(key: str, name: str, text: str) -> Section:
    return Section(key=key, label=name, entries=(SectionEntry(text=text),), single=True)


def _texts(units: list[Unit], shown: Shown, owner: str) -> Iterator[tuple[Unit, str]]:
    """Yield the text of each unit, with author and time if the author differs from that of the previous unit."""
    credits = dict(_credits(units, owner))
    for unit in units:
        yield unit, with_details(unit.lengths.levels[shown[unit]], credits.get(unit, ""))


def _credits(units: Iterable[Unit], owner: str) -> Iterator[tuple[Unit, str]]:
    """Yield the credits (author and time) of units whose author differs from the previous one, the owner at first."""
    by = owner
    for unit in units:
        if unit.credit and unit.credit.by != by:
            by = unit.credit.by
            yield unit, unit.credit.text()


def credit_words(units: Iterable[Unit], owner: str) -> int:
    """Return how many words the credits of units have; a subset of the units never has more."""
    sections: dict[SectionKey, list[Unit]] = {}
    for unit in sorted((unit for unit in units if unit.credit), key=lambda unit: unit.order):
        sections.setdefault(unit.section, []).append(unit)
    return sum(word_count(text) for each in sections.values() for _, text in _credits(each, owner))


def _section(key: str, name: str, texts: Iterator[tuple[Unit, str]], shown: Shown, beside: dict[Unit, Unit]) -> Section:
    entries = []
    for unit, text in texts:
        below = tuple(output.lengths.levels[shown[output]] for output, parent in beside.items() if parent is unit)
        entries.append(SectionEntry(text=text, number=unit.number, below=below, seq=unit.seq, command=unit.command))
    return Section(key=key, label=name, entries=tuple(entries), single=len(entries) == 1 and not entries[0].below)


def _outputs_below(shown: Shown) -> dict[Unit, Unit]:
    """Return the outputs that are shown below the entry they belong to, with the unit of that entry."""
    parents = {unit.seq: unit for unit in shown if unit.seq and unit.section != "outputs"}
    return {unit: parents[unit.seq] for unit in shown if unit.section == "outputs" and unit.seq in parents}


# What is not shown


def counts_label(progress: Progress) -> str:
    """Return the label of the line of what is not shown."""
    return "Omitted" if progress.brief else "Not shown"


def most_counts(progress: Progress, units: list[Unit]) -> int:
    """Return how many words the line of what is not shown has at most."""
    brief, label = progress.brief, word_count(counts_label(progress))
    kinds = {kind for unit in units for kind in unit.counts if kind in (_NAMED if brief else _NOUNS)}
    return label + (4 * len(kinds) + 2 if brief else 2 * len(kinds) + 3)


def not_shown(progress: Progress, units: list[Unit], shown: Shown) -> str:
    """Return how many entries of each kind are not shown; "" for none."""
    missing: Counter[str] = Counter(kind for unit in units if unit not in shown for kind in unit.counts)
    missing["step"] += progress.earlier
    missing["note"] += progress.earlier_notes
    missing["output"] += progress.evidence_more
    if progress.brief:
        return ", ".join(_in_short(missing))
    nouns: Counter[str] = Counter()
    for kind, noun in _NOUNS.items():
        nouns[noun] += missing[kind]
    counts = [counted(count, noun) for noun, count in nouns.items() if count]
    undone = sum(step.undone for step in progress.tried) - sum(unit.section == "taken_back" for unit in shown)
    return ", ".join([*counts, *([f"{undone:,} taken back"] if undone else [])])


def _in_short(missing: Counter[str]) -> Iterator[str]:
    """Yield counts of what is not shown: one for each kind that a reader must not miss, and one for all others."""
    for kind, noun in _NAMED.items():
        if missing[kind]:
            yield counted(missing[kind], *noun)
    if others := sum(missing[kind] for kind in _NOUNS if kind not in _NAMED):
        yield counted(others, "entry", "entries")
