"""Computing Progress from a session and its trees: the summary that answers "what have you tried so far?"."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from operator import le
from typing import TypeVar

import msgspec

from rflow.core.session.state import Evidence, Note, Session, Step
from rflow.core.summary.progress import (
    Ahead,
    Continuing,
    Header,
    OutlineEntry,
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
from rflow.core.text import clean, one_line
from rflow.core.tree.graph import Turn, outline, remaining, ruled_out
from rflow.core.tree.marks import met_again
from rflow.core.tree.model import Decision, End, Node, Tree

EVIDENCE_SHOWN = 3
EVIDENCE_LINES = 10
AHEAD_DEPTH = 2

Zone = Callable[[datetime], datetime]
"""Puts an aware time into the renderer's zone."""

_Entry = TypeVar("_Entry")


class View(msgspec.Struct, kw_only=True):
    """How to look at a session: the time it is, the renderer's zone, what hides secrets, and since when to tell.

    `since` is the number of the last event that the reader knows already; `most` steps and as many notes, the last
    ones, are told (None: all), and the last `evidence` pieces of that; `ask` overrides the recorded one.
    """

    as_of: datetime
    zone: Zone
    hide: Callable[[str], str]
    since: int = 0
    since_at: datetime | None = None
    most: int | None = None
    evidence: int = EVIDENCE_SHOWN
    ask: str | None = None
    link: str | None = None
    link_expires: datetime | None = None
    tree_changed: bool | None = None
    outline: bool = False

    def text(self, text: str) -> str:
        """Make an untrusted text of several lines fit to be shown."""
        return clean(self.hide(clean(text))).strip("\n").rstrip() if text else ""

    def line(self, text: str) -> str:
        """Make an untrusted text of one line fit to be shown."""
        return one_line(self.hide(one_line(text)))

    def maybe(self, text: str | None) -> str | None:
        """Make an optional text fit to be shown; empty counts as absent."""
        return self.text(text) or None if text else None

    def maybe_line(self, text: str | None) -> str | None:
        """Make an optional text of one line fit to be shown; empty counts as absent."""
        return self.line(text) or None if text else None

    def last(self, entries: list[_Entry]) -> list[_Entry]:
        """Leave out all but the last `most`."""
        return entries if self.most is None else entries[max(len(entries) - self.most, 0) :]

    def time(self, at: datetime | None) -> datetime | None:
        """Put a time into the renderer's zone."""
        return None if at is None else self.zone(at)


def summarise(session: Session, trees: Mapping[str, Tree], view: View) -> Progress:
    """Compute the progress of `session`; `trees` holds the versions it went through by digest, as far as known."""
    tree = trees.get(session.tree.digest) if session.tree else None
    steps = [(number, step) for number, step in enumerate(steps_of(session), 1) if step.seq > view.since]
    tried = tuple(_tried(step, number, view) for number, step in view.last(steps))
    notes = tuple(_note(note, view) for note in view.last([n for n in session.notes.values() if n.seq > view.since]))
    evidence = [piece for piece in session.evidence.values() if piece.seq > view.since]
    shown = evidence[-view.evidence :]
    return Progress(
        session=_header(session, view),
        ask=view.maybe(view.ask if view.ask is not None else session.brief.ask),
        situation=view.maybe(session.brief.situation),
        impact=view.maybe(session.brief.impact),
        position=_position(session, tree, view),
        remaining=_remaining(session, tree, view),
        tried=tried,
        ruled_out=tuple(_ruled_out(session, trees, view)),
        hypothesis=view.maybe(session.brief.hypothesis),
        changes=tuple(_changes(session, view)),
        waiting=waiting_of(session, view),
        ahead=_ahead(session, tree, view),
        outline=_outline(session, tree, view) if tree and view.outline else (),
        evidence=tuple(_evidence(piece, view) for piece in shown),
        evidence_more=len(session.evidence) - len(shown),
        notes=notes,
        since=view.time(view.since_at),
        earlier=len(session.steps) - len(tried) + len(session.notes) - len(notes),
        unreadable=len(session.unreadable),
        resume=Continuing(
            command=f"rflow resume {one_line(session.code)}" if session.code else "rflow import FILE",
            link=view.link,
            link_expires=view.time(view.link_expires),
        ),
        redacted=getattr(view.hide, "count", 0),
    )


