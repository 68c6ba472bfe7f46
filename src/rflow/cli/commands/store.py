"""Commands for stores: store info, check, copy, backup."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.options import Json
from rflow.errors import Exit, StoreProblem

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look after the store: info, check, copy, backup.",
)


@app.command()
def info(context: typer.Context, json: Json = False) -> None:
    """Show where the store is and how much it holds."""
    from rflow.core.text import byte_size, counted

    run = App.of(context)
    _require_store(run)
    facts = run.administration.info()
    if json:
        run.out_json(facts)
        return
    run.out(f"{facts.url}  ({run.settings['store'].origin})")
    run.out(f"  {facts.kind}, format {facts.format}, {byte_size(facts.size)}")
    sessions, events = counted(facts.sessions, "session"), counted(facts.events, "event")
    trees, blobs = counted(facts.trees, "tree"), counted(facts.blobs, "content")
    run.out(f"  {sessions} with {events}, {trees}, {blobs} of evidence")


def _require_store(run: App) -> None:
    """Raise `StoreProblem` if the store named does not exist: a typo must not look like an empty, sound store."""
    from rflow.stores import open_store

    store = run.settings["store"]
    if store.origin != "default":
        open_store(store.text, create=False)


@app.command()
def check(context: typer.Context, json: Json = False) -> None:
    """Read the whole store and list what is wrong.

    Also finishes an earlier removal that was interrupted.
    """
    run = App.of(context)
    _require_store(run)
    faults = run.administration.check()
    if json:
        run.out_json(faults)
    for fault in [] if json else faults:
        run.out(f"{fault.severity}: {fault.where}: {fault.what} {fault.remedy}".rstrip())
    wrong = [fault for fault in faults if fault.severity != "info"]
    if wrong:
        raise typer.Exit(int(Exit.STORE))
    if not json:
        run.say("The store is sound.")


@app.command()
def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The URL or path of a store.")],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="The URL or path of another; created if it does not exist.")
    ],
) -> None:
    """Copy everything from a store into another, and verify the copy."""
    from rflow.identity import new_codes
    from rflow.stores import open_store
    from rflow.stores.copy import copy_store

    run = App.of(context)
    from_store = open_store(source, create=False)
    to_store = open_store(target)
    try:
        counts = copy_store(from_store, to_store, new_codes())
    finally:
        from_store.close()
        to_store.close()
    run.say(f"Copied and verified: {counts}.")
    if counts.left:
        raise StoreProblem(
            "Not everything could be copied.",
            try_=f"See why (rflow --store {quote(source)} store check), then copy again.",
        )


@app.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A new file or folder; it must not exist yet.")],
) -> None:
    """Copy the whole store to a new file or folder.

    The copy is consistent, even if other programs write to the store in the meantime.
    """
    run = App.of(context)
    run.administration.backup(path.absolute())
    run.say(f"Backed up to {path}. To see what is in it: rflow --store {quote(str(path))} list --all")
