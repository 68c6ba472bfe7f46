"""Signing in at a store: by password, token, web session, one-time link, and an identity of a provider."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from rflow.core.accounts import Identity
from rflow.core.session import commands as c
from rflow.errors import NotAllowed, NotSignedIn, TooManyAttempts, UsageProblem
from rflow.service.team.identities import Identities
from rflow.service.team.sign_in import SignIn
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.stores.stories import MORNING
from support.team import BEN, PASSWORD, SHELL, TEAM_KINDS, Team, team_in


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=TEAM_KINDS)
def team(folder: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    with team_in(folder, request.param) as made:
        yield made


# Passwords


def test_the_right_password_signs_in_with_the_roles_of_now(team: Team) -> None:
    assert team.sign_in.by_password("ben  OKAFOR", PASSWORD) == BEN
    team.spaces.set_role("leeds", "Ben Okafor", "lead")
    assert team.sign_in.by_password("Ben Okafor", PASSWORD).roles == {"leeds": "lead"}
    assert team.sign_in.by_password("Root", PASSWORD).admin


def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(team: Team) -> None:
    said = []
    for name, password in (("Ben Okafor", "nine red bottles"), ("Nobody", PASSWORD), ("triage-bot", ""), ("", "")):
        with pytest.raises(NotSignedIn) as refused:
            team.sign_in.by_password(name, password)
        said.append(str(refused.value))
    assert len(set(said)) == 1
    assert team.actions()[-4:] == ["sign_in_failed"] * 4


def test_a_password_typed_as_the_name_is_stored_nowhere(team: Team, folder: Path) -> None:
    with pytest.raises(NotSignedIn):
        team.sign_in.by_password("sesame-open-7431", "")
    assert b"sesame-open-7431" not in b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.slow
def test_the_eleventh_wrong_password_waits_even_for_the_right_one_and_over_processes(team: Team) -> None:
    with closing(open_store(team.store.url)) as store:
        processes = [team.sign_in, SignIn(store, clock=team.clock)]
        for number in range(10):
            with pytest.raises(NotSignedIn):
                processes[number % 2].by_password("Ben Okafor", f"wrong {number}", address=f"10.0.0.{number}")
        for process in processes:
            with pytest.raises(TooManyAttempts) as refused:
                process.by_password("Ben Okafor", PASSWORD, address="10.9.9.9")
            assert 0 < refused.value.retry_after <= 900
    assert team.sign_in.by_password("Root", PASSWORD).admin
    team.clock.wait(minutes=15)
    assert team.sign_in.by_password("Ben Okafor", PASSWORD) == BEN


@pytest.mark.slow
def test_the_right_password_forgets_the_wrong_ones(team: Team) -> None:
    for _ in range(3):
        for _ in range(9):
            with pytest.raises(NotSignedIn):
                team.sign_in.by_password("Ben Okafor", "wrong")
        assert team.sign_in.by_password("Ben Okafor", PASSWORD) == BEN


@pytest.mark.slow
def test_one_address_can_not_try_all_names(team: Team) -> None:
    for number in range(50):
        with pytest.raises(NotSignedIn):
            team.sign_in.by_password(f"Somebody {number}", "wrong", address="10.0.0.1")
    with pytest.raises(TooManyAttempts):
        team.sign_in.by_password("Ben Okafor", PASSWORD, address="10.0.0.1")
    assert team.sign_in.by_password("Ben Okafor", PASSWORD, address="10.0.0.2") == BEN


@pytest.mark.slow
def test_a_whole_office_signs_in_from_one_address(team: Team) -> None:
    for number in range(49):
        with pytest.raises(NotSignedIn):
            team.sign_in.by_password(f"Somebody {number}", "wrong", address="10.0.0.1")
    for _ in range(3):
        assert team.sign_in.by_password("Ben Okafor", PASSWORD, address="10.0.0.1") == BEN
    with pytest.raises(NotSignedIn):
        team.sign_in.by_password("Nobody", "wrong", address="10.0.0.1")
    with pytest.raises(TooManyAttempts):
        team.sign_in.by_password("Ben Okafor", PASSWORD, address="10.0.0.1")


@pytest.mark.slow
def test_all_addresses_of_an_ipv6_network_are_one(team: Team) -> None:
    for number in range(50):
        with pytest.raises(NotSignedIn):
            team.sign_in.by_password(f"Somebody {number}", "wrong", address=f"2001:db8::{number + 1:x}")
    with pytest.raises(TooManyAttempts):
        team.sign_in.by_password("Ben Okafor", PASSWORD, address="2001:db8::ffff")
    assert team.sign_in.by_password("Ben Okafor", PASSWORD, address="2001:db8:0:1::1") == BEN


@pytest.mark.parametrize("password", ["", "short", "x" * 201, "ben okafor"])
def test_an_invalid_password_is_refused(team: Team, password: str) -> None:
    with pytest.raises(UsageProblem):
        team.accounts.set_password("Ben Okafor", password)
    assert team.sign_in.by_password("Ben Okafor", PASSWORD) == BEN


def test_letters_composed_differently_are_the_same_password(team: Team) -> None:
    team.accounts.set_password("Ben Okafor", "crème brûlée")
    assert team.sign_in.by_password("Ben Okafor", "cre\u0300me bru\u0302le\u0301e") == BEN


def test_somebody_changes_their_own_password_and_their_web_sessions_end(team: Team) -> None:
    session = team.sign_in.open_session(BEN)
    mine = team.for_(BEN)[0]
    with pytest.raises(NotSignedIn):
        mine.change_password("not it", "ten green bottles")
    assert team.sign_in.by_session(session) == BEN
    mine.change_password(PASSWORD, "ten green bottles")
    assert team.sign_in.by_session(session) is None
    assert team.sign_in.by_password("Ben Okafor", "ten green bottles") == BEN


def test_a_password_hash_with_other_parameters_is_renewed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher
    from msgspec.structs import replace

    from rflow.core.accounts import AuditEntry

    ben = team.store.accounts.account("ben okafor")
    assert ben is not None
    weak = replace(ben, password=PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD))
    team.store.accounts.replace(weak, ben, AuditEntry(at=MORNING, action="test"))
    team.sign_in.by_password("Ben Okafor", PASSWORD)
    now = team.store.accounts.account("ben okafor")
    assert now is not None
    assert "m=19456,t=2,p=1" in now.password


# Tokens


def test_a_token_acts_as_its_account_within_its_scopes(team: Team) -> None:
    secret = team.tokens.create("triage-bot", ["write"]).secret
    actor = team.sign_in.by_token(secret)
    assert actor is not None
    assert (actor.person.kind, actor.roles) == ("agent", {"leeds": "member"})
    assert actor.scopes == frozenset(("read", "write"))


def test_a_token_ends_when_it_expires_or_is_revoked_or_its_account_disabled(team: Team) -> None:
    lasting = [team.tokens.create("Ben Okafor", ["read"], MORNING + timedelta(hours=1)) for _ in range(3)]
    assert all(team.sign_in.by_token(new.secret) for new in lasting)
    team.tokens.revoke(lasting[0].token.id)
    assert team.sign_in.by_token(lasting[0].secret) is None
    team.clock.wait(hours=1)
    assert team.sign_in.by_token(lasting[1].secret) is None
    other = team.tokens.create("Ben Okafor", ["read"])
    team.accounts.disable("Ben Okafor")
    assert team.sign_in.by_token(other.secret) is None
    team.accounts.enable("Ben Okafor")
    assert team.sign_in.by_token(other.secret) is None


def test_texts_that_are_no_token_sign_nobody_in(team: Team) -> None:
    secret = team.tokens.create("Ben Okafor", ["read"]).secret
    session = team.sign_in.open_session(BEN)
    for odd in ("", secret + "\n", secret[:-1], secret.upper(), session, "rft_" + "A" * 39, "\udc80" * 43):
        assert team.sign_in.by_token(odd) is None
    assert team.sign_in.by_session(secret) is None


def test_using_a_token_is_noted_without_a_write_at_each_request(team: Team) -> None:
    new = team.tokens.create("Ben Okafor", ["read"])
    team.sign_in.by_token(new.secret)
    assert team.tokens.tokens("Ben Okafor")[0].used_at is None
    team.clock.wait(minutes=6)
    team.sign_in.by_token(new.secret)
    assert team.tokens.tokens("Ben Okafor")[0].used_at == team.clock.at


def test_a_token_creates_no_tokens_and_a_member_only_their_own(team: Team) -> None:
    bot = team.sign_in.by_token(team.tokens.create("triage-bot", ["read", "write"]).secret)
    assert bot is not None
    with pytest.raises(NotAllowed):
        team.for_(bot)[2].create("triage-bot", ["own"])
    mine = team.for_(BEN)[2]
    with pytest.raises(NotAllowed):
        mine.create("Root", ["read"])
    own = mine.create("Ben Okafor", ["read"]).token
    assert mine.tokens() == [own]
    assert len(team.tokens.tokens()) == 2


# Web sessions


def test_a_web_session_ends_after_twelve_idle_hours_or_seven_days(team: Team) -> None:
    idle, busy = team.sign_in.open_session(BEN), team.sign_in.open_session(BEN)
    for _ in range(13):
        team.clock.wait(hours=12, seconds=-1)
        assert team.sign_in.by_session(busy) == BEN
    assert team.sign_in.by_session(idle) is None
    team.clock.wait(hours=12, seconds=13)
    assert team.sign_in.by_session(busy) is None


def test_signing_out_ends_one_or_all_web_sessions_on_the_server(team: Team) -> None:
    first, second, third = (team.sign_in.open_session(BEN) for _ in range(3))
    team.sign_in.close_session(first)
    assert [team.sign_in.by_session(each) for each in (first, second, third)] == [None, BEN, BEN]
    assert team.sign_in.close_all_sessions(BEN) == 2
    assert [team.sign_in.by_session(each) for each in (second, third)] == [None, None]


# One-time links


def test_an_invitation_sets_a_password_once(team: Team) -> None:
    link = team.accounts.add("Chloé Martin").invitation
    assert link is not None
    assert team.sign_in.invited(link.token) == "Chloé Martin"
    with pytest.raises(UsageProblem):
        team.sign_in.set_password(link.token, "short")
    actor = team.sign_in.set_password(link.token, PASSWORD)
    assert actor.person.name == "Chloé Martin"
    with pytest.raises(NotSignedIn):
        team.sign_in.set_password(link.token, "another password")
    assert team.sign_in.invited(link.token) is None
    assert team.sign_in.by_password("chloé martin", PASSWORD) == actor


def test_a_reset_ends_what_else_signed_in(team: Team) -> None:
    session = team.sign_in.open_session(BEN)
    first, second = (team.accounts.one_time_link("Ben Okafor") for _ in range(2))
    assert first.kind == "reset"
    team.sign_in.set_password(first.token, "ten green bottles")
    assert team.sign_in.by_session(session) is None
    assert team.sign_in.invited(second.token) is None


def test_a_one_time_link_ends_after_72_hours_and_with_its_account(team: Team) -> None:
    link, other = (team.accounts.one_time_link("Ben Okafor") for _ in range(2))
    team.accounts.disable("Ben Okafor")
    assert team.sign_in.invited(other.token) is None
    team.accounts.enable("Ben Okafor")
    late = team.accounts.one_time_link("Ben Okafor")
    team.clock.wait(hours=72)
    for each in (link, other, late):
        with pytest.raises(NotSignedIn):
            team.sign_in.set_password(each.token, "ten green bottles")


# OpenID Connect


def test_an_identity_gets_an_account_of_its_own_whatever_the_name(team: Team) -> None:
    identities = Identities(team.store, clock=team.clock)
    first = identities.sign_in(Identity(issuer="https://id.example.com", subject="1"), "Ben Okafor")
    second = identities.sign_in(Identity(issuer="https://id.example.com", subject="2"), "Ben Okafor")
    assert {first.person.name, second.person.name} == {"Ben Okafor (2)", "Ben Okafor (3)"}
    assert identities.sign_in(Identity(issuer="https://id.example.com", subject="1"), "Benjamin") == first
    assert first.roles == {}


def test_an_identity_does_not_get_the_sessions_of_somebody_of_that_name(team: Team) -> None:
    team.at(SHELL).start(c.Start(title="Label printer"))
    identity = Identity(issuer="https://id.example.com", subject="1")
    signed_in = Identities(team.store, clock=team.clock).sign_in(identity, SHELL.person.name)
    assert signed_in.person.name == "shell (2)"


def test_groups_set_roles_and_disabled_accounts_stay_out(team: Team) -> None:
    identities, ben = Identities(team.store, clock=team.clock), Identity(issuer="https://id.example.com", subject="1")
    actor = identities.sign_in(ben, "Ben", roles={"leeds": "lead"}, admin=True)
    assert (actor.roles, actor.admin) == ({"leeds": "lead"}, True)
    actor = identities.sign_in(ben, "Ben", roles={"leeds": None}, admin=False)
    assert (actor.roles, actor.admin) == ({}, False)
    team.accounts.disable("Ben")
    with pytest.raises(NotSignedIn):
        identities.sign_in(ben, "Ben")


def test_the_last_admin_is_not_kept_out_by_their_groups(team: Team) -> None:
    identities, zoe = Identities(team.store, clock=team.clock), Identity(issuer="https://id.example.com", subject="9")
    identities.sign_in(zoe, "Zoe", admin=True)
    team.accounts.set_admin("Root", admin=False)
    assert identities.sign_in(zoe, "Zoe", admin=False).admin


def test_an_agent_is_no_admin_and_leads_nothing(team: Team) -> None:
    with pytest.raises(UsageProblem):
        team.accounts.set_admin("triage-bot", admin=True)
    with pytest.raises(UsageProblem):
        team.spaces.set_role("leeds", "triage-bot", "lead")
    with pytest.raises(UsageProblem):
        team.accounts.set_password("triage-bot", PASSWORD)


# Secrets


def test_no_secret_is_in_the_files_of_the_store_nor_in_the_audit(team: Team, folder: Path) -> None:
    invitation = team.accounts.add("Chloé Martin").invitation
    assert invitation is not None
    secrets = [
        PASSWORD,
        team.tokens.create("Ben Okafor", ["read"]).secret,
        team.sign_in.open_session(BEN),
        invitation.token,
        team.accounts.one_time_link("Ben Okafor").token,
    ]
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in repr(team.store.accounts.audit())
        assert secret not in repr(team.accounts.users()) + repr(team.tokens.tokens())
