"""Notices of handoffs and questions: who gets them, by which way, with what in them, and what is tried again."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rflow.core.notices import ATTEMPTS, NOTIFYING, Notice
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.space_policy import Policy
from rflow.delivery.mail import mail_server
from rflow.delivery.webhooks.targets import WebhookTarget
from rflow.errors import StoreProblem, UsageProblem
from rflow.service.local import sending
from rflow.service.notices.overdue import OverdueHandoffs
from rflow.service.notices.sending import NoticeSender, NoticeSettings
from rflow.service.sessions import receiver
from rflow.service.team import leaving
from rflow.service.upkeep import Counts, Round
from support.mailbox import Mailbox, mailbox
from support.team import BEN, CLEO, ROOT, SHELL, Team, team_in
from support.web.webhook_server import Server, reply

BASE = "https://rflow.example.com"
TIER2 = person("@tier2")
SECRET = "hunter2-and-more"
NOTE = f"DBA is Robin. password={SECRET} <b>now</b>"


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


@pytest.fixture
def team(tmp_path: Path, box: Mailbox) -> Iterator[Team]:
    """The team, with addresses for Ben and Cleo."""
    box.messages.clear()
    with team_in(tmp_path) as opened:
        opened.accounts.set_notices("Ben Okafor", email="ben@example.com")
        opened.accounts.set_notices("Cleo", email="cleo@example.com")
        yield opened


def settings(box: Mailbox, **more: object) -> NoticeSettings:
    server = mail_server(f"127.0.0.1:{box.port}", "rflow <rflow@example.com>", "none")
    return msgspec.structs.replace(NoticeSettings(base=BASE, mail=server), **more)


def sender(team: Team, box: Mailbox, **more: object) -> NoticeSender:
    return NoticeSender(team.store, settings(box, **more), clock=team.clock)


def started(team: Team) -> str:
    return team.at(BEN).start(c.Start(title="Label printer", space="leeds")).session


def handed(team: Team, to: str = "Cleo", note: str = NOTE) -> str:
    session = started(team)
    team.at(BEN).send(session, c.HandOff(to=person(to), note=note))
    return session


def notices(team: Team) -> list[Notice]:
    return team.store.outbox.notices()


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]


def test_the_receiver_gets_a_mail_with_who_what_and_where_and_no_text_of_the_session(team: Team, box: Mailbox) -> None:
    session = handed(team)
    assert sender(team, box).send_due() == 1
    (mail,) = box.messages
    code = team.store.load(session).code
    assert (mail["To"], mail["From"]) == ("Cleo <cleo@example.com>", "rflow <rflow@example.com>")
    assert mail["Subject"] == f"[rflow] Ben Okafor handed {code} to you"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] != mail["References"] == mail["In-Reply-To"]
    plain, html = parts(mail)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert f"Ben Okafor handed {code} to you.\n\n{BASE}/sessions/{code}\n\nIn a terminal: rflow accept {code}" in plain
    assert f'<a href="{BASE}/sessions/{code}">' in html
    assert plain.endswith(f"To switch it off: {BASE}/account\n")
    for word in ("Label printer", "Robin", SECRET):
        assert word not in mail.as_string()
    assert sender(team, box).send_due() == 0
    assert len(box.messages) == 1


def test_handoffs_by_name_on_the_server_notify_a_known_account_and_a_queue(team: Team, box: Mailbox) -> None:
    here = team.at(SHELL)  # as at a terminal on the server
    first, again, last = started(team), started(team), started(team)
    for session, name in ((first, "Cleo"), (again, "Cleo"), (last, "@tier2")):
        here.send(session, c.TakeOver(reason="Ben is away"))
        here.send(session, c.HandOff(to=receiver(here, name)[0]))
    assert sender(team, box).send_due() == 4  # the queue's members, Ben and Cleo, are told too
    assert [each for each in notices(team) if each.waiting] == []


def test_mails_about_one_session_are_a_thread(team: Team, box: Mailbox) -> None:
    session = handed(team)
    team.at(BEN).send(session, c.AskQuestion(to=person("Cleo"), text="Which lamp is lit?"))
    assert sender(team, box).send_due() == 2
    first, second = box.messages
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert "asked you something" in second["Subject"]


def test_texts_are_shown_where_the_space_allows_it_without_secrets_and_never_as_markup(
    team: Team, box: Mailbox
) -> None:
    team.spaces.set_policy("Leeds", Policy(notice_texts=True))
    handed(team)
    sender(team, box).send_due()
    plain, html = parts(box.messages[0])
    assert "Session: Label printer\nNote: DBA is Robin. password=[redacted]" in plain
    assert SECRET not in box.messages[0].as_string()
    assert "<b>now</b>" not in html
    assert "&lt;b&gt;now&lt;/b&gt;" in html


def test_a_name_never_becomes_a_header(team: Team, box: Mailbox) -> None:
    team.accounts.add("Bcc: x@example.com", password="nine green bottles")
    team.accounts.set_notices("Bcc: x@example.com", email="x@example.com")
    team.spaces.set_role("Leeds", "Bcc: x@example.com", "member")
    handed(team, "Bcc: x@example.com")
    sender(team, box).send_due()
    (mail,) = box.messages
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].display_name == "Bcc: x@example.com"


def test_an_account_without_notices_or_address_gets_none(team: Team, box: Mailbox) -> None:
    team.accounts.set_notices("Cleo", on=False)
    handed(team)
    team.accounts.set_notices("Cleo", email="", on=True)
    handed(team)
    assert sender(team, box).send_due() == 0
    assert [notice.waiting for notice in notices(team)] == [False, False]


def test_a_queue_is_notified_in_its_channel_or_else_its_members(team: Team, box: Mailbox) -> None:
    team.accounts.add("Root Two", admin=True)
    handed(team, "@tier2")
    sender(team, box).send_due()
    assert [mail["To"] for mail in box.messages] == ["Cleo <cleo@example.com>"]
    with Server(reply(200, b"ok")) as channel:
        target = WebhookTarget(name="tier2", kind="json", url=f"{channel.base}/hook")
        handed(team, "@tier2")
        assert sender(team, box, targets={"tier2": target}).send_due() == 1
        (request,) = channel.requests
    body = json.loads(request.body)
    assert (body["notice"], body["to"]["name"], body["by"]["name"]) == ("handoff", "@tier2", "Ben Okafor")
    assert body["url"] == f"{BASE}/sessions/{body['code']}"
    assert body["texts"] == {}
    assert request.headers["idempotency-key"]
    assert len(box.messages) == 1


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_a_channel_of_a_chat_gets_a_message_with_a_link(team: Team, box: Mailbox, kind: str) -> None:
    team.accounts.set_notices("Cleo", email="")
    handed(team)
    with Server(reply(200, b"ok")) as channel:
        target = WebhookTarget(name="ops", kind=kind, url=f"{channel.base}/hook")  # type: ignore[arg-type]
        assert sender(team, box, targets={"ops": target}, target="ops").send_due() == 1
        body = channel.requests[0].body.decode()
    code = notices(team)[0].code
    assert f"Ben Okafor handed {code} to Cleo." in body
    assert f"{BASE}/sessions/{code}" in body


def test_what_is_over_before_it_is_sent_is_not_sent(team: Team, box: Mailbox) -> None:
    session = handed(team)
    team.at(CLEO).send(session, c.Accept())
    other = started(team)
    question = team.at(BEN).send(other, c.AskQuestion(to=person("Cleo"), text="Which lamp?")).entry
    team.at(CLEO).send(other, c.ReplyQuestion(target=question, text="Red"))
    gone = handed(team)
    team.store.delete(gone)
    assert sender(team, box).send_due() == 0
    assert [notice.waiting for notice in notices(team)] == [False, False]
    assert box.messages == []


@pytest.mark.slow
def test_a_failed_notice_is_retried_given_up_and_can_be_reset(
    team: Team, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rflow")
    handed(team)
    box.answers = ["451 later", "451 later"]
    assert sender(team, box).send_due() == 0
    waiting = next(notice for notice in notices(team) if notice.way)
    assert waiting.problem == "The mail server 127.0.0.1 refuses the message (451)."
    assert sender(team, box).send_due() == 0
    team.clock.wait(seconds=31)
    assert sender(team, box).send_due() == 0
    team.clock.wait(seconds=61)
    assert sender(team, box).send_due() == 1
    box.answers = ["554 no"] * ATTEMPTS
    handed(team)
    for _ in range(ATTEMPTS):
        sender(team, box).send_due()
        team.clock.wait(hours=1)
    assert [notice.given_up for notice in notices(team)] == [False, False, False, True]
    assert sender(team, box).send_due() == 0
    assert "given up" in caplog.text
    assert team.accounts.store is team.store
    from rflow.service.local.administration import LocalAdministration

    assert LocalAdministration(team.store, SHELL, clock=team.clock).retry_notices() == 1
    assert sender(team, box).send_due() == 1


def test_an_address_that_is_refused_is_given_up_at_once(team: Team, box: Mailbox) -> None:
    team.accounts.set_notices("Cleo", email="gone@example.com")
    handed(team)
    sender(team, box).send_due()
    (_, given_up) = notices(team)
    assert (given_up.given_up, given_up.attempts) == (True, 1)
    assert given_up.problem == "The mail server 127.0.0.1 refuses the address (550)."


def test_a_server_that_stops_leaves_what_it_claimed_to_another(team: Team, box: Mailbox) -> None:
    handed(team)
    handed(team)
    said = iter([False, False, False, False, False])  # to stop between the two mails
    assert sender(team, box).send_due(lambda: next(said, True)) == 1
    assert [notice.attempts for notice in notices(team) if notice.waiting] == [0]
    assert sender(team, box).send_due() == 1
    assert len(box.messages) == 2


def test_the_new_owner_of_a_reassigned_session_is_notified(team: Team, box: Mailbox) -> None:
    declined = handed(team)
    team.at(CLEO).send(declined, c.Decline(reason="My shift is over"))
    given = started(team)
    team.at(ROOT).send(given, c.Reassign(to=person("Cleo"), reason="Ben is ill"))
    sender(team, box).send_due()
    said = {str(mail["To"].addresses[0].addr_spec): str(mail["Subject"]) for mail in box.messages}
    codes = [team.store.load(session).code for session in (declined, given)]
    assert said == {
        "ben@example.com": f"[rflow] Cleo declined {codes[0]}: it is with you again",
        "cleo@example.com": f"[rflow] Root gave {codes[1]} to you",
    }


def test_a_former_member_is_not_notified(team: Team, box: Mailbox) -> None:
    handed(team)
    handed(team, "@tier2")
    team.spaces.set_role("Leeds", "Cleo", None)
    assert sender(team, box).send_due() == 0
    assert box.messages == []


def test_the_facts_that_bring_notices_are_those_that_sending_looks_for() -> None:
    assert sending._NOTIFYING == NOTIFYING


# Handoffs that nobody accepts


def overdue(team: Team, **spans: Any) -> OverdueHandoffs:
    return OverdueHandoffs(team.store, NoticeSettings(base=BASE, **spans), clock=team.clock)


def test_a_handoff_that_waits_is_reminded_of_once_by_all_servers_together(team: Team, box: Mailbox) -> None:
    handed(team)
    sender(team, box).send_due()
    spans = {"remind_after": timedelta(minutes=30)}
    assert overdue(team, **spans).process() == (0, 0)
    team.clock.wait(minutes=30)
    assert [overdue(team, **spans).process() for _ in range(3)] == [(1, 0), (0, 0), (0, 0)]
    assert sender(team, box).send_due() == 1
    assert "still waits for you; Ben Okafor handed it over" in box.messages[1]["Subject"]
    assert overdue(team, **spans).process() == (0, 0)


def test_a_handoff_that_expires_returns_once_and_its_sender_is_notified(team: Team, box: Mailbox) -> None:
    session = handed(team, "@tier2")
    spans = {"handoff_life": timedelta(hours=4)}
    team.clock.wait(hours=3)
    assert overdue(team, **spans).process() == (0, 0)
    team.clock.wait(hours=1)
    assert [overdue(team, **spans).process() for _ in range(2)] == [(0, 1), (0, 0)]
    now = team.store.load(session).session
    assert (now.owner.name, now.status, now.ownership[-1].word) == ("Ben Okafor", "open", "expired")
    assert sender(team, box).send_due() == 1
    assert "is with you again" in box.messages[0]["Subject"]
    assert box.messages[0]["To"] == "Ben Okafor <ben@example.com>"


def test_a_space_sets_its_own_times_and_never(team: Team) -> None:
    handed(team)
    team.clock.wait(hours=1)
    team.spaces.set_policy("Leeds", Policy(remind_after=0, handoff_life=0))
    assert overdue(team, remind_after=timedelta(minutes=1), handoff_life=timedelta(minutes=1)).process() == (0, 0)
    team.spaces.set_policy("Leeds", Policy(remind_after=7200))
    assert overdue(team, remind_after=timedelta(minutes=1)).process() == (0, 0)
    team.spaces.set_policy("Leeds", Policy(handoff_life=3600))
    assert overdue(team).process() == (0, 1)


def test_a_handoff_accepted_meanwhile_does_not_expire_the_next_one(team: Team) -> None:
    session = handed(team)
    seen = team.store.load(session).session.version
    team.at(CLEO).send(session, c.Accept())
    team.at(CLEO).send(session, c.HandOff(to=person("Ben Okafor")))
    from rflow.core.actors import Actor
    from rflow.core.people import RFLOW
    from rflow.errors import SessionMoved

    with pytest.raises(SessionMoved):
        team.at(Actor(person=RFLOW)).send(session, c.ExpireHandoff(seen=seen, command_id="expire-2"))
    assert team.store.load(session).session.pending is not None


@pytest.mark.parametrize("erased", [False, True])
def test_a_handoff_that_can_not_be_passed_on_when_it_expires_is_logged_and_passed_on_within_the_hour(
    team: Team, box: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, erased: bool
) -> None:
    """Ben hands his session to Cleo and leaves; the store is busy while it should go on to the queue."""
    session = handed(team)
    team.accounts.disable("Ben Okafor")
    if erased:
        team.accounts.erase("Ben Okafor")
    team.clock.wait(hours=4)

    def busy(*_: object) -> None:
        raise StoreProblem("The store is busy.")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "rflow"):
        patched.setattr(leaving, "pass_on", busy)
        work = Round(team.store, settings(box, handoff_life=timedelta(hours=4)), clock=team.clock, report=str)
        work.work(lambda: False, 0)
    assert caplog.messages == [
        "a handoff expired, but its session could not be passed on",
        "a session of somebody who has left could not be passed on",
    ]
    (first, second) = [record.__dict__["facts"] for record in caplog.records]
    assert first == second == {"session": session, "code": first["code"], "why": "The store is busy."}
    assert team.store.load(session).session.owner.id != "@unassigned"
    team.clock.wait(hours=1)
    work.work(lambda: False, 60)
    assert team.store.load(session).session.owner.id == "@unassigned"
    work.work(lambda: False, 120)
    assert [entry.word for entry in team.store.load(session).session.ownership][-2:] == ["expired", "reassigned"]


def test_a_handoff_that_can_not_be_given_back_is_logged_once_and_tried_again(
    team: Team, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = handed(team)
    team.clock.wait(hours=4)
    late = overdue(team, handoff_life=timedelta(hours=4))

    def busy(*_: object, **__: object) -> None:
        raise StoreProblem("The store is busy.")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "rflow"):
        patched.setattr(type(team.store), "append", busy)
        assert [late.process() for _ in range(2)] == [(0, 0), (0, 0)]
        patched.setattr(type(team.store), "load", busy)
        assert late.process() == (0, 0)
    assert caplog.messages == ["a handoff that nobody accepted could not be given back, and will be tried again"]
    assert late.process() == (0, 1)
    assert team.store.load(session).session.owner.name == "Ben Okafor"


# Upkeep


def test_a_server_deletes_hourly_what_its_space_keeps_no_longer(team: Team, box: Mailbox) -> None:
    old = started(team)
    team.at(BEN).send(old, c.Close(outcome="resolved"))
    team.spaces.set_policy("Leeds", Policy(retention_days=30))
    reports: list[Counts] = []
    work = Round(team.store, settings(box), clock=team.clock, report=reports.append)
    work.work(lambda: False, 0)
    team.clock.wait(days=31)
    new = handed(team)
    work.work(lambda: False, 60)
    assert set(team.store.ids()) == {new}
    expired = [entry for entry in team.store.accounts.audit() if entry.action == "session_expired"]
    assert [(entry.by and entry.by.name, entry.subject) for entry in expired] == [("rflow", old)]
    assert reports == [Counts(0, 0), Counts(0, 0)]


# Settings


def test_settings_that_can_not_work_are_refused() -> None:
    for server, sender_, security in (
        ("", "rflow@example.com", ""),
        ("smtp.example.com:0", "rflow@example.com", ""),
        ("smtp.example.com:x", "rflow@example.com", ""),
        ("smtp.example.com", "", ""),
        ("smtp.example.com", "rflow", ""),
        ("smtp.example.com", "rflow@example.com", "ssl"),
    ):
        with pytest.raises(UsageProblem):
            mail_server(server, sender_, security)
    with pytest.raises(UsageProblem, match="in clear"):
        mail_server("smtp.example.com", "rflow@example.com", "none", "rflow", SECRET)
    made = mail_server("smtp.example.com", "rflow@example.com", "", "rflow", SECRET)
    assert (made.port, made.security) == (587, "starttls")
    assert SECRET not in repr(made)


def test_only_who_may_sets_an_address(team: Team) -> None:
    accounts, _, _ = team.for_(BEN)
    assert accounts.set_notices("ben okafor", on=False).notices is False
    assert team.for_(ROOT)[0].set_notices("Ben Okafor", email="b@example.com").email == "b@example.com"
    for address in ("ben", "ben@localhost", "ben @example.com", "a@b.c\r\nBcc: x@example.com", "ben@exämple.com"):
        with pytest.raises(UsageProblem):
            accounts.set_notices("Ben Okafor", email=address)
