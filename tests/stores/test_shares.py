"""The contract of a store's read-only links, run for every kind of store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rflow.core.actors import Actor
from rflow.core.sharing import Share, ShareCount, ShareView, may_revoke, state_of, stored_share
from rflow.core.tokens import is_token, token_hash, token_of
from rflow.ports.paging import Part, link_key
from rflow.ports.stores import Store
from rflow.stores import open_store
from rflow.stores.copy import copy_store
from support.reading import version_in
from support.stores import postgres
from support.stores.faults import quick_folder
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import ANA, BEN, CHLOE, MORNING, session, short_story

LEEDS, VPN = (f"019a4711-0000-7000-8000-00000000000{number}" for number in (1, 2))
TOKENS = [token_of(bytes([number]) * 32) for number in range(6)]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=EVERY_KIND)
def url(request: pytest.FixtureRequest, folder: Path) -> str:
    return url_in(folder, str(request.param))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with a session about a printer in Leeds, and one about a VPN."""
    opened = open_store(url)
    for session_id, code, title in ((LEEDS, "K7QM-2F", "A label printer"), (VPN, "VPNX-01", "VPN drops")):
        story = short_story(title)
        opened.create(session(session_id, code, story), story, {})
    yield opened
    opened.close()


def link(number: int, session_id: str = LEEDS, **more: object) -> Share:
    """Make a share as of some minutes past the morning."""
    token, at = TOKENS[number], MORNING + timedelta(minutes=number)
    share = Share(
        id=f"LINK{number}", session=session_id, hash=token_hash(token), ending=token[-4:], by=ANA, created_at=at
    )
    return msgspec.structs.replace(share, **more)


def look(minute: int, form: str = "page") -> ShareView:
    return msgspec.convert({"at": MORNING + timedelta(minutes=minute), "form": form, "agent": "curl/8"}, ShareView)


def test_a_link_is_found_by_the_hash_of_its_token_by_another_program_too(store: Store, url: str) -> None:
    share = link(1, expires_at=MORNING + timedelta(hours=24), label="for Ben", patterns=("sesame",), until_seq=2)
    store.shares.add(share)
    with closing(open_store(url)) as other:
        assert other.shares.by_hash(share.hash) == share
    assert store.shares.by_hash(token_hash(TOKENS[2])) is None


def test_a_store_without_links_lists_none(store: Store) -> None:
    assert store.shares.listed() == []
    assert store.shares.by_hash(token_hash(TOKENS[1])) is None
    assert list(store.shares.views("LINK1", 9)) == []


def test_links_are_listed_the_newest_first_and_by_session(store: Store) -> None:
    for share in (link(1), link(2, VPN), link(3)):
        store.shares.add(share)
    assert [one.share.id for one in store.shares.listed()] == ["LINK3", "LINK2", "LINK1"]
    assert [one.share.id for one in store.shares.listed(LEEDS)] == ["LINK3", "LINK1"]


def test_links_are_listed_in_parts_that_leave_out_what_only_a_newer_rflow_reads(store: Store) -> None:
    at_once = link(1).created_at
    for number in (1, 2, 3, 4):
        store.shares.add(msgspec.structs.replace(link(number), created_at=at_once))
    newer = stored_share(msgspec.structs.replace(link(5), id="LINK2A", created_at=at_once))
    store.shares.restore(msgspec.structs.replace(newer, data=newer.data[:-1] + b',"sealed":true}'))
    store.shares.add(link(0))
    whole = store.shares.listed()
    for limit in (1, 2, 3, 9):
        parts: list[ShareCount] = []
        part = Part(limit=limit)
        while some := store.shares.listed(part=part):
            parts += some
            part = Part(after=link_key(some[-1].share), limit=limit)
        assert parts == whole
    last = Part(after=link_key(whole[2].share))
    assert store.shares.listed(part=last) == whole[3:]
    assert [one.share.id for one in whole] == ["LINK1", "LINK2", "LINK3", "LINK4", "LINK0"]
    assert store.shares.listed("nowhere", Part(limit=2)) == []


def test_links_are_found_by_the_beginning_of_their_ids(store: Store) -> None:
    twelfth = link(4, id="LINK12")
    for share in (link(2), link(1), twelfth, link(3, VPN)):
        store.shares.add(share)
    newer = stored_share(msgspec.structs.replace(link(5), id="LINK1A"))
    store.shares.restore(msgspec.structs.replace(newer, data=newer.data[:-1] + b',"sealed":true}'))
    store.shares.record({"LINK12": [look(1)]})
    found = store.shares.find_by_prefix("LINK1")
    assert [(one.share, one.views) for one in found] == [(link(1), 0), (twelfth, 1)]
    assert [one.share.id for one in store.shares.find_by_prefix("LINK3")] == ["LINK3"]
    assert store.shares.find_by_prefix("LINK9") == store.shares.find_by_prefix("link") == []


def test_views_are_counted_and_kept(store: Store) -> None:
    store.shares.add(link(1))
    store.shares.add(link(2))
    store.shares.record({"LINK1": [look(3), look(4, "txt")], "GONE": [look(5)]})
    store.shares.record({"LINK1": [look(6)]})
    listed = {one.share.id: (one.views, one.last_view) for one in store.shares.listed()}
    assert listed == {"LINK2": (0, None), "LINK1": (3, MORNING + timedelta(minutes=6))}
    assert list(store.shares.views("LINK1", 2)) == [look(6), look(4, "txt")]
    assert list(store.shares.views("GONE", 2)) == []


