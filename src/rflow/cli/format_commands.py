"""Commands for output formats: format list, show."""

from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import formats
from rflow.cli.options import Json

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Formats of summaries: list, show.")


@app.command(name="list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the formats that `rflow progress -f` takes."""
    from rflow.cli.views import table
    from rflow.formats import FORMATS

    run = App.of(context)
    if json:
        run.out_json(
            [{"name": f.name, "description": f.description, "media_type": f.media_type} for f in FORMATS.values()]
        )
    else:
        run.out(table([("FORMAT", "WHAT IT IS FOR"), *((f.name, f.description) for f in FORMATS.values())]))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="See `rflow format list`.", autocompletion=formats)],
) -> None:
    """Show what a summary looks like in a format, with an example session."""
    from rflow.cli.examples import example_progress
    from rflow.formats import format_named, render

    run = App.of(context)
    found = format_named(name)
    run.say(f"{found.name}: {found.description}. An example:\n")
    typer.echo(render(name, example_progress(), cache=run.settings.folders.cache))
