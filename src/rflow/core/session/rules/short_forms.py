"""Short forms: what a brief shows of an entry in place of its texts."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from rflow.core.actors import Actor
from rflow.core.session import events as e
from rflow.core.session.commands import ShortForm
from rflow.core.session.events import LONGEST_REVERT, covered_by
from rflow.core.session.rules.access import Role, roles
from rflow.core.session.state import Change, Note, Session, Step, Wait
from rflow.core.session.texts import Text, validated_text
from rflow.core.text import one_line
from rflow.errors import NotAllowed, NotFound, UsageProblem

_SHORT = Text("short", "short form", "words")
_SHORT_REVERT = Text("short_revert", "short way to revert it", "line")


def shorten(session: Session, forms: Sequence[ShortForm], actor: Actor) -> Iterator[e.EntryAmended]:
    """Give entries their short forms: the owner, and who hands over, any of them, others their own."""
    _check_covering(session, forms)
    owner = not roles(session, actor).isdisjoint({Role.OWNER, Role.SENDER})
    given = set(_written_anew(session, forms)) - {0}
    facts = [
        fact
        for form in forms
        if (
            fact := _shortened(session, form, actor, owner=owner, again={covered_by(form.text), form.target} & given)
        ).texts
    ]
    if not facts:
        raise UsageProblem(
            "A brief says this already.",
            try_=f"See what it shows: rflow -s {session.code} progress --brief",
        )
    yield from facts


def _written_anew(session: Session, forms: Sequence[ShortForm]) -> Iterator[int]:
    """Yield the entries whose short form is another one, or no longer that of an entry that had shared it."""
    for form in forms:
        entry = _entry(session, form.target)
        if form.text != entry.short:
            yield form.target
            yield covered_by(entry.short)
        elif form.revert is not None and form.revert != getattr(entry, "short_revert", ""):
            yield form.target


def _check_covering(session: Session, forms: Sequence[ShortForm]) -> None:
    """Refuse to leave an entry to one without a short form, and what must not be missed to another kind of entry."""
    texts, reverts = ({form.target: getattr(form, name) for form in forms} for name in ("text", "revert"))
    for form in forms:
        if not (seq := covered_by(form.text)):
            continue
        entry, covering = _entry(session, form.target), _entry(session, seq)
        text = texts.get(seq, covering.short)
        if not text or covered_by(text):
            raise UsageProblem(f"Entry {seq} has no short form that could cover {form.target}.", try_=f"Shorten {seq}.")
        if isinstance(entry, Wait) or isinstance(covering, Wait):
            wait = entry.seq if isinstance(entry, Wait) else seq
            raise UsageProblem(f"Entry {wait} is a wait, with a time of its own.", try_=_OWN_LINE)
        if _kind_apart(entry) not in ("", _kind_apart(covering)):
            raise UsageProblem(
                f"Entry {seq} is no {_kind_apart(entry)}, so it can't cover {form.target}, which is one.",
                try_=f"Nothing was recorded. Begin the line with {form.target}, or give each of them one of its own.",
            )
        _check_ways_back(entry, covering, reverts.get(seq))


def _check_ways_back(entry: Step | Note | Change, covering: Step | Note | Change | Wait, written: str | None) -> None:
    """Refuse to hide how one of several changes in place is reverted."""
    if not (isinstance(entry, Change) and isinstance(covering, Change)) or entry.reverted:
        return
    known = covering.short_revert if entry.short == f"#{covering.seq}" else ""
    if not (known if written is None else written) and one_line(entry.revert) != one_line(covering.revert):
        raise UsageProblem(
            f"Changes {covering.seq} and {entry.seq} are reverted in different ways.",
            try_=f"Nothing was recorded. Write a way back for both: {covering.seq}, {entry.seq}: …; revert: …",
        )


_OWN_LINE = "Nothing was recorded. Give it a line of its own."


def _kind_apart(entry: Step | Note | Change | Wait) -> str:
    """Return the kind of an entry that a reader must not take for another one; "" for the others."""
    match entry:
        case Change():
            return "change that was reverted" if entry.reverted else "change in place"
        case Note(kind="warning" | "assumption"):
            return entry.kind
        case Step(assumed=True):
            return "assumption"
        case _:
            return ""


def _shortened(
    session: Session, form: ShortForm, actor: Actor, *, owner: bool, again: AbstractSet[int]
) -> e.EntryAmended:
    entry = _entry(session, form.target)
    if not owner and entry.by.id != actor.person.id:
        who = entry.by.name if entry.by.id == session.owner.id else f"{entry.by.name} or {session.owner.name}"
        raise NotAllowed(f"Entry {entry.seq} is by {entry.by.name}.", try_=f"Ask {who} to shorten it.")
    texts = {"short": validated_text(_SHORT, form.text)}
    if form.revert is not None:
        if not isinstance(entry, Change):
            raise UsageProblem(f"Entry {entry.seq} is not a change.", try_="Leave out how to revert it.")
        texts["short_revert"] = validated_text(_SHORT_REVERT, form.revert)
        if len(texts["short_revert"].split()) > LONGEST_REVERT:
            what = f"The short way to revert {entry.seq} has more than {LONGEST_REVERT} words."
            raise UsageProblem(what, try_="Nothing was recorded. Shorten it, or leave it out.")
    changed = {name: text for name, text in texts.items() if again or text != getattr(entry, name)}
    return e.EntryAmended(target=entry.seq, texts=changed)


def _entry(session: Session, seq: int) -> Step | Note | Change | Wait:
    entry = session.waits.get(seq) or session.entry(seq)
    see = f"See what can be shortened: rflow -s {session.code} shorten"
    if entry is None:
        raise NotFound(f"{session.code} has no entry {seq} with a short form.", try_=see)
    if not isinstance(entry, Step | Note | Change | Wait):
        raise UsageProblem(f"Entry {seq} has no short form.", try_=see)
    if entry.undone:
        raise UsageProblem(f"Entry {seq} was taken back.", try_=see)
    if isinstance(entry, Step | Note) and entry.settled is not None:
        raise UsageProblem(f"Entry {seq} has been settled, or is over.", try_=see)
    return entry
