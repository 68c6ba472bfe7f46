"""Posting a summary to a target: once, unless somebody insists, and with no more claimed than is known."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import typer

from rflow.cli.app import App
from rflow.cli.deliver import hidden, say_delivered
from rflow.cli.post_record import Unrecorded, begin, check_new, end
from rflow.core.session.state import Session
from rflow.core.summary.progress import Digest, Progress
from rflow.delivery.webhooks import Kind, MayBePosted, Posted, Target, post, redact_url, target
from rflow.errors import NotDelivered, UsageProblem

FORMAT_OF: dict[Kind, str] = {"slack": "slack-blocks", "teams": "teams-card", "json": "json"}
"""The format that gives the whole body to post, by kind of target."""

_MOMENT = 1.0
"""Seconds that nobody wonders about."""
_LONG = 2.0
"""Seconds from which a pause between two tries is told: a program that says nothing looks dead."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be posted where; `anew` is the command that gives the same summary for pasting."""

    run: App
    target: Target
    timeout: float
    dry_run: bool
    again: bool
    anew: str

    @property
    def format(self) -> str:
        """The format that the target takes."""
        return FORMAT_OF[self.target.kind]

    def check(self, session: Session) -> None:
        """Refuse what was posted already, before anything is delivered anywhere."""
        if not (self.again or self.dry_run):
            check_new(self.run, session, self.target.name)

    def post(self, session: Session | None, told: Progress | Digest) -> None:
        """Post it, or only show what would be posted; `session` takes the record, where there is one."""
        from rflow.formats import render

        text = render(self.format, told, cache=self.run.settings.folders.cache)
        if self.dry_run:
            typer.echo(text, nl=not text.endswith("\n"))
            aim = f"{self.target.name} ({self.target.kind}, {redact_url(self.target.url)})"
            self.run.say(f"This would go to {aim}. Nothing was sent.{hidden(told)}")
            return
        if session is None:
            posted = self._sent_unrecorded(text.encode(), told)
            say_delivered(self.run, None, f"{posted.said}.{hidden(told)}")
            return
        name = self.target.name
        recorded = session if begin(self.run, session, self.format, name, again=self.again) else None
        posted = self._sent(text.encode(), recorded)
        say_delivered(self.run, session, f"{posted.said}.{hidden(told)}")
        end(self.run, recorded, self.format, name, posted=True)

    def _sent_unrecorded(self, body: bytes, told: Progress | Digest) -> Posted:
        """Send what no session records, unless the same was sent before."""
        kept = Unrecorded(self.run, self.target.name, told)
        if not self.again:
            kept.check_new()
        kept.keep(arrived=False)
        try:
            posted = self._sent(body, None)
        except MayBePosted:
            raise
        except NotDelivered:
            kept.forget()
            raise
        kept.keep(arrived=True)
        return posted

    def _sent(self, body: bytes, session: Session | None) -> Posted:
        """Send it. That it did not arrive is recorded; where that can't be known, the record stays without an end."""
        from secrets import token_hex

        try:
            with self._patience():
                return post(self.target, body, idempotency_key=token_hex(16), timeout=self.timeout, sleep=self._pause)
        except MayBePosted:
            raise
        except NotDelivered as error:
            end(self.run, session, self.format, self.target.name, posted=False)
            error.try_ = f"{error.try_} To paste it yourself: {self.anew}".strip()
            raise
        except KeyboardInterrupt:
            self.run.say(f"Stopped: it may have been posted to {self.target.name}. Look there.")
            raise

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Say what is waited for, if it takes longer than a moment."""
        from threading import Timer

        word = Timer(_MOMENT, self.run.say, [f"Waiting for {self.target.name} to answer …"])
        word.daemon = True
        word.start()
        try:
            yield
        finally:
            word.cancel()
            word.join()

    def _pause(self, pause: float) -> None:
        if pause >= _LONG:
            self.run.say(f"Waiting {pause:.0f} s for {self.target.name}, which asked for that …")
        time.sleep(pause)


def posting_to(
    run: App, name: str, format_: str | None, *, elsewhere: bool, dry_run: bool, again: bool, anew: str
) -> Posting:
    """Check the options of posting together; `elsewhere` says that a file or the clipboard gets the summary, too."""
    if dry_run and elsewhere:
        raise UsageProblem("--dry-run delivers nothing, also not to --copy or -o.", try_="Leave one of them out.")
    found = target_named(run, name)
    timeout = seconds(run.settings["post.timeout"].text)
    posting = Posting(run=run, target=found, timeout=timeout, dry_run=dry_run, again=again, anew=anew)
    if format_ is not None and not elsewhere:
        told = f'What is posted to {name} follows from its kind, {found.kind}: it is "{posting.format}".'
        raise UsageProblem(told, try_="Leave -f out; it is for what --copy and -o get.")
    return posting


def target_named(run: App, name: str) -> Target:
    """Find a target in the settings; raise `UsageProblem` with those there are."""
    names = run.settings.targets
    name = name.casefold() if name.casefold() in names else name  # names are small letters
    if name not in names:
        there = f"There are: {', '.join(names)}. " if names else ""
        raise UsageProblem(
            f'There is no target "{name}".',
            try_=f"{there}To make one: rflow config set targets.NAME.url (see docs/posting.md)",
        )
    url = run.settings[f"targets.{name}.url"]
    if url.origin == "file":
        _warn_of_readers(run)
    return target(name, run.settings[f"targets.{name}.kind"].text, url.text)


def _warn_of_readers(run: App) -> None:
    """Say so where others can read the file that the URL stands in."""
    path = run.settings.folders.config_file
    if os.name != "nt" and path.stat().st_mode & 0o077:
        run.say(f"Warning: others on this computer may read {path}, and with it the URL: chmod 600 {path}")


def seconds(text: str) -> float:
    """Read a time-out."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 600:
        raise UsageProblem(f'"{text}" is no time-out.', try_="Give post.timeout in seconds, such as 10.")
    return value
