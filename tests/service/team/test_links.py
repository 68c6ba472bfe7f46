"""Links that a space limits, and links with a password or a limit of views."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.sharing import Minted, Share, ShareCount, ShareWish
from rflow.core.space_policy import Policy
from rflow.errors import NotAllowed, NotFound, NotSignedIn, TooManyAttempts, UsageProblem
from rflow.ports.paging import WHOLE, Part
from rflow.ports.stores import ShareStore
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.team import BEN, ROOT, SHELL, TEAM_KINDS, Clock, Team, team_in


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=TEAM_KINDS)
def team(folder: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    with team_in(folder, request.param) as made:
        yield made


def shared(team: Team) -> SharedSessions:
    return SharedSessions(team.store, clock=team.clock, zone=lambda at: at)


def link(team: Team, **wish: Any) -> Minted:
    session = team.at(BEN).start(c.Start(title="Label printer", space="leeds")).session
    wish.setdefault("expires_at", team.clock.at + timedelta(days=30))
    return team.at(BEN).create_share(ShareWish(session=session, **wish))


def protected(team: Team, **wish: Any) -> Share:
    """Make a link, and return it as its readers find it."""
    minted = link(team, **wish)
    assert shared(team).live(minted.token) is None
    working = shared(team).working(minted.token)
    assert working is not None
    return working[0]


# Lists


def test_a_few_links_among_those_of_others_are_found_in_a_few_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read may have to look at all links of a store: one for every page of them would take minutes."""
    with closing(open_store("memory:many")) as store:
        ben, cleo = (LocalWorkspace(store, Actor(person=person(name)), clock=Clock()) for name in ("Ben", "Cleo"))
        session = ben.start(c.Start(title="Label printer")).session
        mine = cleo.create_share(ShareWish(session=session)).share
        theirs = ben.create_share(ShareWish(session=session)).share
        for number in range(5000):
            store.shares.add(replace(theirs, id=f"LINK{number}", hash=str(number)))
        reads: list[Part] = []
        usual = type(store.shares).listed

        def counted(shares: ShareStore, session: str | None = None, part: Part = WHOLE) -> list[ShareCount]:
            reads.append(part)
            return usual(shares, session, part)

        monkeypatch.setattr(type(store.shares), "listed", counted)
        assert [count.share.id for count in cleo.shares(part=Part(limit=2))] == [mine.id]
        assert len(reads) < 6
        assert len(ben.shares(part=Part(limit=3))) == 3


# The policy of the space


def test_a_space_without_links_makes_none_and_shows_none_from_then_on(team: Team) -> None:
    minted = link(team)
    assert shared(team).live(minted.token) is not None
    team.spaces.set_policy("Leeds", Policy(links="off"))
    assert shared(team).live(minted.token) is None
    assert shared(team).working(minted.token) is None
    with pytest.raises(NotAllowed):
        link(team)
    team.spaces.set_policy("Leeds", Policy())
    assert shared(team).live(minted.token) is not None


def test_links_for_signed_in_people_ask_for_that_even_if_they_are_older(team: Team) -> None:
    older = link(team)
    team.spaces.set_policy("Leeds", Policy(links="signed_in"))
    newer = link(team)
    assert newer.share.audience == "signed_in"
    for minted in (older, newer):
        assert shared(team).live(minted.token) is None
        working = shared(team).working(minted.token)
        assert working is not None
        assert working[1] == {"sign_in"}


@pytest.mark.parametrize("actor", [BEN, ROOT, SHELL])
def test_no_link_lasts_longer_than_its_space_allows(team: Team, actor: Any) -> None:
    session = team.at(BEN).start(c.Start(title="Label printer", space="leeds")).session
    team.spaces.set_policy("Leeds", Policy(longest_link=3600))
    for expires_at in (None, team.clock.at + timedelta(hours=1, seconds=1)):
        with pytest.raises(NotAllowed):
            team.at(actor).create_share(ShareWish(session=session, expires_at=expires_at))
    team.at(actor).create_share(ShareWish(session=session, expires_at=team.clock.at + timedelta(hours=1)))


