"""Fitting a summary into the room that a format has: whole parts are left out, oldest evidence first, and counted.

A text is never cut once it is escaped. One that is longer than a share of the room is cut before, at a word, so that a
single note of 64 KiB doesn't push out everything else. What stays to the last: the ask, where it stands, the link.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from rflow.core.summary.progress import (
    Continuing,
    Digest,
    FittedDigest,
    FittedProgress,
    Omitted,
    Progress,
    ProgressEvidence,
    ProgressPlace,
)
from rflow.core.text import abridge

Part = TypeVar("Part")

_SHARE = 8
"""One text may take up an eighth of the room."""
_SHORTEST = 16
_STEPS_KEPT = 3
_COMMAND = 200
_LINK = 2_000  # rflow's own has some 60; half of one would lead nowhere
_POINTS = 200
"""Writing a summary down takes long, so a list is cut at 200 places at most: ten tries find the right one."""


Told = Progress | Digest


def fit(told: Told, room: int, write: Callable[[Told], str], measure: Callable[[str], int]) -> tuple[str, Told]:
    """Write down the most of `told` whose text measures `room` at most; give the text and what is left of `told`."""
    points = _points(told) if isinstance(told, Progress) else _digest_points(told)
    tries: dict[int, tuple[str, Told]] = {}

    def tried(point: int) -> tuple[str, Told]:
        if point not in tries:
            cut = _cut(told, points[point], room)
            tries[point] = write(cut), cut
        return tries[point]

    def fits(point: int) -> bool:
        return not is_far_too_long(_cut(told, points[point], room), room) and measure(tried(point)[0]) <= room

    return tried(bisect_left(range(len(points) - 1), True, key=fits))


def is_far_too_long(told: Told, room: int) -> bool:
    """Say whether there is so much to tell that writing it down, to see whether it fits, would be a waste of time.

    White space may be left out when it is written, hence the margin.
    """
    if isinstance(told, Digest):
        texts = [text for session in told.sessions for text in (session.title, session.ask or "")]
    else:
        texts = [text for step in told.tried for text in (step.text, step.result, step.reason)]
        texts += [note.text for note in told.notes]
        texts += [line for piece in told.evidence for line in piece.lines]
        if not told.brief:  # which only counts them
            texts += [text for change in told.changes for text in (change.text, change.revert)]
            texts += [end for answer in told.ruled_out for end in answer.ends]
    return sum(map(len, texts)) > 2 * room


class _Point(msgspec.Struct, frozen=True, kw_only=True):
    """How much is left out: so many entries of lists, oldest first, and of texts what is over a share of the room."""

    outline: int = 0
    outputs: int = 0
    ahead: int = 0
    notes: int = 0
    steps: int = 0
    pieces: int = 0
    answers: int = 0
    texts: int = 0
    changes: int = 0
    sessions: int = 0
    share: int = _SHARE


_TEXTS = ("situation", "impact", "hypothesis")


def _points(told: Progress) -> list[_Point]:
    """List ever smaller summaries: each leaves out one thing more. The brief form counts its answers and changes."""
    kept, steps = min(len(told.tried), _STEPS_KEPT), len(told.tried)
    stages = [
        ("outline", 1 if told.outline else 0),
        ("outputs", _outputs(told.evidence)),
        ("ahead", 1 if told.ahead else 0),
        ("notes", len(told.notes)),
        ("steps", steps - kept),
        ("pieces", len(told.evidence)),
        ("answers", 0 if told.brief else len(told.ruled_out)),
        ("texts", len(_TEXTS)),
        ("steps", steps - 1),
        ("changes", 0 if told.brief else len(told.changes) - 1),
    ]
    return list(_through(stages))


def _digest_points(told: Digest) -> list[_Point]:
    return list(_through([("sessions", len(told.sessions) - 1)]))


def _through(stages: list[tuple[str, int]]) -> Iterator[_Point]:
    """Go from leaving out nothing to leaving out all that the stages say, then cut texts shorter and shorter."""
    point = _Point()
    yield point
    for name, most in stages:
        for count in _counts(getattr(point, name), most):
            point = replace(point, **{name: count})
            yield point
    for share in (16, 32, 64, 128, 256, 1024, 4096):
        yield replace(point, share=share)


def _counts(first: int, last: int) -> Iterator[int]:
    """Count up from behind `first` to `last` in few steps."""
    stride = max(-(-(last - first) // _POINTS), 1)
    yield from range(first + stride, last, stride)
    if last > first:
        yield last


def _cut(told: Told, point: _Point, room: int) -> Told:
    """Give what is told at a point."""
    most = max(room // point.share, _SHORTEST)
    if isinstance(told, Digest):
        return _cut_digest(told, point, most)
    return _cut_progress(told, point, most)


def _cut_digest(told: Digest, point: _Point, most: int) -> FittedDigest:
    kept = told.sessions[: len(told.sessions) - point.sessions]
    whole: dict[str, Any] = asdict(replace(told, sessions=kept))
    return _abridged(FittedDigest(**whole, more=point.sessions), most)


def _cut_progress(told: Progress, point: _Point, most: int) -> FittedProgress:
    texts = tuple(name for name in _TEXTS[::-1][: point.texts] if getattr(told, name))
    before = told.tried[point.steps].number - 1 if point.steps and not told.since else point.steps
    thinned = _thinned(told, point, texts)
    omitted = Omitted(
        steps=before,
        outputs=_outputs(told.evidence[point.pieces :]) - _outputs(thinned.evidence),
        ahead=bool(point.ahead),
        outline=bool(point.outline),
        answers=point.answers,
        texts=texts[::-1],
        changes=point.changes,
    )
    whole: dict[str, Any] = asdict(thinned)
    return _abridged(FittedProgress(**whole, omitted=omitted), most)


def _thinned(told: Progress, point: _Point, texts: tuple[str, ...]) -> Progress:
    """Leave out whole parts."""
    return replace(
        told,
        tried=told.tried[point.steps :],
        notes=told.notes[point.notes :],
        earlier=told.earlier + point.steps + point.notes,
        ruled_out=told.ruled_out[point.answers :],
        changes=told.changes[point.changes :],
        ahead=() if point.ahead else told.ahead,
        outline=() if point.outline else told.outline,
        evidence=_without_outputs(told.evidence, point.outputs)[point.pieces :],
        evidence_more=told.evidence_more + point.pieces,
        **dict.fromkeys(texts),
    )


def _outputs(evidence: tuple[ProgressEvidence, ...]) -> int:
    return sum(bool(piece.lines) for piece in evidence)


def _without_outputs(evidence: tuple[ProgressEvidence, ...], count: int) -> tuple[ProgressEvidence, ...]:
    """Take the output from the first `count` pieces that have one; how much it was stays."""
    first = [place for place, piece in enumerate(evidence) if piece.lines][:count]
    return tuple(
        replace(piece, lines=(), left_out=piece.left_out + len(piece.lines)) if place in first else piece
        for place, piece in enumerate(evidence)
    )


# Texts


def _abridged(part: Part, most: int) -> Part:
    """Cut every text in a part that is longer than `most`."""
    cut: object = part
    match part:
        case str():
            cut = abridge(part, most)
        case tuple():
            cut = tuple(_abridged(one, most) for one in part)
        case Continuing():
            link = part.link if part.link and len(part.link) <= _LINK else None
            cut = replace(part, command=abridge(part.command, max(most, _COMMAND)), link=link)
        case ProgressEvidence():
            cut = replace(
                _each(part, most), lines=tuple(abridge(line, max(most // _SHARE, _SHORTEST)) for line in part.lines)
            )
        case ProgressPlace():
            cut = replace(_each(part, most), choices=_few(part.choices, most))
        case msgspec.Struct():
            cut = _each(part, most)
    return cut  # type: ignore[return-value]


def _each(part: msgspec.Struct, most: int) -> msgspec.Struct:
    return replace(part, **{name: _abridged(getattr(part, name), most) for name in part.__struct_fields__})


def _few(choices: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Keep the choices that have room together, and count the others."""
    short = [abridge(choice, max(most // 4, _SHORTEST)) for choice in choices]
    lengths = accumulate(len(choice) + 3 for choice in short)
    kept = sum(length <= most for length in lengths)
    return tuple(short) if kept == len(short) else (*short[:kept], f"… ({len(short) - kept:,} more)")
