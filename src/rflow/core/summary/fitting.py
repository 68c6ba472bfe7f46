"""Fitting a summary to a format's limit: whole parts are left out, oldest evidence first, and counted.

A text is never cut after it was escaped. A text longer than a share of the limit is cut before, at a word, so that a
single note of 64 KiB does not displace everything else. The ask, the position and the link are kept longest.
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
    Summary,
)
from rflow.core.text import abridge

Part = TypeVar("Part")

_SHARE = 8
"""A single text may take an eighth of the limit."""
_SHORTEST = 16
_STEPS_KEPT = 3
_COMMAND = 200
_LINK = 2_000  # rflow's own has about 60; a link that is cut leads nowhere
_POINTS = 200
"""Rendering takes long, so a list is cut at 200 places at most: about ten renderings find the right one."""


def fit(
    summary: Summary, limit: int, render: Callable[[Summary], str], measure: Callable[[str], int]
) -> tuple[str, Summary]:
    """Return the longest rendering that measures at most `limit`, and what of `summary` it shows."""
    cuts = _cuts(summary) if isinstance(summary, Progress) else _digest_cuts(summary)
    rendered: dict[int, tuple[str, Summary]] = {}

    def at(place: int) -> tuple[str, Summary]:
        if place not in rendered:
            shorter = _shorter(summary, cuts[place], limit)
            rendered[place] = render(shorter), shorter
        return rendered[place]

    def fits(place: int) -> bool:
        return not is_far_too_long(_shorter(summary, cuts[place], limit), limit) and measure(at(place)[0]) <= limit

    return at(bisect_left(range(len(cuts) - 1), True, key=fits))


def is_far_too_long(summary: Summary, limit: int) -> bool:
    """Whether the texts are so long that rendering them, only to measure the result, would be a waste of time.

    White space may be left out by the rendering, hence the margin.
    """
    if isinstance(summary, Digest):
        texts = [text for session in summary.sessions for text in (session.title, session.ask or "")]
    else:
        texts = [text for step in summary.tried for text in (step.text, step.result, step.reason)]
        texts += [note.text for note in summary.notes]
        texts += [line for piece in summary.evidence for line in piece.lines]
        if not summary.brief:  # the brief form only counts them
            texts += [text for change in summary.changes for text in (change.text, change.revert)]
            texts += [end for answer in summary.ruled_out for end in answer.ends]
    return sum(map(len, texts)) > 2 * limit


class _Cut(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries of each list are left out, oldest first; texts are cut to the limit divided by `share`."""

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


def _cuts(summary: Progress) -> list[_Cut]:
    """Return ever deeper cuts, each leaving out more. The brief form only counts its answers and changes."""
    kept, steps = min(len(summary.tried), _STEPS_KEPT), len(summary.tried)
    stages = [
        ("outline", 1 if summary.outline else 0),
        ("outputs", _outputs(summary.evidence)),
        ("ahead", 1 if summary.ahead else 0),
        ("notes", len(summary.notes)),
        ("steps", steps - kept),
        ("pieces", len(summary.evidence)),
        ("answers", 0 if summary.brief else len(summary.ruled_out)),
        ("texts", len(_TEXTS)),
        ("steps", steps - 1),
        ("changes", 0 if summary.brief else len(summary.changes) - 1),
    ]
    return list(_through_stages(stages))


def _digest_cuts(summary: Digest) -> list[_Cut]:
    return list(_through_stages([("sessions", len(summary.sessions) - 1)]))


def _through_stages(stages: list[tuple[str, int]]) -> Iterator[_Cut]:
    """Leave out nothing, then stage by stage all that the stages name, then make the texts shorter and shorter."""
    cut = _Cut()
    yield cut
    for name, most in stages:
        for count in _counts(getattr(cut, name), most):
            cut = replace(cut, **{name: count})
            yield cut
    for share in (16, 32, 64, 128, 256, 1024, 4096):
        yield replace(cut, share=share)


