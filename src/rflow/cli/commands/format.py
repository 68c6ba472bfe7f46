"""Commands for output formats: format list, show, new, check, trust."""

from pathlib import Path
from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.completion import formats, own_formats
from rflow.cli.options import Json
from rflow.cli.output import echo
from rflow.errors import Exit, UsageProblem

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Formats of summaries, and your own formats: list, show, new, check, trust.",
)


@app.command(name="list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the formats that `rflow progress -f` takes."""
    from rflow.cli.custom_formats import listed
    from rflow.cli.display.text import table
    from rflow.formats.custom.find import untrusted_folder

    run = App.of(context)
    folders = run.settings.folders
    entries = list(listed(folders))
    if json:
        run.out_json(entries)
    else:
        run.out(table([("FORMAT", "FROM", "WHAT IT IS FOR"), *((e.name, e.from_, e.description) for e in entries)]))
    if untrusted := untrusted_folder(folders):
        run.say(
            f"{untrusted.path} has formats that you have not trusted, or that changed since. "
            "To review them: rflow format trust"
        )


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="FORMAT", help="See `rflow format list`.", autocompletion=formats)],
) -> None:
    """Show what a summary looks like in a format."""
    from rflow.cli.examples import example_progress
    from rflow.formats import render

    run = App.of(context)
    format_ = run.format(name)
    run.say(f"{name}{f': {format_.description}' if format_.description else ''}. An example:\n")
    echo(render(format_, example_progress(), cache=run.settings.folders.cache))


@app.command()
def new(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, for -f.")],
    from_: Annotated[
        str, typer.Option("--from", metavar="FORMAT", help="The format to start from.", autocompletion=formats)
    ] = "markdown",
    project: Annotated[
        bool, typer.Option("--project", help="Put it into .rflow/templates, for everyone who works in this folder.")
    ] = False,
) -> None:
    """Create your own format, to change in an editor.

    It is a template that starts as a copy of FORMAT. docs/own-formats.md says what a template can hold.
    """
    from rflow.cli.custom_formats import create

    run = App.of(context)
    path = create(run, name, from_, project=project)
    run.out(str(path))
    run.say(f"This is the template of {name}. Change it in an editor, then:")
    run.say(f"  rflow format check {name}     shows its mistakes, with their lines")
    run.say(f"  rflow progress -f {name}      shows a session in it")
    if project:
        run.say("Others who work here must trust it first: rflow format trust")


@app.command()
def check(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FORMAT|FILE]...", help="Default: all of yours and the project's.", autocompletion=own_formats
        ),
    ] = None,
) -> None:
    """Check your own formats, and list every mistake with its line.

    They render sample sessions that are long, empty, closed, or full of hostile text, within limits of time and
    memory. A format with warnings can be used.
    """
    from rflow.cli.custom_formats import passes_check, templates

    run = App.of(context)
    results = [passes_check(run, folder, file) for folder, file in templates(run, names or [])]
    if not results:
        run.say("You have no formats of your own. To make one: rflow format new NAME")
    if not all(results):
        raise typer.Exit(int(Exit.BAD_INPUT))


@app.command()
def trust(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="Default: the folder of this project.", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Stop trusting it.")] = False,
) -> None:
    """Trust the formats of a project, as they are now.

    Shows the templates and asks. If one of them changes later, the folder is no longer trusted.
    """
    from rflow.cli.custom_formats import folder_to_trust, show_folder
    from rflow.formats.custom import trust as trusted

    run = App.of(context)
    if yes and no:
        raise UsageProblem("--yes and --no exclude each other.", try_="Use one of them.")
    templates, state = folder_to_trust(folder), run.settings.folders.state
    if no:
        trusted.distrust(state, templates)
        run.say(f"{templates.path} is no longer trusted.")
        return
    show_folder(run, templates)
    if not yes:
        run.confirm("Trust these templates, as they are now?", "--yes")
    trusted.trust(state, templates)
    names = ", ".join(name for name, _ in templates.formats())
    run.say(f"{templates.path} is trusted until one of its files changes. Formats: {names}.")
