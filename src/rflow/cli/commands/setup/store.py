"""Commands for stores: store info, check, copy, backup, verify, restore, notices, merge, upgrade."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import Exit, StoreProblem

if TYPE_CHECKING:
    from rflow.core.notices import Notice
    from rflow.ports.values import Merged, Verified

app = Group(help="Look after the store: info, check, copy, backup, verify, restore, notices, merge, upgrade.")


@app.command()
def info(run: App, json: Json = False) -> None:
    """Show where the store is and how much it holds."""
    from rflow.core.text import byte_size

    _check_exists(run)
    about = run.administration().info()
    if json:
        run.out_json(about)
        return
    notices = run.administration().notices()
    run.out(f"{about.url}  ({run.settings['store'].origin})")
    run.out(f"  {about.kind}, format {about.format}, {byte_size(about.size)}")
    sessions, events = _counted(about.sessions, "session"), _counted(about.events, "event")
    trees, blobs = _counted(about.trees, "tree"), _counted(about.blobs, "content")
    if about.search:
        run.out(f"  search index: {byte_size(about.search)} (a search builds it again if it is deleted)")
    run.out(f"  {sessions} with {events}, {trees}, {blobs} of evidence")
    if waiting := sum(notice.waiting for notice in notices):
        run.out(f"  {_counted(waiting, 'notice')} waiting to be sent")
    if given_up := sum(notice.given_up for notice in notices):
        run.out(f"  {_counted(given_up, 'notice')} given up: see {run.program} store notices")


def _check_exists(run: App) -> None:
    """Refuse a named store that does not exist, since a mistyped name must not look like a sound store."""
    from rflow.service.opening import check_exists

    store = run.settings["store"]
    if store.origin != "default":
        check_exists(store.text)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@app.command()
def check(run: App, json: Json = False) -> None:
    """Read the whole store and list its problems.

    It also finishes an erasure that was interrupted.
    """
    _check_exists(run)
    faults = run.administration().check()
    if json:
        run.out_json(faults)
    for fault in [] if json else faults:
        run.out(f"{fault.severity}: {fault.where}: {fault.what} {fault.remedy}".rstrip())
    wrong = [fault for fault in faults if fault.severity != "info"]
    if wrong:
        sys.exit(int(Exit.STORE))
    if not json:
        run.say("The store is sound.")


@app.command()
def copy(
    run: App,
    source: Annotated[str, Argument(metavar="FROM", help="A store's URL or path.")],
    target: Annotated[str, Argument(metavar="TO", help="The target's URL or path; created if it does not exist.")],
    people: Annotated[
        str | None, Option(metavar="FILE", help='TOML: which accounts of TO the people are: "ana" = "Ana Ruiz".')
    ] = None,
) -> None:
    """Copy everything from one store into another, and verify it.

    With --people, a store of your own becomes a part of a team's: everybody whom the file does not name becomes an
    unverified name, and links are not copied.
    """
    from rflow.cli.display.bar import progress_bar
    from rflow.service.opening import copy_stores, public_url

    with progress_bar("Copying") as report:
        counts, names = copy_stores(source, target, report, Path(people) if people else None)
    run.say(f"Copied and verified: {counts}.")
    if names:
        run.say(f"Kept as unverified names: {', '.join(names)}.")
    if counts.left:
        raise StoreProblem(
            "Not everything could be copied.",
            try_=f"See why (rflow --store {quote(public_url(source))} store check), then copy again.",
        )


@app.command()
def merge(run: App) -> None:
    """Merge sessions that exist in two versions.

    Conflicts in Git leave them, and so do the copies of OneDrive, Dropbox and Syncthing.

    The entries of both are in the session afterwards, by time. If both had moved it, the one that moved last stands.
    """
    _check_exists(run)
    merged = run.administration().merge()
    for session in merged:
        run.out(f"{session.code}: {session.left or _added(session)}")
    if any(session.left for session in merged):
        raise StoreProblem("Not everything could be merged.", try_="See why: rflow store check")
    run.say("In git, add the merged files and commit." if merged else "There is nothing to merge.")


def _added(session: "Merged") -> str:
    entries = f"{session.added} {'entry' if session.added == 1 else 'entries'} added"
    if not session.moves:
        return f"{entries}."
    moves = ", ".join(map(str, session.moves))
    return f"{entries}. Both versions had moved it: the earlier moves are steps and notes now ({moves})."


@app.command()
def backup(
    run: App,
    path: Annotated[Path, Argument(metavar="PATH", help="The new file or folder; it must not exist yet.")],
) -> None:
    """Copy the whole store to a new file or folder.

    The copy is a snapshot of one moment, even while others write to the store.
    """
    from rflow.cli.display.bar import progress_bar

    with progress_bar("Backing up") as report:
        run.administration(report).backup(path.absolute())
    run.say(f"Backed up to {path}.")
    run.say(f"To see what it holds: rflow --store {quote(str(path))} list --all")


@app.command()
def verify(
    run: App, path: Annotated[Path, Argument(metavar="BACKUP", help="The file or folder.")], json: Json = False
) -> None:
    """Check a backup: read all of it and list its problems.

    It stays as it is: a copy in the folder for temporary files is opened, which needs as much room.
    """
    from rflow.service.opening import verify_backup

    verified = verify_backup(path.absolute())
    if json:
        run.out_json(verified)
    for fault in [] if json else verified.faults:
        run.out(f"{fault.severity}: {fault.where}: {fault.what} {fault.remedy}".rstrip())
    if not verified.sound:
        sys.exit(int(Exit.STORE))
    if not json:
        run.say(f"The backup is sound: {_holds(verified)}.")
        run.say(f"To put it in the place of the store: rflow store restore {quote(str(path))}")


def _holds(verified: "Verified") -> str:
    info = verified.info
    return f"{_counted(info.sessions, 'session')} with {_counted(info.events, 'event')}, {info.kind}"


@app.command()
def restore(
    run: App,
    path: Annotated[Path, Argument(metavar="BACKUP", help="The file or folder.")],
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Put a backup in the place of the store, which must not be in use.

    The backup is checked first. What was there is kept beside it, under another name.
    """
    if not yes:
        run.confirm(f"Put {path} in the place of {run.local.about.url}?", "--yes")
    verified, kept = run.restore(path.absolute())
    run.say(f"Restored {_holds(verified)}.")
    if kept is not None:
        run.say(f"What was there before is at {kept}. To look into it: rflow --store {quote(str(kept))} list --all")


