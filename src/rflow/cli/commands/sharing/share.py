"""Commands for read-only links: share create, list, show, password, revoke."""

import sys
from datetime import datetime
from typing import Annotated

from msgspec.structs import replace

from rflow.cli.app import App, label
from rflow.cli.output import is_terminal
from rflow.cli.parsing import completion
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Copy, Json
from rflow.core.session.state import Session
from rflow.core.sharing import Share, ShareCount, ShareWish, state_of
from rflow.core.summary.budget.view import Extent
from rflow.core.summary.progress import Progress
from rflow.core.text import counted, one_line
from rflow.errors import UsageProblem
from rflow.service.sessions import load_session

_SHOWN = 50
"""How many links a list has where nobody says how many."""
app = Group(help="Read-only links to sessions: create, list, show, password, revoke.")
Link = Annotated[
    str,
    Argument(
        metavar="LINK", help="Its id, or the beginning of it: see `rflow share list`.", autocompletion=completion.links
    ),
]

Expires = Annotated[
    str | None, Option(metavar="SPAN|never", help="How long it works: 30m, 24h (default), 7d, or never.")
]
Label = Annotated[str, Option("--label", metavar="TEXT", help="What it is for; only you see this.")]
Brief = Annotated[bool, Option("--brief", help="Show only the brief summary.")]
Snapshot = Annotated[bool, Option("--snapshot", help="Show the session as it is now, without later entries.")]
Password = Annotated[bool, Option("--password", help="Ask for a password that readers must enter.")]
PasswordStdin = Annotated[bool, Option("--password-stdin", help="Read that password from standard input.")]
MaxViews = Annotated[int | None, Option("--max-views", metavar="N", min=1, help="How often it can be opened.")]
DryRun = Annotated[
    bool, Option("--dry-run", help="Only say what readers would see; to a file or pipe, print the page itself.")
]


@app.command()
def create(
    run: App,
    expires: Expires = None,
    label_: Label = "",
    brief: Brief = False,
    snapshot: Snapshot = False,
    password: Password = False,
    password_stdin: PasswordStdin = False,
    max_views: MaxViews = None,
    dry_run: DryRun = False,
    copy: Copy = False,
    json: Json = False,
) -> None:
    """Create a read-only link to a session.

    Anyone with it can read the session without an account. The link is shown only once, and works until it expires or
    you revoke it.
    """
    from rflow.cli.delivering.deliver import missing_brief
    from rflow.cli.display.links import base_of, copy_link, ending_of, link_to

    if dry_run and (copy or json):
        raise UsageProblem("--dry-run takes no --copy and no --json: there is no link.", try_="Leave them out.")
    session, base = run.session_to_write(), base_of(run)
    until = ending(expires, run.workspace.now()) if expires is not None else ending_of(run, session)
    wish = ShareWish(
        session=session.id,
        expires_at=until,
        label=run.text(label_),
        brief=brief,
        snapshot=snapshot,
        patterns=run.patterns,
        max_views=max_views,
    )
    if dry_run:
        _show(run, session, wish, password=password or password_stdin)
        return
    wish = replace(wish, password=_password(run, password or password_stdin, from_stdin=password_stdin))
    minted = run.workspace.create_share(wish)
    url = link_to(base, minted.token)
    if json:
        run.out_json({"id": minted.share.id, "token": minted.token, "url": url, "expires_at": until})
    else:
        run.out(url)
    _explain(run, session, wish, minted.share, base.hint)
    if not json:
        missing_brief(run, session, session.brief.ask, leaves=True, begin=run.command_prefix(session))
    if copy:
        copy_link(run, url)


