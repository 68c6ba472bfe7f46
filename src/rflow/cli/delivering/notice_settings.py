"""The settings of notices, read and checked before a server starts."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rflow.cli.app import App
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.delivery.mail import MailServer
    from rflow.service.notices.sending import NoticeSettings


def notice_settings(run: App, base: str) -> "NoticeSettings":
    """Return the notice settings of a server; raise `UsageProblem` if they are invalid."""
    from rflow.cli.delivering.posting import configured_target
    from rflow.service.notices.sending import NoticeSettings

    target = run.settings["notices.target"].text
    if target:
        configured_target(run, target)
    return NoticeSettings(
        base=base,
        mail=_mail(run),
        targets={name: configured_target(run, name) for name in run.settings.targets},
        target=target,
        patterns=run.patterns,
        remind_after=span_setting(run.settings["notices.remind_after"].text),
        handoff_life=span_setting(run.settings["notices.handoff_life"].text),
    )


def span_setting(text: str) -> timedelta | None:
    """Parse a span such as "30m"; return None for "never" or an empty text."""
    from rflow.cli.times import span

    return None if text.strip().casefold() in ("", "never") else span(text, "never")


def _mail(run: App) -> "MailServer | None":
    def of(name: str) -> str:
        return run.settings[f"mail.{name}"].text

    if not of("server"):
        return None
    from rflow.delivery.mail import mail_server

    return mail_server(of("server"), of("from"), of("security"), of("user"), of("password") or _in_file(run))


def _in_file(run: App) -> str:
    """Read the password from a file, as systemd and containers provide secrets; "" without such a setting."""
    path = run.settings["mail.password_file"].text
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageProblem(f"The file of mail.password_file can't be read: {why}.", try_=f"Check it: {path}") from None
