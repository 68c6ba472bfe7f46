"""Commands that tell: progress, digest."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import codes, targets
from rflow.cli.deliver import Summarise, deliver, deliver_all
from rflow.cli.options import Copy, FormatName, NoRedact
from rflow.core.session.head import Query
from rflow.core.session.state import Session
from rflow.core.summary.brief import shorten_progress
from rflow.core.summary.progress import Progress
from rflow.core.summary.summarise import View
from rflow.errors import UsageProblem

if TYPE_CHECKING:
    from rflow.cli.posting import Posting
    from rflow.cli.sources import Target
    from rflow.formats import Format

app = typer.Typer(rich_markup_mode=None)
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")]
Post = Annotated[
    str | None,
    typer.Option("--post", metavar="TARGET", help="Post it to a channel (docs/posting.md).", autocompletion=targets),
]
Again = Annotated[bool, typer.Option("--again", help="Post it although it was posted before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what --post would send, and send nothing.")]


@app.command()
def progress(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[SESSION|FILE|-]", help="A session, or an exported or foreign file of one.", autocompletion=codes
        ),
    ] = None,
    format_: FormatName = None,
    copy: Copy = False,
    brief: Annotated[bool, typer.Option("--brief", help="At most 130 words: the thirty-second form.")] = False,
    ask: Annotated[str | None, typer.Option(metavar="TEXT", help="What you need, for this summary only.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="last|TIME", help="Only what is new since your last one, or since a time.")
    ] = None,
    output: Output = None,
    link: Annotated[bool, typer.Option("--link", help="Put a read-only link into it, for a day.")] = False,
    post: Post = None,
    dry_run: DryRun = False,
    again: Again = False,
    no_redact: NoRedact = False,
) -> None:
    """What have you tried so far? A summary, ready to paste.

    It goes to the screen, with --copy to the clipboard, with -o to a file, with --post to a channel. Secrets are left
    out.
    """
    from rflow.cli.sources import find_target

    run = App.of(context)
    name = run.usual_format(format_)
    found = find_target(run, target)
    session = found.session if found.stored else None
    elsewhere, anew = copy or output is not None, _anew(run, session, target)
    posting = _posting(run, post, format_, elsewhere=elsewhere, dry_run=dry_run, again=again, anew=anew)
    if posting is not None and session is not None:
        posting.check(session)
    view = run.workspace.view(redact=not no_redact)
    view.ask = run.text(ask) if ask is not None else None
    if since is not None:
        there = f"post:{post}" if post else "clipboard" if copy else "file" if output else None
        _since(run, found, since, there, view)
    if link:
        _link(run, session, view, dry_run=dry_run)

    from rflow.formats import suited

    def told(format_: "Format") -> Progress:
        summary = found.progress(suited(view, format_))
        return shorten_progress(summary) if brief else summary

    _deliver(run, name, session, told, copy, output, posting)


def _link(run: App, session: Session | None, view: View, *, dry_run: bool) -> None:
    """Make a link to the session, for the summary to show."""
    if session is None or dry_run:
        what = "A preview gets no link" if dry_run else "A file has no link: that needs a session in your store"
        raise UsageProblem(f"{what}.", try_="Leave --link out.")
    from rflow.cli.display.links import fresh_link

    view.link, view.link_expires = fresh_link(run, session)


def _posting(
    run: App,
    name: str | None,
    format_: str | None,
    *,
    elsewhere: bool,
    dry_run: bool,
    again: bool = False,
    anew: str,
) -> "Posting | None":
    """Make of the options what is to be posted, if anything."""
    if name is None:
        if dry_run or again:
            raise UsageProblem("--dry-run and --again go with --post.", try_="Say where to: --post TARGET")
        return None
    from rflow.cli.posting import posting_options

    command = f"{anew} --copy"
    return posting_options(run, name, format_, elsewhere=elsewhere, dry_run=dry_run, again=again, paste_command=command)


def _anew(run: App, session: Session | None, said: str | None) -> str:
    """Give the command that tells the same again."""
    if session is None:
        from shlex import quote

        return f"rflow progress {quote(said or '-')}"
    return f"{run.begin(session, named=said is not None)} progress"


def _deliver(
    run: App,
    name: str,
    session: Session | None,
    summarise: Summarise,
    copy: bool,
    output: str | None,
    posting: "Posting | None",
) -> None:
    """Deliver in each way that is wanted. What can't be taken back comes last."""
    if posting is None:
        deliver(run, name, session, summarise, copy=copy, output=output)
        return
    first = partial(deliver, run, name, session, summarise, copy=copy, output=output)
    others = [first] if copy or output is not None else []
    deliver_all([*others, partial(posting.post, session, summarise(run.format(posting.format)))])


def _since(run: App, found: "Target", since: str, destination: str | None, view: View) -> None:
    """Set the view to what came after this user's last summary to `destination`, or after a time."""
    from rflow.cli.post_record import delivered
    from rflow.cli.times import past

    if since != "last":
        at = past(since, run.workspace.now())
        if not found.stored:  # what it holds was recorded elsewhere, or all at once
            raise UsageProblem("--since TIME goes by this store, and that is a file.", try_="Take it in: rflow import")
        view.since, view.since_at = run.workspace.version_at(found.session, at), at
        return
    mine = [delivery for delivery in delivered(found.session) if delivery.by.id == run.workspace.member.id]
    mine = [delivery for delivery in mine if destination in (None, delivery.destination)]
    if not mine:
        told = f"You have not delivered a summary of this session{_to(destination)} yet."
        raise UsageProblem(told, try_="Leave --since out.")
    view.since, view.since_at = mine[-1].through, mine[-1].at


def _to(destination: str | None) -> str:
    """Say where to."""
    if destination is None:
        return ""
    target = destination.removeprefix("post:")
    return f" to the {destination}" if target == destination else f" to {target}"


@app.command()
def digest(
    context: typer.Context,
    mine: Annotated[bool, typer.Option("--mine", help="Only my sessions (as without --all).")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
    format_: FormatName = None,
    copy: Copy = False,
    output: Output = None,
    post: Post = None,
    dry_run: DryRun = False,
    again: Again = False,
    no_redact: NoRedact = False,
) -> None:
    """Every open session in a few lines each: the shift handover."""
    run = App.of(context)
    if mine and all_:
        raise UsageProblem("--mine and --all exclude each other.", try_="Give one of them.")
    name = run.usual_format(format_)
    elsewhere = copy or output is not None
    posting = _posting(run, post, format_, elsewhere=elsewhere, dry_run=dry_run, again=again, anew="rflow digest")
    member = run.workspace.member
    query = Query(owner=None if all_ else member.id, status=("open", "handed_off"), limit=500)
    heads = list(run.workspace.all_heads(query))
    if not heads:
        run.say("There is no open session." if all_ else "You have no open session. Everybody's: rflow digest --all")
    view = run.workspace.view(redact=not no_redact)
    listed = run.workspace.digest(heads, view, None if all_ else member.name)
    if missing := len(heads) - len(listed.sessions):
        run.say(f"Warning: {missing} of the sessions can't be read and are left out. To see why: rflow store check")
    _deliver(run, name, None, lambda _: listed, copy, output, posting)
