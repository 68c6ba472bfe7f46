"""Signing a terminal in from a browser: the device authorization grant (RFC 8628), over a store."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from rflow.core.actors import Scope
from rflow.core.tokens import read_user_code
from rflow.errors import NotAllowed, NotFound, TooManyAttempts, UsageProblem
from rflow.ports.team import NewToken
from rflow.service.team.devices import Asked, DeviceSignIn
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.team import BEN, CLEO, PASSWORD, Team, team_in

SCOPES: tuple[Scope, ...] = ("read", "write")


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture
def team(folder: Path) -> Iterator[Team]:
    with team_in(folder) as made:
        yield made


@pytest.fixture
def devices(team: Team) -> DeviceSignIn:
    return DeviceSignIn(team.store, clock=team.clock)


@pytest.fixture
def asked(devices: DeviceSignIn) -> Asked:
    return devices.ask("ana-laptop", SCOPES, "192.0.2.7")


def test_approving_a_terminal_issues_a_token_of_the_approver_with_the_requested_scopes(
    team: Team, devices: DeviceSignIn, asked: Asked
) -> None:
    assert devices.poll(asked.device_code) == "authorization_pending"
    seen = devices.asking(BEN, asked.user_code.lower().replace("-", " "))
    assert (seen.machine, seen.address, seen.scopes, seen.asked_at) == ("ana-laptop", "192.0.2.7", SCOPES, team.clock())
    devices.decide(BEN, asked.user_code, approve=True)
    team.clock.wait(seconds=5)
    given = devices.poll(asked.device_code)
    assert isinstance(given, NewToken)
    actor = team.sign_in.by_token(given.secret)
    assert actor is not None
    assert (actor.person, actor.scopes, actor.admin) == (BEN.person, frozenset(SCOPES), False)
    assert team.actions()[-2:] == ["device_approved", "token_created"]
    assert team.for_(BEN)[2].tokens()[0].label == "rflow login on ana-laptop"
    team.clock.wait(days=91)
    assert team.sign_in.by_token(given.secret) is None


def test_a_code_that_was_used_is_an_invalid_grant(team: Team, devices: DeviceSignIn, asked: Asked) -> None:
    devices.decide(BEN, asked.user_code, approve=True)
    assert isinstance(devices.poll(asked.device_code), NewToken)
    team.clock.wait(seconds=60)
    assert devices.poll(asked.device_code) == "invalid_grant"
    with pytest.raises(NotFound):
        devices.decide(BEN, asked.user_code, approve=True)


def test_a_terminal_that_polls_too_fast_gets_slow_down_and_its_token_later(
    team: Team, devices: DeviceSignIn, asked: Asked
) -> None:
    devices.poll(asked.device_code)
    devices.decide(BEN, asked.user_code, approve=True)
    for _ in range(2):
        team.clock.wait(seconds=2)
        assert devices.poll(asked.device_code) == "slow_down"
    team.clock.wait(seconds=5)
    assert isinstance(devices.poll(asked.device_code), NewToken)


def test_a_denied_request_and_an_expired_one_say_so(team: Team, devices: DeviceSignIn, asked: Asked) -> None:
    devices.decide(CLEO, asked.user_code, approve=False)
    assert devices.poll(asked.device_code) == "access_denied"
    assert team.actions()[-1] == "device_denied"
    late = devices.ask("ben-laptop", SCOPES)
    team.clock.wait(minutes=10)
    assert devices.poll(late.device_code) == "expired_token"
    with pytest.raises(NotFound):
        devices.asking(BEN, late.user_code)
    team.clock.wait(hours=2)
    devices.ask("another", SCOPES)
    assert len(team.store.accounts.credentials(kind="device")) == 1


@pytest.mark.parametrize("code", ["", "rfd_x", "rft_" + "0" * 39, "\x00", "rfd_" + "0" * 39])
def test_what_is_no_code_is_an_invalid_grant(devices: DeviceSignIn, code: str) -> None:
    assert devices.poll(code) == "invalid_grant"


def test_neither_a_token_nor_a_guesser_approves(team: Team, devices: DeviceSignIn, asked: Asked) -> None:
    token = team.sign_in.by_token(team.tokens.create("Cleo", ["read", "own"]).secret)
    assert token is not None
    with pytest.raises(NotAllowed):
        devices.decide(token, asked.user_code, approve=True)
    for _ in range(10):
        with pytest.raises(NotFound):
            devices.asking(CLEO, "BCDF-GHJK")
    with pytest.raises(TooManyAttempts):
        devices.asking(CLEO, asked.user_code)
    assert devices.asking(BEN, asked.user_code).machine == "ana-laptop"


def test_one_address_asks_only_so_often(devices: DeviceSignIn) -> None:
    for _ in range(50):
        devices.ask("flood", SCOPES, "192.0.2.9")
    with pytest.raises(TooManyAttempts):
        devices.ask("flood", SCOPES, "192.0.2.9")
    assert devices.ask("ana-laptop", SCOPES, "192.0.2.10").user_code


def test_scopes_are_checked_when_they_are_asked_for(devices: DeviceSignIn) -> None:
    with pytest.raises(UsageProblem):
        devices.ask("ana-laptop", ("read", "admin"))  # type: ignore[arg-type]


def test_of_many_polls_at_once_one_gets_the_token(team: Team, asked: Asked, devices: DeviceSignIn) -> None:
    devices.decide(BEN, asked.user_code, approve=True)

    def poll(_: int) -> object:
        with closing(open_store(team.store.url)) as store:
            return DeviceSignIn(store, clock=team.clock).poll(asked.device_code)

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(poll, range(4)))
    assert sum(isinstance(each, NewToken) for each in got) == 1
    assert len(team.store.accounts.credentials("ben okafor", "token")) == 1


def test_disabling_the_one_who_approved_ends_the_request(team: Team, devices: DeviceSignIn, asked: Asked) -> None:
    devices.decide(BEN, asked.user_code, approve=True)
    team.accounts.disable("Ben Okafor")
    assert devices.poll(asked.device_code) == "invalid_grant"


def test_neither_code_is_in_the_store(team: Team, asked: Asked, folder: Path) -> None:
    data = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"ana-laptop" in data
    for secret in (asked.device_code, asked.user_code, asked.user_code.replace("-", ""), PASSWORD):
        assert secret.encode() not in data


@pytest.mark.parametrize("typed", ["wdjb-mjht", "WDJBMJHT", " wdjb mjht ", "WDJB–MJHT"])
def test_a_code_is_read_whatever_case_and_dashes_it_is_typed_with(typed: str) -> None:
    assert read_user_code(typed) == "WDJB-MJHT"
    assert read_user_code(f"{typed}X") == read_user_code("AEIOUAEI") == ""