def _show(run: App, session: Session, wish: ShareWish, *, password: bool) -> None:
    """Say what readers of a link would see; print their page if standard output is not a terminal."""
    from rflow.cli.delivering.deliver import deliver, redaction_note
    from rflow.cli.display.links import policy_of
    from rflow.cli.display.text import wrapped
    from rflow.core.space_policy import check_link
    from rflow.formats import Renderings

    policy = policy_of(run, session)
    check_link(policy, wish.expires_at, run.workspace.now())
    if (password or wish.max_views is not None) and not run.at_server:
        _ = run.local.store.accounts  # a store without them refuses links with a password or a limit of views
    summary = _read(run, session, brief=wish.brief)
    if not is_terminal(sys.stdout):
        deliver(run, "html", None, Renderings(summary))
        run.say("A link would show this page. None was created. To look at it, write it to a file: … > page.html")
        return
    run.out(wrapped(f"{label(session)}: a link would work {lasting(wish.expires_at)}."))
    reads = _readers(wish, summary, password=password, signed_in=policy.links == "signed_in")
    run.out(wrapped(f"{reads}{redaction_note(summary)}"))
    run.say(f"No link was created. To see the page: {_dry_run(run, session, wish)} > page.html")


def _read(run: App, session: Session, *, brief: bool) -> Progress:
    """Return what readers of a link see."""
    from rflow.service.summaries import session_progress

    return session_progress(run.workspace, session, replace(run.view(), extent=Extent(), brief=brief))


def _explain(run: App, session: Session, wish: ShareWish, share: Share, hint: str) -> None:
    """Print the properties of a new link."""
    run.report_written(session, f"link {share.id} created, works {lasting(share.expires_at)}.")
    summary = _read(run, session, brief=share.brief)
    hidden = f"; {counted(summary.redacted, 'value')} redacted" if summary.redacted else ""
    reads = _readers(wish, summary, hidden, password=bool(share.password), signed_in=share.audience == "signed_in")
    run.say(f"{reads} To see that: {_dry_run(run, session, wish)} > FILE")
    if hint:
        run.say(hint)


def _password(run: App, wanted: bool, *, from_stdin: bool) -> str:
    """Return the password of a new link; "" for none."""
    if not wanted:
        return ""
    from rflow.cli.input import read_password

    return read_password(run, "Password of the link", from_stdin=from_stdin)


def ending(expires: str, now: datetime) -> datetime | None:
    """Return when a link created now expires; None for never."""
    from rflow.cli.times import future

    if expires.strip().casefold() == "never":
        return None
    until = future(expires, now)
    if until <= now:
        raise UsageProblem(
            "The link would expire at once.", try_='Use --expires 30m, 24h, 7d, "friday 9:00", or never.'
        )
    return until


def lasting(until: datetime | None) -> str:
    """Return how long a link works."""
    return f"until {moment(until)}" if until else "until you revoke it"


def moment(at: datetime) -> str:
    """Return a local time with its UTC offset."""
    from rflow.cli.times import stated

    return stated(at)


def _readers(wish: ShareWish, summary: Progress, hidden: str = "", *, password: bool, signed_in: bool) -> str:
    """Return who can read what with a link."""
    from rflow.service.summaries import what_leaves

    needs = (" and its password" if password else "") + (" and an account here" if signed_in else "")
    what = "the brief summary: " if wish.brief else ""
    later = "without later entries" if wish.snapshot else "and later entries as they are added"
    times = f" It can be opened {counted(wish.max_views, 'time')}." if wish.max_views else ""
    return f"Anyone with it{needs} can read {what}{what_leaves(summary)}{hidden}, {later}.{times}"


def _dry_run(run: App, session: Session, wish: ShareWish) -> str:
    """Return the command that prints the page of a link."""
    which = f" -s {session.code}" if run.session_reference else ""
    return f"{run.program}{which} share create --dry-run{' --brief' if wish.brief else ''}"


@app.command("list")
def list_(
    run: App,
    all_: Annotated[bool, Option("--all", help="Links of all people, not only mine.")] = False,
    limit: Annotated[
        int | None, Option(metavar="N", min=1, help="Maximum number to show; 50 unless printed as JSON.")
    ] = None,
    json: Json = False,
) -> None:
    """List my links, the newest first, with how often each was viewed.

    These are the links I created and those to my sessions, expired and revoked ones too. With -s: only links to that
    session.
    """
    from rflow.cli.display.links import share_records, shares_table

    session = run.session() if run.session_reference else None
    every = run.workspace.shares(session.id if session else None, everybody=all_)
    counts = every[: limit if limit or json else _SHOWN]
    now = run.workspace.now()
    if json:
        run.out_json(share_records(counts, run, now))
    elif counts:
        run.out(shares_table(counts, run, now))
        if len(every) > len(counts):
            run.say(f"These are {len(counts):,} of {len(every):,} links; to see all: --limit {len(every)}")
    else:
        run.say("There are no links yet. To create one: rflow share create")


