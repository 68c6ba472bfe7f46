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
    """Say where the store is and how much it holds."""
    from rflow.core.text import byte_size

    run = App.of(context)
    _see_that_it_is_there(run)
    told = run.administration.info()
    if json:
        run.out_json(told)
        return
    run.out(f"{told.url}  ({run.settings['store'].origin})")
    run.out(f"  {told.kind}, format {told.format}, {byte_size(told.size)}")
    sessions, events = _counted(told.sessions, "session"), _counted(told.events, "event")
    trees, blobs = _counted(told.trees, "tree"), _counted(told.blobs, "content")
    run.out(f"  {sessions} with {events}, {trees}, {blobs} of evidence")


def _see_that_it_is_there(run: App) -> None:
    """Refuse to tell anything of a store that was named and is not there: a slip in its name must not look sound."""
    from rflow.service.opening import check_exists

    store = run.settings["store"]
    if store.origin != "default":
        check_exists(store.text)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


@app.command()
def check(context: typer.Context, json: Json = False) -> None:
    """Read the whole store and list what is wrong.

    It also finishes a removal that could not be finished.
    """
    run = App.of(context)
    _see_that_it_is_there(run)
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
    source: Annotated[str, typer.Argument(metavar="FROM", help="A store's URL or path.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="Another's; it is made where there is none.")],
) -> None:
    """Copy everything from one store into another, and verify it."""
    from rflow.service.opening import copy_stores

    run = App.of(context)
    counts = copy_stores(source, target)
    run.say(f"Copied and verified: {counts}.")
    if counts.left:
        raise StoreProblem(
            "Not everything could be copied.",
            try_=f"See why (rflow --store {quote(source)} store check), then copy again.",
        )


@app.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Where to; it must not exist yet.")],
) -> None:
    """Copy the whole store to a new file or folder.

    The copy is the store as it is at one moment, whoever writes to it meanwhile.
    """
    run = App.of(context)
    run.administration.backup(path.absolute())
    run.say(f"Backed up to {path}. To look into it: rflow --store {path} list --all")