def steps_of(session: Session) -> list[Step]:
    """Give the steps in the order in which they were tried: one written down later stands where it happened."""
    steps = list(session.steps.values())
    if not any(step.kind == "own" for step in steps) or _in_order(steps):
        return steps
    last: datetime | None = None
    keys = []
    for step in steps:
        last = step.at or last
        keys.append((last is not None, last.timestamp() if last else 0.0, step.seq))
    return [step for _, step in sorted(zip(keys, steps, strict=True), key=lambda pair: pair[0])]


def _in_order(steps: list[Step]) -> bool:
    times = [step.at for step in steps if step.at is not None]
    try:
        return all(map(le, times, islice(times, 1, None)))
    except TypeError:  # A time without its zone, in a line that somebody wrote by hand.
        return False


def _header(session: Session, view: View) -> Header:
    brief, closing, pending = session.brief, session.closing, session.pending
    end = closing.at if closing else view.as_of
    elapsed = (end - session.started_at).total_seconds() if session.started_at else None
    return Header(
        id=one_line(session.id),
        code=one_line(session.code),
        title=view.line(session.title),
        status=session.status,
        owner=view.line(session.owner.name),
        as_of=view.zone(view.as_of),
        ticket=view.maybe_line(brief.ticket),
        customer=view.maybe_line(brief.customer),
        severity=view.maybe_line(brief.severity),
        outcome=closing.outcome if closing else None,
        closing_summary=view.maybe(closing.summary) if closing else None,
        started_at=view.time(session.started_at),
        elapsed=max(elapsed, 0.0) if elapsed is not None else None,
        tree=_tree(session, view),
        handed_off_by=view.line(pending.sender.name) if pending else None,
        handoff_note=view.maybe(pending.note) if pending else None,
        source=view.maybe_line(session.source),
    )


def _tree(session: Session, view: View) -> ProgressTree | None:
    tree = session.tree
    if tree is None:
        return None
    return ProgressTree(
        id=view.line(tree.id), title=view.line(tree.title), digest=one_line(tree.digest), changed=view.tree_changed
    )


def _position(session: Session, tree: Tree | None, view: View) -> ProgressPlace | None:
    place = session.place
    if place is None:
        return None
    node: Node | None = tree.nodes.get(place.node) if tree else None
    choices = node.choices if isinstance(node, Decision) else ()
    return ProgressPlace(
        node=view.line(place.node),
        kind=place.kind,
        text=view.line(place.text),
        choices=tuple(view.line(choice.label) for choice in choices),
        help=view.text(node.help) if node else "",
        run=view.text(node.run) if node else "",
    )


def _remaining(session: Session, tree: Tree | None, view: View) -> ProgressRemaining | None:
    if tree is None or session.place is None or session.place.node not in tree.nodes:
        return None
    found = remaining(tree, session.place.node)
    ends = tuple(view.line(tree.nodes[name].text) for name in found.ends)
    return ProgressRemaining(fewest=found.fewest, most=found.most, loops=found.loops, ends=ends)


def _ahead(session: Session, tree: Tree | None, view: View) -> tuple[Ahead, ...]:
    if tree is None or session.place is None or session.status == "closed":
        return ()
    return tuple(
        Ahead(
            depth=line.depth,
            label=view.line(line.label),
            kind=line.kind,
            text=view.line(line.text),
            repeated=line.repeated,
            cut=line.cut,
        )
        for line in outline(tree, session.place.node, AHEAD_DEPTH)
    )


def _outline(session: Session, tree: Tree, view: View) -> tuple[OutlineEntry, ...]:
    """Outline the whole tree that the session stands in."""
    from rflow.core.tree.outline import tree_outline

    path = path_through(session, session.tree.digest) if session.tree else []
    return tree_outline(tree, path, session.place.node if session.place else None, view.line)