@app.command()
def notices(
    run: App,
    again: Annotated[bool, Option("--again", help="Try those again that were given up.")] = False,
    json: Json = False,
) -> None:
    """List the notices that wait to be sent, were given up, or were sent in the last 30 days.

    A server sends them: see docs/notices.md.
    """
    _check_exists(run)
    administration = run.administration()
    if again:
        run.say(f"To be tried again: {_counted(administration.retry_notices(), 'notice')}.")
    listed = administration.notices()
    if json:
        run.out_json(listed)
    elif not listed:
        run.say("There are no notices.")
    elif not again:
        from rflow.cli.display.lists import table

        run.out(table([("SESSION", "NOTICE", "TO", "STATE"), *map(_notice_row, listed)]))


def _notice_row(notice: "Notice") -> tuple[str, ...]:
    from rflow.cli.app import local
    from rflow.core.text import one_line

    to = one_line(notice.to.name) + (f" ({notice.way} {one_line(notice.address)})" if notice.way else "")
    if notice.waiting:
        tries = f" after {_counted(notice.attempts, 'try')}" if notice.attempts else ""
        state = f"waits until {local(notice.due):%H:%M}{tries}" if notice.attempts else "waits"
    else:
        state = "given up" if notice.given_up else "done"
    return notice.code, notice.kind, to, f"{state}{': ' if notice.problem else ''}{one_line(notice.problem)}"


@app.command()
def upgrade(run: App) -> None:
    """Bring the tables of a PostgreSQL store up to date.

    Do this once everybody has the new rflow; make a backup first. Other stores are upgraded when they are opened.
    """
    from rflow.service.opening import upgrade_store

    _check_exists(run)
    before, now = upgrade_store(run.settings["store"].text), run.administration().info().format
    run.say("The store is up to date." if before in (None, now) else f"Upgraded from format {before} to {now}.")
