"""Posting a summary to a target, at most once unless --again is given."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from rflow.cli.app import App
from rflow.cli.delivering.deliver import redaction_note, say_delivered
from rflow.cli.delivering.post_record import LocalRecord, SessionRecord
from rflow.cli.output import echo
from rflow.core.session.state import Session
from rflow.delivery.webhooks import MaybePosted, post
from rflow.delivery.webhooks.outcomes import Posted
from rflow.delivery.webhooks.targets import Kind, WebhookTarget, redact_url, url_command, webhook_target
from rflow.errors import NotDelivered, UsageProblem
from rflow.settings import is_target

if TYPE_CHECKING:
    from rflow.formats import Renderings

FORMAT_OF: dict[Kind, str] = {"slack": "slack-blocks", "teams": "teams-card", "json": "json"}
"""The format that renders the whole body to post, by kind of target."""

_QUIET = 1.0
"""Seconds to wait for a response before printing a message."""
_LONG_PAUSE = 2.0
"""Pauses between attempts of at least so many seconds are announced."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """The options of posting; `paste_command` is a command that prints the same summary."""

    run: App
    target: WebhookTarget
    timeout: float
    dry_run: bool
    again: bool
    paste_command: str

    @property
    def format(self) -> str:
        """The format that the target accepts."""
        return FORMAT_OF[self.target.kind]

    def check(self, session: Session) -> None:
        """Refuse to post an unchanged session again, before anything is delivered."""
        if not (self.again or self.dry_run):
            SessionRecord(self.run, session, self.format, self.target.name).check()

    def post(self, session: Session | None, renderings: "Renderings") -> None:
        """Post a summary and record that, or with --dry-run print what would be posted."""
        format_ = self.run.format(self.format)
        text, summary = renderings.text(format_), renderings.limited(format_)
        if self.dry_run:
            echo(text, newline=not text.endswith("\n"))
            where = f"{self.target.name} ({self.target.kind}, {redact_url(self.target.url)})"
            self.run.say(f"This would be posted to {where}. Nothing was sent.{redaction_note(summary)}")
            return
        name = self.target.name
        record = (
            LocalRecord(self.run, name, summary)
            if session is None
            else SessionRecord(self.run, session, self.format, name)
        )
        record.start(again=self.again)
        posted = self._send(text.encode(), record)
        say_delivered(self.run, session, f"{posted.message}.{redaction_note(summary)}")
        record.finish("sent")

    def _send(self, body: bytes, record: SessionRecord | LocalRecord) -> Posted:
        """Send a body. A definite failure is recorded; if the outcome is unknown, the record stays "started"."""
        from secrets import token_hex

        try:
            with self._waiting():
                return post(self.target, body, idempotency_key=token_hex(16), timeout=self.timeout, sleep=self._pause)
        except MaybePosted:
            raise
        except NotDelivered as error:
            record.finish("failed")
            error.try_ = f"{error.try_} To paste it yourself: {self.paste_command}".strip()
            raise
        except KeyboardInterrupt:
            self.run.say(f"Stopped. The summary may have been posted to {self.target.name}: look there.")
            raise

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Print a message if the response takes long."""
        from threading import Timer

        notice = Timer(_QUIET, self.run.say, [f"Waiting for {self.target.name} to answer …"])
        notice.daemon = True
        notice.start()
        try:
            yield
        finally:
            notice.cancel()
            notice.join()

    def _pause(self, seconds: float) -> None:
        if seconds >= _LONG_PAUSE:
            self.run.say(f"{self.target.name} asked to wait {seconds:.0f} s. Waiting …")
        time.sleep(seconds)


def posting_options(
    run: App, name: str, format_: str | None, *, elsewhere: bool, dry_run: bool, again: bool, paste_command: str
) -> Posting:
    """Check and return the options of posting; `elsewhere` says that --copy or -o deliver the summary too."""
    if dry_run and elsewhere:
        raise UsageProblem("--dry-run delivers nothing, so --copy and -o make no sense.", try_="Omit one of them.")
    target = configured_target(run, name)
    timeout = timeout_seconds(run.settings["post.timeout"].text)
    posting = Posting(
        run=run, target=target, timeout=timeout, dry_run=dry_run, again=again, paste_command=paste_command
    )
    if format_ is not None and not elsewhere:
        what = f'{target.name} is of kind {target.kind} and always gets the format "{posting.format}".'
        raise UsageProblem(what, try_="Omit -f: it is for --copy and -o.")
    return posting


def configured_target(run: App, name: str) -> WebhookTarget:
    """Return the target `name` from the settings; raise `UsageProblem` with the known names."""
    names = run.settings.targets
    name = name.casefold() if name.casefold() in names else name  # names are lowercase
    if name not in names:
        others = f"There are: {', '.join(names)}. " if names else ""
        new = name.casefold() if is_target(name.casefold()) else "NAME"
        raise UsageProblem(
            f'There is no target "{name}".',
            try_=f"{others}To add {'it' if new != 'NAME' else 'one'}: {url_command(new)} (see docs/posting.md)",
        )
    url = run.settings[f"targets.{name}.url"]
    if url.origin == "file":
        _warn_if_readable(run)
    return webhook_target(name, run.settings[f"targets.{name}.kind"].text, url.text)


def _warn_if_readable(run: App) -> None:
    path = run.settings.folders.config_file
    if os.name != "nt" and path.stat().st_mode & 0o077:
        run.say(f"Warning: other users of this computer may be able to read the URL in {path}: chmod 600 {path}")


def timeout_seconds(text: str) -> float:
    """Parse a time-out in seconds; raise `UsageProblem` if it is invalid."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 600:
        raise UsageProblem(f'"{text}" is not a valid time-out.', try_="Set post.timeout to up to 600 seconds: 10.")
    return value
