"""Mail: a message with plain text and HTML, sent by SMTP; the password is never part of an error."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Literal

import msgspec

from rflow.core.accounts import email_address
from rflow.delivery.url import is_loopback
from rflow.errors import NotDelivered, UsageProblem

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
TIMEOUT = 20.0
"""Seconds for each step of talking to the mail server."""


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server, and how to sign in there. `sender` is an address, or "Name <address>"."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port}, security={self.security!r})"

    @property
    def domain(self) -> str:
        """The domain of the sender, for message ids."""
        return parseaddr(self.sender)[1].rpartition("@")[2]


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one person. `key` is the same each time it is tried, `thread` for all that belong together."""

    to: str
    name: str
    subject: str
    text: str
    html: str
    key: str
    thread: str


class Refused(NotDelivered):
    """The mail server will not take this message, now or later."""


def mail_server(server: str, sender: str, security: str = "", user: str = "", password: str = "") -> MailServer:
    """Check the settings of mail and return them; raise `UsageProblem`."""
    host, colon, port = server.strip().rpartition(":") if server.count(":") == 1 else (server.strip(), "", "")
    how = checked_security(security or "starttls")
    if not host or (colon and not (port.isdigit() and 0 < int(port) < 65536)):
        raise UsageProblem("mail.server is no host.", try_="Write it as smtp.example.com, or smtp.example.com:587")
    if how == "none" and password and not is_loopback(host):
        raise UsageProblem(
            "Without TLS the password of the mail server would be sent in clear.", try_="Set mail.security to starttls."
        )
    if not sender:
        raise UsageProblem("mail.from is missing.", try_="Set it: rflow config set mail.from rflow@example.com")
    email_address(parseaddr(sender)[1])
    number = int(port) if colon else PORTS[how]
    return MailServer(host=host, port=number, security=how, sender=sender, user=user, password=password)


def checked_security(text: str) -> Security:
    """Return how a mail server is reached; raise `UsageProblem` for an unknown way."""
    for known in PORTS:
        if text == known:
            return known
    raise UsageProblem(f'"{text}" is no way to reach a mail server.', try_=f"There are: {', '.join(PORTS)}.")


def message(server: MailServer, mail: Mail, date: str = "") -> EmailMessage:
    """Return a mail as it is sent: programs see that no person wrote it, and show those of a thread together."""
    made = EmailMessage(policy=SMTP)
    name, address = parseaddr(server.sender)
    made["From"] = Address(display_name=name, addr_spec=address)
    made["To"] = Address(display_name=mail.name, addr_spec=mail.to)
    made["Subject"] = mail.subject
    if date:
        made["Date"] = date
    made["Message-ID"] = f"<{mail.key}@{server.domain}>"
    made["In-Reply-To"] = made["References"] = f"<{mail.thread}@{server.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"  # Exchange answers that somebody is out of office otherwise
    made.set_content(mail.text)
    made.add_alternative(mail.html, subtype="html")
    return made


def send(server: MailServer, mail: Mail, timeout: float = TIMEOUT) -> None:
    """Hand a mail in; raise `Refused` if that is final, `NotDelivered` if it may work later."""
    from datetime import UTC, datetime

    made = message(server, mail, format_datetime(datetime.now(UTC)))
    with _explained(server), _connected(server, timeout) as smtp:
        if server.user:
            smtp.login(server.user, server.password)
        smtp.send_message(made)


@contextmanager
def _connected(server: MailServer, timeout: float) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if server.security == "tls":
        with smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context) as smtp:
            yield smtp
        return
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as smtp:
        if server.security == "starttls":
            smtp.starttls(context=context)
        yield smtp


_CHECK = "Check the settings mail.*, then: rflow store notices --again"


@contextmanager
def _explained(server: MailServer) -> Iterator[None]:
    """Turn errors into a sentence. It quotes nothing that the server said: that may repeat what it was sent."""
    try:
        yield
    except (smtplib.SMTPException, OSError, ValueError) as error:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = sorted({code for code, _ in error.recipients.values()})
            kind = Refused if codes and codes[0] >= 500 else NotDelivered
            what, try_ = f"refuses the address ({', '.join(map(str, codes))})", "See: rflow user mail NAME"
        else:
            kind, what, try_ = NotDelivered, _reason(error, server), _CHECK
        raise kind(f"The mail server {server.host} {what}.", try_=try_) from None


def _reason(error: Exception, server: MailServer) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"does not accept the user or the password ({error.smtp_code})"
        case smtplib.SMTPNotSupportedError():
            return f"does not offer TLS or signing in (mail.security is {server.security})"
        case smtplib.SMTPResponseException():
            return f"refuses the message ({error.smtp_code})"
        case ssl.SSLError():
            return f"can't be trusted: {error.reason or 'TLS failed'}"
        case OSError(strerror=str(why)) if why:
            return f"can't be reached: {why}"
    return f"can't be reached: {type(error).__name__}"
