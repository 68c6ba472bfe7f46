"""Somebody leaves a team: their account is disabled or erased, and nothing of theirs keeps working."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session.events import Brief
from rflow.core.session.head import Query
from rflow.core.session.search.query import Search
from rflow.core.sharing import ShareWish
from rflow.core.space_policy import Policy
from rflow.errors import NotAllowed, NotFound, StoreProblem, TracesLeft, UsageProblem
from rflow.ports.stores import Networked, Store
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.team import erasing, leaving
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.team import BEN, CLEO, PASSWORD, ROOT, SHELL, TEAM_KINDS, Clock, Team, team_in


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=TEAM_KINDS)
def team(folder: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    with team_in(folder, request.param) as made:
        yield made


def start(team: Team, actor: Actor = BEN, title: str = "Label printer", space: str = "leeds") -> str:
    return team.at(actor).start(c.Start(title=title, space=space)).session


def owner(team: Team, session: str) -> str:
    return team.at(ROOT).load(session).session.owner.name


def test_disabling_ends_links_and_gives_open_sessions_to_an_heir(team: Team) -> None:
    session, closed = start(team), start(team, title="Scanner")
    team.at(BEN).send(closed, c.Close(outcome="resolved"))
    token = team.at(BEN).create_share(ShareWish(session=session)).token
    shared = SharedSessions(team.store, clock=team.clock, zone=lambda at: at)
    assert shared.live(token) is not None
    left = team.accounts.disable("Ben Okafor", heir="cleo")
    assert shared.live(token) is None
    assert (left.links, list(left.sessions.values())) == (1, ["Cleo"])
    assert owner(team, session) == "Cleo"
    assert owner(team, closed) == "Ben Okafor"
    assert team.actions()[-3:] == ["account_disabled", "link_revoked", "session_reassigned"]
    assert [entry.details["to"] for entry in team.accounts.audit() if "to" in entry.details] == ["cleo"]


def test_without_an_heir_or_with_one_from_elsewhere_sessions_wait_in_a_queue_that_members_claim(team: Team) -> None:
    team.accounts.add("Zoe")
    first = start(team)
    team.accounts.disable("Ben Okafor", heir="Zoe")
    assert owner(team, first) == "@unassigned"
    team.at(CLEO).send(first, c.TakeOver(reason="Ben has left"))
    assert owner(team, first) == "Cleo"
    team.accounts.disable("Cleo")
    assert owner(team, first) == "@unassigned"


@pytest.mark.parametrize("erased", [False, True])
def test_a_handoff_of_somebody_who_has_left_that_is_declined_waits_in_the_queue(team: Team, erased: bool) -> None:
    session = start(team)
    team.at(BEN).send(session, c.HandOff(to=person("Cleo")))
    team.accounts.disable("Ben Okafor")
    if erased:
        team.accounts.erase("Ben Okafor")
    team.at(CLEO).send(session, c.Decline(reason="I am on leave"))
    assert owner(team, session) == "@unassigned"
    team.at(CLEO).send(session, c.TakeOver(reason="Nobody else is here"))
    assert owner(team, session) == "Cleo"


def test_a_decline_that_is_repeated_passes_on_what_the_first_could_not(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start(team)
    team.at(BEN).send(session, c.HandOff(to=person("Cleo")))
    team.accounts.disable("Ben Okafor")
    decline = c.Decline(reason="I am on leave", command_id="decline-1")

    def busy(*_: object) -> None:
        raise StoreProblem("The store is busy.")

    with monkeypatch.context() as patched, pytest.raises(StoreProblem):
        patched.setattr(leaving, "pass_on", busy)
        team.at(CLEO).send(session, decline)
    assert owner(team, session) == "Ben Okafor"
    team.at(CLEO).send(session, decline)
    assert owner(team, session) == "@unassigned"
    team.at(CLEO).send(session, decline)
    assert owner(team, session) == "@unassigned"


def passed_on(team: Team, session: str) -> None:
    leaving.pass_on(team.store, session, team.clock)


def disabled(team: Team, session: str) -> None:
    team.accounts.disable("Ben Okafor")


@pytest.mark.parametrize(("read", "leave"), [("latest", passed_on), ("heads", disabled)], ids=["passed on", "disabled"])
def test_a_session_that_is_taken_over_meanwhile_stays_with_who_took_it(
    team: Team, read: str, leave: Callable[[Team, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if leave is passed_on:
        team.accounts.disable("Ben Okafor")
    session = start(team)  # by a request that was under way
    usual = getattr(type(team.store), read)

    def then_taken_over(store: Store, wanted: object) -> object:
        found = usual(store, wanted)
        monkeypatch.setattr(type(team.store), read, usual)
        team.at(CLEO).send(session, c.TakeOver(reason="Ben has left"))
        return found

    monkeypatch.setattr(type(team.store), read, then_taken_over)
    leave(team, session)
    assert owner(team, session) == "Cleo"


@pytest.mark.parametrize("heir", ["Nobody", "Ben Okafor", "@"])
def test_an_heir_who_can_not_be_leaves_the_account_as_it_was(team: Team, heir: str) -> None:
    with pytest.raises((NotFound, UsageProblem)):
        team.accounts.disable("Ben Okafor", heir=heir)
    assert team.sign_in.by_password("Ben Okafor", PASSWORD) == BEN


def test_the_last_admin_is_neither_disabled_nor_erased_nor_demoted(team: Team) -> None:
    for change in (team.accounts.disable, team.accounts.erase):
        with pytest.raises(NotAllowed):
            change("Root")
    with pytest.raises(NotAllowed):
        team.accounts.set_admin("Root", admin=False)
    team.accounts.set_admin("Ben Okafor", admin=True)
    assert not team.accounts.set_admin("Root", admin=False).admin


def test_disabling_again_finishes_what_was_interrupted(team: Team) -> None:
    team.accounts.disable("Ben Okafor")
    session = start(team)  # by a request that was under way
    assert list(team.accounts.disable("Ben Okafor").sessions.values()) == ["@unassigned"]
    assert owner(team, session) == "@unassigned"


@pytest.mark.parametrize("team", ["sqlite"], indirect=True)
def test_a_session_that_can_not_be_written_is_named_and_the_others_move(team: Team, folder: Path) -> None:
    first, second = start(team), start(team)
    with closing(sqlite3.connect(folder / "team.db")) as db, db:
        db.execute("UPDATE events SET data = '{}' WHERE session_id = ? AND seq = 1", (first,))
    left = team.accounts.disable("Ben Okafor", heir="Cleo")
    assert len(left.unreadable) == 1
    assert owner(team, second) == "Cleo"
    assert team.accounts.erase("Ben Okafor").unreadable == left.unreadable


@pytest.mark.parametrize("team", ["sqlite"], indirect=True)
def test_a_name_that_is_erased_is_left_nowhere_in_the_store(team: Team, folder: Path) -> None:
    session = start(team)
    other = start(team, CLEO, "Till, as Ben Okafor said")
    ben, cleo = team.at(BEN), team.at(CLEO)
    ben.send(session, c.SetBrief(brief=Brief(ask="Call ben  okafor")))
    cleo.send(other, c.AskQuestion(to=person("Ben Okafor"), text="Was it you, BEN OKAFOR?"))
    ben.send(other, c.ReplyQuestion(target=2, text="Yes"))
    ben.create_share(ShareWish(session=session))
    ben.revoke_share(cleo.create_share(ShareWish(session=session)).share.id)
    assert cleo.search(Search(words="okafor")).total == 2
    left = team.accounts.erase("Ben Okafor")
    assert left.rewritten == 2
    assert cleo.search(Search(words="okafor")).total == 0
    assert b"okafor" not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).lower()
    log = team.at(CLEO).load(other)
    assert log.session.title == "Till, as Former member said"
    assert [person.name for person in team.at(CLEO).people()] == ["@unassigned", "Cleo", "Former member", "triage-bot"]
    assert team.store.check() == []
    with pytest.raises(NotFound):
        team.accounts.user("Ben Okafor")
    assert team.actions()[-1] == "account_erased"


def test_what_was_decided_before_a_name_was_erased_does_not_bring_it_back(team: Team) -> None:
    """`rflow run` asks first whether it may write, and writes when the command has ended: that may take an hour."""
    session = start(team)
    team.at(BEN).send(session, c.HandOff(to=person("Cleo")))
    cleo, note = team.at(CLEO), c.AddNote(text="The lamp is red")
    cleo.check(session, note)
    team.accounts.erase("Ben Okafor")
    cleo.send(session, note)
    (head,) = team.store.heads(Query()).heads
    assert b"okafor" not in msgspec.json.encode([head, team.store.people(), team.store.load(session).events]).lower()
    assert [note.text for note in team.store.load(session).session.notes.values()] == ["The lamp is red"]
    assert team.store.check() == []


def test_what_somebody_sent_in_the_moment_of_their_erasure_is_erased_too(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = start(team, CLEO), start(team, CLEO)
    rewrite, ben = erasing._rewrite, team.at(BEN)
    team.at(CLEO).send(first, c.AskQuestion(to=BEN.person, text="Was it you?"))

    def late(store: Store, session_id: str, *given: Any) -> tuple[bool, str]:
        done = rewrite(store, session_id, *given)
        if session_id == first and not store.load(first).session.notes:
            ben.send(first, c.AddNote(text="Sent just before"))
        return done

    monkeypatch.setattr(erasing, "_rewrite", late)
    assert team.accounts.erase("Ben Okafor").rewritten == 1
    assert [note.by.name for note in team.store.load(first).session.notes.values()] == ["Former member"]
    assert {somebody.name for somebody in team.store.people()} == {"Cleo", "Former member"}
    assert team.store.load(second).session.version == 1


@pytest.mark.parametrize("team", ["sqlite"], indirect=True)
def test_a_removal_that_leaves_traces_for_now_is_whole_and_in_the_audit(team: Team, folder: Path) -> None:
    first, second, third = start(team), start(team), start(team, CLEO)
    usual, url = team.store, f"sqlite://{folder}/team.db"
    with closing(open_store(url, patience=0.1)) as team.store, closing(sqlite3.connect(folder / "team.db")) as reader:
        accounts = team.for_(SHELL)[0]
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        with pytest.raises(TracesLeft):
            team.at(CLEO).send(third, c.RedactText(target=1))
        with pytest.raises(TracesLeft):
            team.at(BEN).delete(first)
        with pytest.raises(TracesLeft):
            accounts.erase("Ben Okafor")
    team.store = usual
    with pytest.raises(NotFound):
        team.accounts.user("Ben Okafor")
    assert team.at(CLEO).load(second).session.owner.name == "@unassigned"
    assert {"text_redacted", "session_deleted", "account_erased"} <= set(team.actions())
    assert not any(b"ben okafor" in msgspec.json.encode(entry).lower() for entry in team.store.accounts.audit())


@pytest.mark.parametrize("traces", [False, True], ids=["", "traces are left"])
def test_what_somebody_else_deletes_meanwhile_is_not_recorded_again(
    team: Team, traces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("Label printer", "Scanner"):
        wish = c.Start(title=title, space="leeds", brief=Brief(customer="Zeta"))
        session = team.at(BEN).start(wish).session
    name = "delete_all" if isinstance(team.store, Networked) else "delete"
    usual = getattr(type(team.store), name)

    def later(store: Store, ids: str | list[str]) -> object:
        """Delete what is to be deleted once somebody else has deleted one of it."""
        with monkeypatch.context() as patched, suppress(TracesLeft, NotFound):
            patched.setattr(type(team.store), name, usual)
            team.store.delete(session)
        return usual(store, ids)

    monkeypatch.setattr(type(team.store), name, later)
    if traces:
        monkeypatch.setattr("rflow.stores.postgres.erasing.erase", lambda *_, **__: False)
        monkeypatch.setattr("rflow.stores.sqlite.file.SqliteFile.erase", lambda *_: False)
    with pytest.raises(TracesLeft) if traces else nullcontext():
        assert len(team.spaces.erase("Leeds", customer="Zeta")) == 1
    assert team.actions().count("session_erased") == 1


def test_retention_deletes_old_closed_sessions_of_its_space_only(team: Team) -> None:
    old, open_, elsewhere = start(team), start(team), start(team, ROOT, space="default")
    team.at(BEN).send(old, c.Close(outcome="resolved"))
    team.at(ROOT).send(elsewhere, c.Close(outcome="resolved"))
    team.spaces.set_policy("Leeds", Policy(retention_days=30))
    assert team.spaces.clean() == []
    team.clock.wait(days=31)
    young = start(team)
    team.at(BEN).send(young, c.Close(outcome="resolved"))
    code = team.at(ROOT).load(old).code
    assert team.spaces.clean() == [code]
    assert {head.id for head in team.at(ROOT).heads(Query()).heads} == {open_, elsewhere, young}
    assert team.actions()[-1] == "session_expired"


def test_what_is_done_to_sessions_is_in_the_audit_without_a_text(team: Team) -> None:
    session = start(team, title="Secret title")
    ben = team.at(BEN)
    ben.send(session, c.AddNote(text="Secret note"))
    minted = ben.create_share(ShareWish(session=session, label="Secret label"))
    ben.revoke_share(minted.share.id)
    ben.exported(session)
    ben.send(session, c.RedactText(target=2))
    ben.send(session, c.HandOff(to=person("cleo"), note="Secret handoff"))
    team.at(CLEO).send(session, c.Accept())
    ben.send(session, c.TakeOver(reason="Secret reason"))
    ben.delete(session)
    assert [action for action in team.actions() if action.split("_")[0] in ("session", "link", "text")] == [
        "link_made",
        "link_revoked",
        "session_exported",
        "text_redacted",
        "session_handed_off",
        "session_taken_over",
        "session_deleted",
    ]
    entries = repr(team.store.accounts.audit())
    assert "Secret" not in entries
    assert minted.token not in entries


def test_a_store_without_accounts_has_no_audit(folder: Path) -> None:
    with closing(open_store(f"sqlite://{folder}/mine.db")) as store:
        mine = LocalWorkspace(store, SHELL, clock=Clock())
        session = mine.start(c.Start(title="Label printer")).session
        mine.create_share(ShareWish(session=session))
        mine.send(session, c.HandOff(to=person("Ben")))
        mine.send(session, c.CancelHandoff())
        mine.delete(session)
        assert store.accounts.audit() == []


def test_a_receiver_is_a_member_by_the_name_of_their_account(team: Team) -> None:
    team.accounts.add("Zoe")
    session = start(team)
    said = []
    for name in ("Zoe", "Nobody Here"):
        with pytest.raises(NotFound) as refused:
            team.at(BEN).send(session, c.HandOff(to=person(name)))
        said.append(str(refused.value).replace(name, "NAME"))
    assert said[0] == said[1]
    sent = team.at(BEN).send(session, c.HandOff(to=replace(person("Cleo"), name="CLEO")))
    assert team.at(ROOT).load(sent.session).session.owner.name == "Cleo"


def test_an_agent_that_acts_is_named_as_one(team: Team) -> None:
    bot = team.sign_in.by_token(team.tokens.create("triage-bot", ["write"]).secret)
    assert bot is not None
    session = start(team)
    team.at(bot).send(session, c.AddNote(text="Seen twice today"))
    assert team.at(ROOT).load(session).session.notes[2].by.kind == "agent"
    with pytest.raises(NotAllowed):
        team.at(bot).create_share(ShareWish(session=session, expires_at=team.clock.at + timedelta(hours=1)))
