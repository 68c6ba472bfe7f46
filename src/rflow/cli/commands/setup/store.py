"""Commands for stores: store info, check, copy, backup, merge, upgrade."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import Exit, StoreProblem

if TYPE_CHECKING:
    from rflow.ports.stores import Merged

app = Group(help="Look after the store: info, check, copy, backup, merge, upgrade.")


@app.command()
def info(run: App, json: Json = False) -> None:
    """Show where the store is and how much it holds."""
    from rflow.core.text import byte_size

    _check_exists(run)
    about = run.administration().info()
    if json:
        run.out_json(about)
        return
    run.out(f"{about.url}  ({run.settings['store'].origin})")
    run.out(f"  {about.kind}, format {about.format}, {byte_size(about.size)}")
    sessions, events = _counted(about.sessions, "session"), _counted(about.events, "event")
    trees, blobs = _counted(about.trees, "tree"), _counted(about.blobs, "content")
    if about.search:
        run.out(f"  search index: {byte_size(about.search)} (a search builds it again if it is deleted)")
    run.out(f"  {sessions} with {events}, {trees}, {blobs} of evidence")


def _check_exists(run: App) -> None:
    """Refuse a store that was named but does not exist: a mistyped name must not look like a sound store."""
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

    With --people, a store of your own becomes a part of a team's: everybody whom the file does not name stays a name
    that nobody vouches for, and links are not copied.
    """
    from rflow.cli.display.bar import progress_bar
    from rflow.service.opening import copy_stores, public_url

    with progress_bar("Copying") as report:
        counts, names = copy_stores(source, target, report, Path(people) if people else None)
    run.say(f"Copied and verified: {counts}.")
    if names:
        run.say(f"Kept as names that nobody vouches for: {', '.join(names)}.")
    if counts.left:
        raise StoreProblem(
            "Not everything could be copied.",
            try_=f"See why (rflow --store {quote(public_url(source))} store check), then copy again.",
        )


@app.command()
def merge(run: App) -> None:
    """Merge sessions of which there are two versions.

    Git's conflicts leave them, and the copies of OneDrive, Dropbox and Syncthing.

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
def upgrade(run: App) -> None:
    """Bring the tables of a PostgreSQL store up to date.

    Do this once everybody has the new rflow; make a backup first. Other stores are upgraded when they are opened.
    """
    from rflow.service.opening import upgrade_store

    _check_exists(run)
    before, now = upgrade_store(run.settings["store"].text), run.administration().info().format
    run.say("The store is up to date." if before in (None, now) else f"Upgraded from format {before} to {now}.")
