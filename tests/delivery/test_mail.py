"""Mail: handed in at real mail servers, with TLS and a password, and what is said where that fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rflow.delivery.mail import Mail, MailServer, Refused, mail_server, send
from rflow.errors import NotDelivered
from support.mailbox import Mailbox, mailbox
from support.needs import need
from support.web.server import free_port
from support.web.webhook_server import Server, reply, self_signed

PASSWORD = "correct-horse-battery"
LETTER = Mail(
    to="cleo@example.com",
    name="Chloé 🖨 Martin",
    subject="[rflow] Ben Okafor handed K7QM-2F to you",
    text="Ben Okafor handed K7QM-2F to you.\n",
    html="<p>Ben Okafor handed K7QM-2F to you.</p>",
    key="rflow.1",
    thread="rflow.0",
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("openssl")
    return self_signed(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


@pytest.fixture(scope="module")
def secure(certificate: Path) -> Iterator[Mailbox]:
    with mailbox(certificate) as box:
        yield box


@pytest.fixture(scope="module")
def plain() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


def at(port: int, security: str = "starttls", password: str = PASSWORD) -> MailServer:
    user = "rflow" if password else ""
    return mail_server(f"127.0.0.1:{port}", "rflow <rflow@example.com>", security, user, password)


def test_a_mail_goes_over_tls_with_a_password(
    secure: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send(at(secure.port), LETTER)
    (mail,) = secure.messages
    assert secure.passwords == [("rflow", PASSWORD)]
    assert mail["To"].addresses[0].display_name == "Chloé 🖨 Martin"
    assert (mail["Message-ID"], mail["References"]) == ("<rflow.1@example.com>", "<rflow.0@example.com>")
    assert mail["Date"]


def test_a_server_that_nobody_vouches_for_gets_neither_mail_nor_password(secure: Mailbox) -> None:
    before = list(secure.messages), list(secure.passwords)
    with pytest.raises(NotDelivered, match="can't be trusted") as refused:
        send(at(secure.port), LETTER)
    assert (secure.messages, secure.passwords) == before
    assert PASSWORD not in str(refused.value)


def test_a_server_without_tls_gets_neither_mail_nor_password(plain: Mailbox) -> None:
    with pytest.raises(NotDelivered, match="does not offer TLS") as refused:
        send(at(plain.port), LETTER)
    assert plain.messages == []
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("answer", ["451 later", "554 looks like spam"])
def test_what_a_server_refuses_is_said_by_its_number_only_and_may_work_later(plain: Mailbox, answer: str) -> None:
    plain.answers = [answer]
    with pytest.raises(NotDelivered, match=rf"refuses the message \({answer[:3]}\)") as refused:
        send(at(plain.port, "none", password=""), LETTER)
    assert not isinstance(refused.value, Refused)


def test_an_address_that_no_longer_exists_is_a_permanent_failure(plain: Mailbox) -> None:
    from msgspec.structs import replace

    with pytest.raises(Refused, match=r"refuses the address \(550\)"):
        send(at(plain.port, "none", password=""), replace(LETTER, to="gone@example.com"))


@pytest.mark.slow
def test_an_invalid_mail_server_is_reported_in_a_sentence() -> None:
    for security in ("none", "tls", "starttls"):
        with pytest.raises(NotDelivered, match=r"The mail server 127\.0\.0\.1"):
            send(at(free_port(), security), LETTER)
    with Server(reply(200, b"hello")) as web:
        for security in ("none", "tls"):
            with pytest.raises(NotDelivered, match=r"The mail server 127\.0\.0\.1") as said:
                send(at(web.port, security), LETTER, timeout=1)
            assert PASSWORD not in str(said.value)