@app.command()
def show(run: App, link: Link, json: Json = False) -> None:
    """Show a link and when it was viewed."""
    from rflow.cli.display.links import share_record

    one = run.workspace.share(link)
    views = run.workspace.share_views(one.share.id)
    if json:
        run.out_json({**share_record(one, run, run.workspace.now()), "last_views": views})
        return
    share = one.share
    run.out(f"{share.id}  …{share.ending}  {_state(run, share)}  {one_line(share.label)}".rstrip())
    run.out(f"  to {_named(run, share)}")
    run.out(f"  created by {one_line(share.by.name)}, {moment(share.created_at)}")
    if share.password or share.max_views:
        limits = ["a password"] if share.password else []
        limits += [counted(share.max_views, "view")] if share.max_views else []
        run.out(f"  protected by {' and '.join(limits)}")
    run.out(f"  viewed {one.views} time{'' if one.views == 1 else 's'}{':' if views else ''}")
    for view in views:
        run.out(f"    {moment(view.at)}  {view.form:<4}  {one_line(view.agent)}".rstrip())
    if one.views > len(views):
        run.out(f"    … and {one.views - len(views)} earlier")


def _state(run: App, share: Share) -> str:
    state = state_of(share, run.workspace.now())
    if state == "revoked" and share.revoked_at and share.revoked_by:
        return f"revoked by {one_line(share.revoked_by.name)}, {moment(share.revoked_at)}"
    if state == "live":
        return f"live, {lasting(share.expires_at)}"
    return f"expired, {moment(share.expires_at or share.created_at)}"


def _named(run: App, share: Share) -> str:
    from rflow.errors import NotFound, StoreProblem

    try:
        return label(load_session(run.workspace, share.session))
    except NotFound:
        return "a session that is gone"
    except StoreProblem:
        return "a session that can't be read"


@app.command("password")
def set_password(
    run: App,
    link: Link,
    password_stdin: Annotated[bool, Option("--password-stdin", help="Read it from standard input.")] = False,
    remove: Annotated[bool, Option("--remove", help="Remove the password.")] = False,
) -> None:
    """Change the password of a link.

    Those who have opened it with the old one must enter the new one.
    """
    from rflow.cli.input import read_password

    share = run.workspace.share(link).share
    new = "" if remove else read_password(run, f"New password of {share.id}", from_stdin=password_stdin)
    run.workspace.protect_share(share.id, new)
    run.say(f"{share.id}: {'opens without a password now' if remove else 'password set'}.")


@app.command()
def revoke(
    run: App,
    links: Annotated[
        list[str] | None,
        Argument(metavar="[LINK]...", help="Their ids: see `rflow share list`.", autocompletion=completion.links),
    ] = None,
    all_: Annotated[bool, Option("--all", help="All my links.")] = False,
) -> None:
    """Revoke links: they stop working at once.

    With -s and no id: all links to that session.
    """
    wanted = [run.workspace.share(reference) for reference in links or ()] or _many(run, all_)
    now = run.workspace.now()
    for one in wanted:
        state = state_of(one.share, now)
        run.workspace.revoke_share(one.share.id)
        run.say(f"{one.share.id}: {'revoked' if state != 'revoked' else 'was revoked already'}.")
    if not wanted:
        run.say("There was no link to revoke.")


def _many(run: App, all_: bool) -> list[ShareCount]:
    """Return the links to revoke if none is named: those that still work."""
    if not all_ and not run.session_reference:
        raise UsageProblem(
            "Which link?",
            try_="Name it (see rflow share list), or revoke several: rflow -s CODE share revoke, or --all.",
        )
    session = run.session_to_write() if run.session_reference else None
    now = run.workspace.now()
    return [one for one in run.workspace.shares(session.id if session else None) if state_of(one.share, now) == "live"]