def _tried(step: Step, number: int, view: View) -> Tried:
    return Tried(
        number=number,
        seq=step.seq,
        kind=step.kind,
        text=view.text(step.text),
        result=view.text(step.result),
        by=view.line(step.by.name),
        at=view.time(step.at),
        assumed=step.assumed,
        skipped=step.kind == "skipped",
        undone=step.undone,
        reason=view.text(step.reason),
    )


def _ruled_out(session: Session, trees: Mapping[str, Tree], view: View) -> list[ProgressRuledOut]:
    """Collect what each tree's part of the path ruled out.

    An end such as "Solved", which stands behind several ways and says only that it works again, is no cause: that it is
    out of reach tells nobody anything.
    """
    paths = _paths(session)
    found = []
    for digest, tree in trees.items():
        if digest not in session.trees:
            continue
        shared = met_again(tree)
        for answer in ruled_out(tree, paths.get(digest, ())):
            ends = [tree.nodes[name] for name in answer.ends if not (name in shared and _is_solved(tree.nodes[name]))]
            if ends and answer.node in tree.nodes:
                found.append(
                    ProgressRuledOut(
                        question=view.line(tree.nodes[answer.node].text),
                        answer=view.line(answer.label),
                        ends=tuple(view.line(end.text) for end in ends),
                        unconfirmed=answer.unconfirmed,
                    )
                )
    return found


def _is_solved(node: Node) -> bool:
    return isinstance(node, End) and node.outcome == "resolved"


def _paths(session: Session) -> dict[str, list[Turn]]:
    """Give the paths through all trees; of moves between the same nodes only the last, which decides."""
    last: dict[tuple[str, str, str], Step] = {}
    for step in reversed(session.steps.values()):
        if step.kind != "own" and not step.undone:
            last.setdefault((step.tree, step.node, step.to), step)
    paths: dict[str, list[Turn]] = {}
    for step in reversed(last.values()):
        paths.setdefault(step.tree, []).append(_turn(step))
    return paths


def path_through(session: Session, tree: str) -> list[Turn]:
    """Give the moves made in the tree version of digest `tree`; those taken back are left out.

    Entering it once more counts as a move on the spot: it brings back into reach what earlier answers had ruled out.
    """
    steps = session.steps.values()
    return [_turn(step) for step in steps if step.kind != "own" and not step.undone and step.tree == tree]


def _turn(step: Step) -> Turn:
    label = step.result if step.kind == "choice" else ""
    return Turn(node=step.node or step.to, label=label, to=step.to, assumed=step.assumed)


def _changes(session: Session, view: View) -> list[ProgressChange]:
    return [
        ProgressChange(
            seq=change.seq,
            text=view.text(change.text),
            revert=view.text(change.revert),
            by=view.line(change.by.name),
            at=view.time(change.at),
        )
        for change in session.changes.values()
        if not change.reverted
    ]


def waiting_of(session: Session, view: View) -> ProgressWaiting | None:
    waiting = session.waiting
    if waiting is None:
        return None
    return ProgressWaiting(text=view.text(waiting.waiting_for), until=view.time(waiting.until))


def _evidence(piece: Evidence, view: View) -> ProgressEvidence:
    what = piece.what
    lines = view.text(what.excerpt).split("\n") if what.excerpt.strip() else []
    shown = lines[-EVIDENCE_LINES:]
    return ProgressEvidence(
        seq=piece.seq,
        kind=what.kind,
        label=view.line(what.label),
        command=view.line(what.command),
        by=view.line(piece.by.name),
        lines=tuple(shown),
        left_out=len(lines) - len(shown) + max(what.left_out - 1, 0),  # the excerpt has a line for its gap
        bytes_total=what.bytes_total,
        at=view.time(piece.at),
        exit_code=what.exit_code,
        duration=what.duration,
        host=view.line(what.host),
    )


def _note(note: Note, view: View) -> ProgressNote:
    return ProgressNote(
        seq=note.seq,
        text=view.text(note.text),
        by=view.line(note.by.name),
        at=view.time(note.at),
        amended=note.amended,
    )
