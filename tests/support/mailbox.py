"""A mail server for tests: aiosmtpd on a port of its own, which stores what it receives."""

import email
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from support.web.server import free_port


class Mailbox:
    """The received messages, and the responses to the next ones."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.answers: list[str] = []
        self.passwords: list[tuple[str, str]] = []
        self.port = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Accept a message, unless the script has another response."""
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return answer

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Accept every address except for that of somebody who has left."""
        if address.startswith("gone@"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def sign_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        """Accept every password, and store it."""
        assert isinstance(data, LoginPassword)
        self.passwords.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)


@contextmanager
def mailbox(certificate: Path | None = None) -> Iterator[Mailbox]:
    """Run a mail server; with a certificate it requires STARTTLS and a password."""
    box = Mailbox()
    secure: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        secure = {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": box.sign_in}
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **secure)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
