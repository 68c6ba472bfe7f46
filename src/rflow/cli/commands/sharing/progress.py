"""Commands that summarise: progress, digest."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.delivering.deliver import deliver, deliver_all, missing_brief
from rflow.cli.delivering.format_names import is_format, json_or, named_twice
from rflow.cli.display.unreadable import warn_of_unreadable
from rflow.cli.output import is_terminal
from rflow.cli.parsing.completion import codes, targets
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import AsJson, Copy, FormatName, NoRedact, Overwrite
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.summary.budget.view import Extent, View, widest
from rflow.core.summary.progress import Summary
from rflow.errors import UsageProblem
from rflow.service.sessions import all_heads, version_at

if TYPE_CHECKING:
    from rflow.cli.delivering.posting import Posting
    from rflow.cli.sources import Source
    from rflow.formats import Format

app = Group()
Output = Annotated[str | None, Option("-o", "--output", metavar="FILE", help="Write it to a file.")]
Post = Annotated[
    str | None,
    Option("--post", metavar="TARGET", help="Post it to a channel (docs/posting.md).", autocompletion=targets),
]
Again = Annotated[bool, Option("--again", help="Post it even if it was posted before.")]
DryRun = Annotated[bool, Option("--dry-run", help="Print what --post would send, and send nothing.")]
Target = Annotated[
    str | None,
    Argument(
        metavar="[SESSION|FILE|-]", help="A session, a file of one, or a format's exact name.", autocompletion=codes
    ),
]
Ask = Annotated[str | None, Option(metavar="TEXT", help="What you need, for this summary only.")]
Since = Annotated[
    str | None, Option(metavar="last|TIME", help="Only what is new since your last summary, or since a time.")
]


@app.command()
def progress(
    run: App,
    target: Target = None,
    format_: FormatName = None,
    copy: Copy = False,
    brief: Annotated[bool, Option("--brief", help="About 200 words: the thirty-second form.")] = False,
    ask: Ask = None,
    since: Since = None,
    output: Output = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
    link: Annotated[bool, Option("--link", help="Add a read-only link that works for a day.")] = False,
    post: Post = None,
    dry_run: DryRun = False,
    again: Again = False,
    no_redact: NoRedact = False,
) -> None:
    """What have you tried so far? A summary, ready to paste.

    It goes to the screen, with --copy to the clipboard, with -o to a file, with --post to a channel. Without -f it is
    plain text on a terminal, else Markdown. Secrets are hidden, and counted by kind.
    """
    from rflow.cli.sources import confirm_overwrite, find_source

    format_ = json_or(format_, json=json)
    if target is not None and is_format(run, target):
        format_, target = named_twice(format_, target), None
    name = run.choose_format(format_, output, leaves=copy or post is not None)
    source = find_source(run, target, leaves=link or post is not None)
    session = source.session if source.stored else None
    confirm_overwrite(run, output, overwrite=overwrite)
    anew = _same_command(run, session, target)
    to = _destinations(run, format_, anew, copy=copy, output=output, post=post, dry_run=dry_run, again=again)
    if to.posting is not None and session is not None:
        to.posting.check(session)
    view = run.view(redact=not no_redact)
    view = replace(view, ask=run.text(ask) if ask is not None else None, extent=to.extent(run, name), brief=brief)
    if since is not None:
        view = _since(run, source, since, to.name, view)
    if link:
        view = _with_link(run, session, view, dry_run=dry_run)
    summary = source.progress(run, view)
    warn_of_unreadable(run, source.session)
    _deliver(run, name, session, summary, to)
    if session is not None:
        if to.name is None and since is None and session.owner.id != run.me.id:
            run.mark_seen(session)  # who reads it before taking it over knows how it stands
        begin = anew.removesuffix(" progress")
        if brief and is_terminal(sys.stderr):
            from rflow.cli.delivering.room import warn_about_losses

            warn_about_losses(run, session, summary, begin)
        missing_brief(run, session, summary.ask, leaves=to.name is not None, begin=begin)


class Destinations(msgspec.Struct, frozen=True, kw_only=True):
    """The destinations of a summary; the screen if there are none."""

    copy: bool
    output: str | None
    posting: "Posting | None"

    @property
    def usual(self) -> bool:
        """Whether the summary is delivered in the chosen format, and not only to a channel in the channel's format."""
        return self.posting is None or self.copy or self.output is not None

    @property
    def name(self) -> str | None:
        """The destination, as deliveries record it; None for the screen."""
        if self.posting is not None:
            return f"post:{self.posting.target.name}"
        return "clipboard" if self.copy else "file" if self.output else None

    def formats(self, run: App, name: str) -> "Iterator[Format]":
        """Return the formats to render; `name` is the chosen one."""
        if self.usual:
            yield run.format(name)
        if self.posting is not None:
            yield run.format(self.posting.format)

    def extent(self, run: App, name: str) -> Extent:
        """Return the extent that covers all of these formats."""
        return widest(format_.extent for format_ in self.formats(run, name))