def _counts(first: int, last: int) -> Iterator[int]:
    """Count from `first`, exclusive, to `last`, inclusive, in at most 200 steps."""
    stride = max(-(-(last - first) // _POINTS), 1)
    yield from range(first + stride, last, stride)
    if last > first:
        yield last


def _shorter(summary: Summary, cut: _Cut, limit: int) -> Summary:
    """Return `summary` without what a cut leaves out."""
    most = max(limit // cut.share, _SHORTEST)
    if isinstance(summary, Digest):
        return _shorter_digest(summary, cut, most)
    return _shorter_progress(summary, cut, most)


def _shorter_digest(summary: Digest, cut: _Cut, most: int) -> FittedDigest:
    kept = summary.sessions[: len(summary.sessions) - cut.sessions]
    fields: dict[str, Any] = asdict(replace(summary, sessions=kept))
    return _abridged(FittedDigest(**fields, more=cut.sessions), most)


def _shorter_progress(summary: Progress, cut: _Cut, most: int) -> FittedProgress:
    texts = tuple(name for name in _TEXTS[::-1][: cut.texts] if getattr(summary, name))
    before = summary.tried[cut.steps].number - 1 if cut.steps and not summary.since else cut.steps
    thinned = _without_parts(summary, cut, texts)
    omitted = Omitted(
        steps=before,
        outputs=_outputs(summary.evidence[cut.pieces :]) - _outputs(thinned.evidence),
        ahead=bool(cut.ahead),
        outline=bool(cut.outline),
        answers=cut.answers,
        texts=texts[::-1],
        changes=cut.changes,
    )
    fields: dict[str, Any] = asdict(thinned)
    return _abridged(FittedProgress(**fields, omitted=omitted), most)


def _without_parts(summary: Progress, cut: _Cut, texts: tuple[str, ...]) -> Progress:
    return replace(
        summary,
        tried=summary.tried[cut.steps :],
        notes=summary.notes[cut.notes :],
        earlier=summary.earlier + cut.steps + cut.notes,
        ruled_out=summary.ruled_out[cut.answers :],
        changes=summary.changes[cut.changes :],
        ahead=() if cut.ahead else summary.ahead,
        outline=() if cut.outline else summary.outline,
        evidence=_without_outputs(summary.evidence, cut.outputs)[cut.pieces :],
        evidence_more=summary.evidence_more + cut.pieces,
        **dict.fromkeys(texts),
    )


def _outputs(evidence: tuple[ProgressEvidence, ...]) -> int:
    return sum(bool(piece.lines) for piece in evidence)


def _without_outputs(evidence: tuple[ProgressEvidence, ...], count: int) -> tuple[ProgressEvidence, ...]:
    """Remove the output of the first `count` pieces that have any; its number of lines stays."""
    first = [place for place, piece in enumerate(evidence) if piece.lines][:count]
    return tuple(
        replace(piece, lines=(), left_out=piece.left_out + len(piece.lines)) if place in first else piece
        for place, piece in enumerate(evidence)
    )


# Texts


def _abridged(part: Part, most: int) -> Part:
    """Cut every text in a part that is longer than `most`."""
    shorter: object = part
    match part:
        case str():
            shorter = abridge(part, most)
        case tuple():
            shorter = tuple(_abridged(entry, most) for entry in part)
        case Continuing():
            link = part.link if part.link and len(part.link) <= _LINK else None
            shorter = replace(part, command=abridge(part.command, max(most, _COMMAND)), link=link)
        case ProgressEvidence():
            shorter = replace(
                _each(part, most), lines=tuple(abridge(line, max(most // _SHARE, _SHORTEST)) for line in part.lines)
            )
        case ProgressPlace():
            shorter = replace(_each(part, most), choices=_few(part.choices, most))
        case msgspec.Struct():
            shorter = _each(part, most)
    return shorter  # type: ignore[return-value]


def _each(part: msgspec.Struct, most: int) -> msgspec.Struct:
    return replace(part, **{name: _abridged(getattr(part, name), most) for name in part.__struct_fields__})


def _few(choices: tuple[str, ...], most: int) -> tuple[str, ...]:
    """Keep the choices that fit together, and count the others."""
    short = [abridge(choice, max(most // 4, _SHORTEST)) for choice in choices]
    lengths = accumulate(len(choice) + 3 for choice in short)
    kept = sum(length <= most for length in lengths)
    return tuple(short) if kept == len(short) else (*short[:kept], f"… ({len(short) - kept:,} more)")