@pytest.mark.parametrize("name", ["longest_link", "remind_after", "handoff_life"])
@pytest.mark.parametrize("seconds", [30, 90, 3601])
def test_the_times_of_a_space_are_whole_minutes(team: Team, name: str, seconds: int) -> None:
    """People see and type them in minutes: a form would change them, or could not be sent."""
    with pytest.raises(UsageProblem, match="whole minutes"):
        team.spaces.set_policy("Leeds", convert({name: seconds}, Policy))
    minute = convert({name: 60}, Policy)
    assert team.spaces.set_policy("Leeds", minute).policy == minute


# Passwords


def test_a_link_with_a_password_opens_by_it_for_an_hour(team: Team) -> None:
    share = protected(team, password="open sesame")
    links = shared(team).protected
    with pytest.raises(NotSignedIn):
        links.open(share, "open")
    opened = links.open(share, "open sesame")
    assert links.is_open(share, opened.token)
    team.clock.wait(hours=1)
    assert not links.is_open(share, opened.token)


def test_what_opened_one_link_opens_no_other(team: Team) -> None:
    first, second = protected(team, password="open sesame"), protected(team, password="open sesame")
    opened = shared(team).protected.open(first, "open sesame")
    assert not shared(team).protected.is_open(second, opened.token)
    assert not shared(team).protected.is_open(first, "")


@pytest.mark.slow
def test_a_changed_password_shuts_out_those_who_had_the_old_one(team: Team) -> None:
    minted = link(team, password="open sesame")
    opened = shared(team).protected.open(minted.share, "open sesame")
    changed = team.at(BEN).protect_share(minted.share.id, "open barley")
    assert not shared(team).protected.is_open(changed, opened.token)
    with pytest.raises(NotSignedIn):
        shared(team).protected.open(changed, "open sesame")
    assert shared(team).protected.is_open(changed, shared(team).protected.open(changed, "open barley").token)
    team.at(BEN).protect_share(minted.share.id, "")
    assert shared(team).live(minted.token) is not None


@pytest.mark.slow
def test_twenty_wrong_passwords_over_two_processes_are_too_many(team: Team) -> None:
    share = protected(team, password="open sesame")
    outcomes = []
    with closing(open_store(team.store.url)) as store:
        other = SharedSessions(store, clock=team.clock, zone=lambda at: at)
        for number in range(20):
            process = (shared(team), other)[number % 2].protected
            with pytest.raises((NotSignedIn, TooManyAttempts)) as refused:
                process.open(share, f"wrong {number}", address=f"10.0.0.{number}")
            outcomes.append(refused.type)
    assert outcomes == [NotSignedIn] * 10 + [TooManyAttempts] * 10


@pytest.mark.parametrize("password", ["abc", "x" * 201])
def test_no_link_is_created_with_an_invalid_password(team: Team, password: str) -> None:
    with pytest.raises(UsageProblem):
        link(team, password=password)
    assert team.store.shares.listed() == []


# Views


def test_a_limited_link_is_opened_as_often_as_it_may_be_whoever_asks_first(team: Team) -> None:
    share = protected(team, max_views=3)

    def open_it(_: int) -> bool:
        with closing(open_store(team.store.url)) as store:
            try:
                SharedSessions(store, clock=team.clock, zone=lambda at: at).protected.open(share)
            except NotFound:
                return False
            return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(open_it, range(12))) == 3


def test_a_wrong_password_uses_no_view_and_reloading_neither(team: Team) -> None:
    share = protected(team, password="open sesame", max_views=1)
    links = shared(team).protected
    with pytest.raises(NotSignedIn):
        links.open(share, "wrong")
    opened = links.open(share, "open sesame")
    assert all(links.is_open(share, opened.token) for _ in range(3))
    with pytest.raises(NotFound):
        links.open(share, "open sesame")


def test_protected_links_need_a_store_that_can_count(folder: Path, team: Team) -> None:
    with closing(open_store(f"json:{folder}/shifts")) as store:
        mine = LocalWorkspace(store, SHELL, clock=team.clock)
        session = mine.start(c.Start(title="Label printer")).session
        for wish in ({"password": "open sesame"}, {"max_views": 2}):
            with pytest.raises(UsageProblem, match="SQLite"):
                mine.create_share(ShareWish(session=session, **wish))
        assert SharedSessions(store, clock=team.clock, zone=lambda at: at).live(
            mine.create_share(ShareWish(session=session)).token
        )
