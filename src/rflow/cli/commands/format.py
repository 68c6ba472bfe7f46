"""Commands for output formats: format list, show, new, check, trust."""

from pathlib import Path
from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import formats, own_formats
from rflow.cli.options import Json
from rflow.errors import Exit, UsageProblem

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Formats of summaries, and your own: list, show, new, check, trust.",
)


@app.command(name="list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the formats that `rflow progress -f` takes."""
    from rflow.cli.display.text import table
    from rflow.formats.custom.find import listed

    run = App.of(context)
    entries = list(listed(run.settings.folders))
    if json:
        run.out_json(entries)
    else:
        run.out(table([("FORMAT", "FROM", "WHAT IT IS FOR"), *((e.name, e.from_, e.description) for e in entries)]))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="See `rflow format list`.", autocompletion=formats)],
) -> None:
    """Show what a summary looks like in a format."""
    from rflow.cli.examples import example_progress
    from rflow.formats import render

    run = App.of(context)
    found = run.format(name)
    run.say(f"{found.name}{f': {found.description}' if found.description else ''}. An example:\n")
    typer.echo(render(found, example_progress(), cache=run.settings.folders.cache))


@app.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What you will say behind -f.")],
    from_: Annotated[
        str, typer.Option("--from", metavar="FORMAT", help="The format to begin with.", autocompletion=formats)
    ] = "markdown",
    project: Annotated[
        bool, typer.Option("--project", help="For all who work in this folder: in .rflow/templates.")
    ] = False,
) -> None:
    """Make a format of your own, for you to change.

    It is a template that draws what FORMAT does. docs/own-formats.md says what a template can hold.
    """
    from rflow.cli.custom_formats import make

    run = App.of(context)
    path = make(run, name, from_, project=project)
    run.out(str(path))
    run.say(f"This is the template of {name}: change it as you like, with any editor. Then:")
    run.say(f"  rflow format check {name}     says what is wrong with it, and where")
    run.say(f"  rflow progress -f {name}      shows a session in it")
    if project:
        run.say("Who else works here must trust it first: rflow format trust")


@app.command()
def check(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FORMAT|FILE]...", help="All of yours, if none is named.", autocompletion=own_formats),
    ] = None,
) -> None:
    """Try your own formats, and say what is wrong, and where.

    They draw sessions that are long, empty, closed, or full of hostile text. Warnings don't keep a format from being
    used.
    """
    from rflow.cli.custom_formats import checked, named

    run = App.of(context)
    results = [checked(run, folder, file) for folder, file in named(run, names or [])]
    if not results:
        run.say("You have no formats of your own. To make one: rflow format new NAME")
    if not all(results):
        raise typer.Exit(int(Exit.BAD_INPUT))


@app.command()
def trust(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="This project's, if none is named.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Trust it no longer.")] = False,
) -> None:
    """Trust the formats of a project, as they are now.

    It shows what they are and asks. Once any of its templates changes, it is not trusted any more.
    """
    from rflow.cli.custom_formats import shown, to_trust
    from rflow.formats.custom.trust import distrust
    from rflow.formats.custom.trust import trust as remember

    run = App.of(context)
    if yes and no:
        raise UsageProblem("--yes and --no exclude each other.", try_="Give one of them.")
    found = to_trust(folder)
    if no:
        distrust(run.settings.folders.state, found)
        run.say(f"{found.path} is not trusted any more.")
        return
    shown(run, found)
    if not yes:
        run.confirm("Trust these templates, as they are now?", "--yes")
    remember(run.settings.folders.state, found)
    names = ", ".join(name for name, _ in found.formats())
    run.say(f"{found.path} is trusted until one of its files changes. Formats: {names}.")