def _deliver(run: App, name: str, session: Session | None, summary: Summary, to: Destinations) -> None:
    """Deliver a summary to each destination; posting comes last, since it can't be undone."""
    from rflow.formats import Renderings

    renderings = Renderings(summary)
    deliveries: list[Callable[[], None]] = []
    if to.usual:
        deliveries.append(partial(deliver, run, name, session, renderings, copy=to.copy, output=to.output))
    if to.posting is not None:
        deliveries.append(partial(to.posting.post, session, renderings))
    deliver_all(deliveries)


def _with_link(run: App, session: Session | None, view: View, *, dry_run: bool) -> View:
    """Create a link to the session, and return the view with it."""
    if session is None or dry_run:
        what = "A preview has no link" if dry_run else "A file has no link; only a session in your store has"
        raise UsageProblem(f"{what}.", try_="Leave --link out.")
    from rflow.cli.display.links import fresh_link

    link, expires = fresh_link(run, session)
    return replace(view, link=link, link_expires=expires)


def _destinations(
    run: App, format_: str | None, anew: str, *, copy: bool, output: str | None, post: str | None, **how: bool
) -> Destinations:
    """Return the destinations of a summary; `anew` is a command that prints it again, `how` --dry-run and --again."""
    posting = None
    if post is not None:
        from rflow.cli.delivering.posting import posting_options

        elsewhere = copy or output is not None
        posting = posting_options(run, post, format_, elsewhere=elsewhere, paste_command=f"{anew} --copy", **how)
    elif any(how.values()):
        raise UsageProblem("--dry-run and --again need --post.", try_="Name the target: --post TARGET")
    return Destinations(copy=copy, output=output, posting=posting)


def _same_command(run: App, session: Session | None, format_: str | None) -> str:
    """Return the command that prints the same summary again."""
    if session is None:
        from shlex import quote

        return f"rflow progress {quote(format_ or '-')}"
    return f"{run.command_prefix(session, named=format_ is not None)} progress"


def _since(run: App, source: "Source", since: str, destination: str | None, view: View) -> View:
    """Return the view of what happened after a time, or after this user's last summary to `destination`."""
    from rflow.cli.delivering.post_record import delivered
    from rflow.cli.times import past, stated

    if since != "last":
        at = past(since, run.workspace.now())
        run.say(f"Only what came since {stated(at)}.")
        if not source.stored:  # what it holds was recorded elsewhere, or all at once
            raise UsageProblem(
                "--since TIME works only for a session in this store, not for a file.", try_="Import it: rflow import"
            )
        return replace(view, since=version_at(run.workspace, source.session, at), since_at=at)
    mine = [delivery for delivery in delivered(source.session) if delivery.by.id == run.me.id]
    mine = [delivery for delivery in mine if destination in (None, delivery.destination)]
    if not mine:
        what = f"You have not delivered a summary of this session{_to(destination)} yet."
        raise UsageProblem(what, try_="Leave --since out.")
    return replace(view, since=mine[-1].through, since_at=mine[-1].at)


def _to(destination: str | None) -> str:
    if destination is None:
        return ""
    target = destination.removeprefix("post:")
    return f" to the {destination}" if target == destination else f" to {target}"


@app.command()
def digest(
    run: App,
    mine: Annotated[bool, Option("--mine", help="Only my sessions (the default).")] = False,
    all_: Annotated[bool, Option("--all", help="Everybody's sessions.")] = False,
    format_: FormatName = None,
    copy: Copy = False,
    output: Output = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
    post: Post = None,
    dry_run: DryRun = False,
    again: Again = False,
    no_redact: NoRedact = False,
) -> None:
    """Summarise every open session in a few lines: the shift handover."""
    from rflow.cli.sources import confirm_overwrite
    from rflow.service.summaries import digest_of_heads

    if mine and all_:
        raise UsageProblem("--mine and --all exclude each other.", try_="Use only one of them.")
    format_ = json_or(format_, json=json)
    name = run.choose_format(format_, output, leaves=copy or post is not None)
    confirm_overwrite(run, output, overwrite=overwrite)
    to = _destinations(run, format_, "rflow digest", copy=copy, output=output, post=post, dry_run=dry_run, again=again)
    member = run.me
    query = Query(owner=None if all_ else member.id, status=("open", "handed_off"), limit=500)
    heads = list(all_heads(run.workspace, query))
    if not heads:
        run.say("There is no open session." if all_ else "You have no open session. Everybody's: rflow digest --all")
    view = run.view(redact=not no_redact)
    summary = digest_of_heads(run.workspace, heads, view, None if all_ else member.name)
    if missing := len(heads) - len(summary.sessions):
        run.say(f"Warning: {missing} of the sessions can't be read and are left out. To see why: rflow store check")
    _deliver(run, name, None, summary, to)
