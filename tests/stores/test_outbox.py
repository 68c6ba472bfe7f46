"""The contract of a store's outbox, run for every kind of store that can hold notices."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from rflow.core.notices import LEASE, Notice, notices_of, retried, sent
from rflow.core.session.events import HandedOff
from rflow.core.session.replay import replay
from rflow.errors import UsageProblem
from rflow.ports.stores import Store
from rflow.ports.values import Stale
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.stores.kinds import STORES, url_in
from support.stores.stories import ANA, BEN, MORNING, more, session, short_story

KINDS = ("memory", "sqlite", "postgres")
SESSION = "019a4711-0000-7000-8000-000000000001"
NOON = MORNING + timedelta(hours=4)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, folder: Path) -> str:
    return url_in(folder, str(request.param))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as opened:
        yield opened


def notice(number: int = 1, minutes: int = 0) -> Notice:
    at = MORNING + timedelta(minutes=minutes)
    return Notice(
        id=f"{SESSION}:{number}:handoff",
        kind="handoff",
        session=SESSION,
        code="K7QM-2F",
        seq=number,
        to=BEN,
        by=ANA,
        at=at,
        due=at,
    )


def hand_off(store: Store, expected: int) -> list[Notice]:
    """Start a session and hand it to Ben; return the notices that were written with that."""
    story = short_story("Label printer in Leeds")
    store.create(session(SESSION, "K7QM-2F", story), story, {})
    added = more(story, HandedOff(to=BEN))
    after = replay(added, session(SESSION, "K7QM-2F", story))
    notices = notices_of(after, added)
    store.append(after, added, expected or len(story), {}, notices)
    return notices


def test_a_notice_is_stored_with_the_handoff_that_brings_it(store: Store) -> None:
    (written,) = hand_off(store, expected=0)
    assert (written.to, written.code, written.kind) == (BEN, "K7QM-2F", "handoff")
    assert store.outbox.notices() == [written]


def test_a_handoff_that_is_not_stored_leaves_no_notice(store: Store) -> None:
    with pytest.raises(Stale):
        hand_off(store, expected=17)
    assert store.outbox.notices() == []


def test_a_notice_is_stored_once(store: Store) -> None:
    assert store.outbox.put([notice(), notice(2)]) == 2
    assert store.outbox.put([replace(notice(), attempts=7), notice(3)]) == 1
    assert store.outbox.notices() == [notice(), notice(2), notice(3)]


def test_a_notice_whose_record_was_written_otherwise_is_claimed_once_and_settled(store: Store) -> None:
    somebody = replace(BEN, kind="".join(["per", "son"]))  # equal to the default, but written out by msgspec
    store.outbox.put([replace(notice(), to=somebody)])
    (claimed,) = store.outbox.claim(NOON, NOON + LEASE, 10)
    assert store.outbox.claim(NOON, NOON + LEASE, 10) == []
    assert store.outbox.replace(sent(claimed, NOON), claimed)
    assert not store.outbox.replace(sent(claimed, NOON), claimed)
    assert [each.waiting for each in store.outbox.notices()] == [False]


def test_what_is_due_is_claimed_once_until_the_lease_ends(store: Store) -> None:
    store.outbox.put([notice(1, minutes=5), notice(2), notice(3, minutes=600)])
    claimed = store.outbox.claim(NOON, NOON + LEASE, 10)
    assert [(each.seq, each.attempts, each.due) for each in claimed] == [(2, 1, NOON + LEASE), (1, 1, NOON + LEASE)]
    assert store.outbox.claim(NOON, NOON + LEASE, 10) == []
    later = NOON + LEASE
    assert [(each.seq, each.attempts) for each in store.outbox.claim(later, later + LEASE, 1)] == [(1, 2)]


def test_only_the_last_claimant_of_a_notice_may_settle_it(store: Store) -> None:
    store.outbox.put([notice()])
    (slow,) = store.outbox.claim(NOON, NOON + LEASE, 10)
    (quick,) = store.outbox.claim(NOON + LEASE, NOON + 2 * LEASE, 10)
    assert not store.outbox.replace(sent(slow, NOON), slow, [notice(7)])
    assert store.outbox.replace(sent(quick, NOON + LEASE), quick, [notice(8)])
    assert [(each.seq, each.waiting) for each in store.outbox.notices()] == [(1, False), (8, True)]
    assert [each.seq for each in store.outbox.claim(NOON + timedelta(days=1), NOON + timedelta(days=2), 10)] == [8]


def test_a_notice_that_failed_is_due_again_later_and_is_given_up_in_the_end(store: Store) -> None:
    store.outbox.put([notice()])
    at, pauses = NOON, []
    while True:
        (claimed,) = store.outbox.claim(at, at + LEASE, 10)
        after = retried(claimed, at, "The mail server can't be reached.")
        assert store.outbox.replace(after, claimed)
        if after.given_up:
            break
        pauses.append((after.due - at).total_seconds())
        assert store.outbox.claim(after.due - timedelta(seconds=1), after.due, 10) == []
        at = after.due
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    (last,) = store.outbox.notices()
    assert (last.given_up, last.waiting, last.problem) == (True, False, "The mail server can't be reached.")


def test_what_was_settled_is_swept_after_a_time_and_what_waits_stays(store: Store) -> None:
    store.outbox.put([notice(1), notice(2)])
    first, _ = store.outbox.claim(NOON, NOON + LEASE, 10)
    store.outbox.replace(sent(first, NOON), first)
    store.outbox.sweep(NOON)
    assert len(store.outbox.notices()) == 2
    store.outbox.sweep(NOON + timedelta(seconds=1))
    assert [each.seq for each in store.outbox.notices()] == [2]


def test_an_erased_person_is_in_no_notice(store: Store) -> None:
    other = replace(notice(2), to=ANA, by=ANA)
    store.outbox.put([notice(1), other, replace(other, id="mail", way="mail", address=BEN.id)])
    store.outbox.forget(BEN.id)
    assert store.outbox.notices() == [other]


def test_the_notices_of_a_deleted_session_go_with_it(store: Store) -> None:
    hand_off(store, expected=0)
    store.delete(SESSION)
    assert store.outbox.notices() == []


def test_two_servers_that_claim_at_once_never_get_the_same_notice(url: str) -> None:
    with closing(open_store(url)) as store:
        store.outbox.put([notice(number) for number in range(40)])

    def claims(_: int) -> list[int]:
        with closing(open_store(url)) as mine:
            got: list[int] = []
            for _ in range(10):
                got += [each.seq for each in mine.outbox.claim(NOON, NOON + LEASE, 3)]
            return got

    with ThreadPoolExecutor(4) as pool:
        claimed = [seq for part in pool.map(claims, range(4)) for seq in part]
    assert sorted(claimed) == list(range(40))


def test_a_folder_has_no_outbox(folder: Path) -> None:
    assert set(STORES) == {*KINDS, "json"}
    with closing(open_store(f"json:{folder}/shifts")) as store, pytest.raises(UsageProblem, match="is a folder"):
        _ = store.outbox
