"""Merging two versions of a session that grew apart: nothing is lost, and the result is a session like any other."""

from copy import deepcopy
from functools import reduce
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rflow.core.session import commands as c
from rflow.core.session import events as e
from rflow.core.session.erasing import without_texts
from rflow.core.session.events import Event
from rflow.core.session.merge import LISTS, REFERENCES, merge
from rflow.core.session.replay import replay_session
from rflow.core.session.texts import REMOVED
from support.core.builders import ANN, Scene, free
from support.core.strategies import Dice, play, play_on
from support.nightly import examples


class Grown(NamedTuple):
    """Two versions of a session with their common beginning."""

    common: list[Event]
    one: list[Event]
    other: list[Event]


def grown(begin: bytes, one: bytes, other: bytes) -> Grown:
    """Let two copies of a session go on, each in its own way; texts are removed as a store does it."""
    scene = play(begin)
    twin, common = deepcopy(scene), len(scene.events)
    named = [
        [
            replace(event, command_id=f"{number if event.seq > common else 0}-{event.part_of or event.seq}")
            for event in events
        ]
        for number, events in enumerate((play_on(scene, Dice(one)).events, play_on(twin, Dice(other)).events), 1)
    ]
    removed_in = [{event.fact.target for event in events if isinstance(event.fact, e.TextRedacted)} for events in named]
    stored = [reduce(without, sorted(targets), events) for events, targets in zip(named, removed_in, strict=True)]
    return Grown(stored[0][:common], *stored)


def without(events: list[Event], target: int) -> list[Event]:
    return [event for event in without_texts(events, target) if isinstance(event, Event)]


def versions() -> st.SearchStrategy[Grown]:
    return st.builds(grown, *(st.binary(max_size=60) for _ in range(3)))


def written(events: list[Event], kind: type[e.Fact]) -> list[str]:
    return sorted(repr((event.at, event.by.id)) for event in events if isinstance(event.fact, kind))


@examples(100)
@given(versions())
def test_a_merge_has_the_entries_of_both_in_one_order_and_can_be_read(versions: Grown) -> None:
    common, one, other = versions
    merged = merge(one, other).events
    assert [event.seq for event in merged] == list(range(1, len(merged) + 1))
    assert [event.at for event in merged] == sorted(event.at for event in merged)
    for kind in (e.EvidenceAdded, e.ChangeMade, e.QuestionAsked, e.NodeFlagged):
        assert written(merged, kind) == sorted(written(one, kind) + written(other[len(common) :], kind))
    session = replay_session("s", "K7QM-2F", merged)
    assert session.version == len(merged)
    assert session.owner in [replay_session("s", "", version).owner for version in (one, other)]
    assert session.place in [replay_session("s", "", version).place for version in (one, other)]


@examples(100)
@given(versions())
def test_a_merge_refers_to_nothing_that_comes_later_and_does_not_depend_on_the_order(versions: Grown) -> None:
    merged = merge(versions.one, versions.other)
    for event in merged.events:
        assert all(getattr(event.fact, name, 0) < event.seq for name in REFERENCES)
        assert all(seq < event.seq for name in LISTS for seq in getattr(event.fact, name, None) or ())
        assert event.part_of < event.seq
    assert merge(versions.other, versions.one) == merged
    assert merge(versions.one, versions.one).events == versions.one
    assert merge(versions.one[: len(versions.common)], versions.one).events == versions.one


@examples(100)
@given(versions())
def test_merging_again_brings_only_what_is_new(versions: Grown) -> None:
    """One clone has merged, the other went on: what it had already given comes from both sides now."""
    once = merge(versions.one, versions.other).events
    assert len(merge(once, versions.other).events) == len(once)
    assert len(merge(versions.one, once).events) == len(once)


def test_a_text_that_one_version_removed_does_not_come_back_with_the_other() -> None:
    scene = free()
    scene.do(ANN, c.AddNote(text="The code of the door is 4711"))
    other = deepcopy(scene)
    other.do(ANN, c.AmendEntry(target=2, text="The code of the door is 4712"))
    one = redacted(scene, 2)
    assert "471" not in repr(merge(one, other.events))
    assert len(merge(one, other.events).events) == 4


@pytest.mark.parametrize("where", ["in one version only", "in both"])
def test_a_text_of_a_wait_that_one_version_removed_does_not_come_back_with_its_copy(where: str) -> None:
    scene = free()
    plan = (e.Contingency(condition="the code is 4711", action="log in"),)
    scene.do(ANN, c.SetWaiting(waiting_for="Bob: x", contingencies=plan))
    other = deepcopy(scene)
    for each in [other, scene][: 1 if where == "in one version only" else 2]:
        each.do(ANN, c.SetWaiting(waiting_for="Bob: y", command_id="wait-1"))
    other.do(ANN, c.AddNote(text="It hums", command_id="note-1"))
    one = redacted(scene, 2)
    merged = merge(one, other.events)
    assert merge(other.events, one) == merged
    assert "4711" not in repr(merged)
    (wait,) = replay_session("s", "", merged.events).waiting
    assert (wait.waiting_for, wait.contingencies[0].action) == ("Bob: y", REMOVED)
    assert len(merged.events) == 5


def test_a_text_that_was_kept_in_the_wait_of_somebody_else_stays_there() -> None:
    scene = free()
    plan = (e.Contingency(condition="no answer", action="call Bob"),)
    scene.do(ANN, c.SetWaiting(waiting_for="vendor", contingencies=plan))
    scene.do(ANN, c.SetWaiting(waiting_for="vendor: code 4711"))
    other = deepcopy(scene)
    other.do(ANN, c.SetWaiting(waiting_for="vendor: later", command_id="wait-1"))
    kept = {"no answer", "call Bob"}
    rewritten = [event for event in without_texts(scene.events, 3, kept) if isinstance(event, Event)]
    one = [*rewritten, *scene.decide(ANN, c.RedactText(target=3))]
    merged = merge(one, other.events)
    assert merge(other.events, one) == merged
    assert "4711" not in repr(merged)
    assert ["call Bob" in repr(event) for event in merged.events] == [False, True, False, False, True]


def redacted(scene: Scene, target: int) -> list[Event]:
    return [*without(scene.events, target), *scene.decide(ANN, c.RedactText(target=target))]