def test_of_a_flood_of_views_the_last_are_kept_and_all_are_counted(store: Store) -> None:
    store.shares.add(link(1))
    store.shares.record({"LINK1": [*[look(1)] * 2500, look(2)]})
    assert len(store.shares.views("LINK1", 9999)) == 1000
    assert list(store.shares.views("LINK1", 2)) == [look(2), look(1)]
    (counted,) = store.shares.listed()
    assert (counted.views, counted.last_view) == (2501, MORNING + timedelta(minutes=2))


def test_of_many_views_the_last_are_kept_and_all_are_counted(store: Store, folder: Path) -> None:
    store.shares.add(link(1))
    store.shares.record({"LINK1": [look(0)] * 1500})
    assert len(store.shares.views("LINK1", 9999)) == 1500
    store.shares.record({"LINK1": [look(1)] * 600 + [look(2, "txt")]})
    assert len(store.shares.views("LINK1", 9999)) == 1000
    store.shares.record({"LINK1": [look(3)] * 2000})
    assert list(store.shares.views("LINK1", 2)) == [look(3), look(3)]
    (counted,) = store.shares.listed()
    assert (counted.views, counted.last_view) == (1500 + 601 + 2000, MORNING + timedelta(minutes=3))
    target = open_store(f"json:{folder}/other")
    copy_store(store, target, iter(()))
    assert target.shares.listed() == store.shares.listed()


def test_a_link_that_was_revoked_says_so_to_everybody(store: Store, url: str) -> None:
    store.shares.add(link(1))
    ended = link(1, revoked_at=MORNING + timedelta(hours=1), revoked_by=BEN)
    store.shares.replace(ended)
    with closing(open_store(url)) as other:
        found = other.shares.by_hash(ended.hash)
    assert found == ended
    assert state_of(ended, MORNING) == "revoked"


def test_deleting_a_session_ends_its_links_and_only_those(store: Store, url: str) -> None:
    for share in (link(1), link(2, VPN)):
        store.shares.add(share)
    store.shares.record({"LINK1": [look(3)]})
    store.delete(LEEDS)
    assert store.shares.by_hash(token_hash(TOKENS[1])) is None
    with closing(open_store(url)) as other:
        assert [one.share.id for one in other.shares.listed()] == ["LINK2"]
    store.shares.replace(link(1, label="back from the dead"))
    assert store.shares.by_hash(token_hash(TOKENS[1])) is None


def test_a_copy_of_a_store_takes_its_links_along(store: Store, folder: Path) -> None:
    store.shares.add(link(1))
    store.shares.record({"LINK1": [look(3), look(4)]})
    for target in (open_store(f"json:{folder}/other"), open_store(f"sqlite://{folder}/other.db")):
        assert copy_store(store, target, iter(())).shares == 1
        assert [(one.share, one.views) for one in target.shares.listed()] == [(link(1), 2)]
        assert copy_store(store, target, iter(())).shares == 0
        target.close()


def test_the_version_of_a_session_is_known_without_reading_it(store: Store) -> None:
    assert version_in(store, LEEDS) == len(short_story())
    assert version_in(store, "019a4711-0000-7000-8000-00000000000f") is None


def test_a_link_that_is_damaged_opens_nothing_is_reported_and_hides_no_other(store: Store, url: str) -> None:
    kind, _, place = url.partition(":")
    if kind == "memory":
        return  # where nothing gets damaged
    store.shares.add(link(1))
    store.shares.add(link(2, VPN))
    path = Path(place.removeprefix("//"))
    if kind == "sqlite":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE shares SET data = X'7B00' WHERE id = 'LINK1'")
    elif kind == "postgresql":
        postgres.execute(url, r"UPDATE shares SET data = '\x7B00' WHERE id = 'LINK1'")
    else:
        (path / "shares" / f"{link(1).hash}.json").write_bytes(b"{\x00")
    again = open_store(url)
    assert again.shares.by_hash(link(1).hash) is None
    assert [one.share.id for one in again.shares.listed()] == ["LINK2"]
    faults = [fault for fault in again.check() if fault.where.startswith("link ")]
    assert [fault.severity for fault in faults] == ["error"]
    again.close()


# The token


def test_a_token_has_as_many_random_bits_as_it_says_and_catches_every_slip() -> None:
    token = token_of(b"\xff" * 32)
    assert len(token) == 4 + 33 + 6
    assert is_token(token)
    slips = [token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :] for at in range(len(token))]
    swapped = [token[:at] + token[at + 1] + token[at] + token[at + 2 :] for at in range(4, 42)]
    assert [slip for slip in slips + swapped if slip != token and is_token(slip)] == []
    for odd in ("", "rfs_", token + "\n", " " + token, token + "%00", token.upper(), ":token"):
        assert not is_token(odd)


def test_a_link_is_live_until_it_expires() -> None:
    share = link(1, expires_at=MORNING + timedelta(hours=1))
    assert state_of(share, MORNING) == "live"
    assert state_of(share, MORNING + timedelta(hours=1)) == "expired"
    assert state_of(link(1), MORNING + timedelta(days=9999)) == "live"


def test_a_link_is_ended_by_who_made_it_or_owns_the_session_or_leads_its_space() -> None:
    ana, chloe = Actor(person=ANA), Actor(person=CHLOE)
    assert may_revoke(link(1), None, ana)
    assert may_revoke(link(1, by=BEN), ANA.id, ana)
    assert not may_revoke(link(1, by=BEN), BEN.id, chloe)
    assert may_revoke(link(1, by=BEN), BEN.id, Actor(person=CHLOE, roles={"default": "lead"}))
