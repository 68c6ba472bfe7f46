"""Commands for output formats: format list, show, new, check, trust."""

import sys
from pathlib import Path
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.output import echo
from rflow.cli.parsing.completion import formats, own_formats
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.errors import Exit, UsageProblem

app = Group(help="Formats of summaries, and your own: list, show, new, check, trust.")


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List the formats that `rflow progress -f` takes."""
    from rflow.cli.custom_formats import listed
    from rflow.cli.display.lists import table
    from rflow.formats.custom.find import untrusted_folder

    folders = run.settings.folders
    entries = list(listed(folders))
    if json:
        run.out_json(entries)
    else:
        run.out(table([("FORMAT", "FROM", "WHAT IT IS FOR"), *((e.name, e.from_, e.description) for e in entries)]))
    if untrusted := untrusted_folder(folders):
        run.say(f"{untrusted.path} has formats that you don't trust as they are now. To read them: rflow format trust")


@app.command()
def show(
    run: App,
    name: Annotated[str, Argument(metavar="FORMAT", help="See `rflow format list`.", autocompletion=formats)],
) -> None:
    """Show what a summary looks like in a format."""
    from rflow.cli.examples import example_progress
    from rflow.formats import render

    format_ = run.format(name)
    run.say(f"{name}{f': {format_.description}' if format_.description else ''}. An example:\n")
    echo(render(format_, example_progress()))


@app.command()
def new(
    run: App,
    name: Annotated[str, Argument(metavar="NAME", help="The name that -f will take.")],
    from_: Annotated[
        str, Option("--from", metavar="FORMAT", help="The format to start from.", autocompletion=formats)
    ] = "markdown",
    project: Annotated[
        bool, Option("--project", help="For everyone who works in this folder: in .rflow/templates.")
    ] = False,
) -> None:
    """Create a format of your own, for you to change.

    It is a template that starts as a copy of FORMAT. docs/own-formats.md says what a template can hold.
    """
    from rflow.cli.custom_formats import create

    path = create(run, name, from_, project=project)
    run.out(str(path))
    run.say(f"This is the template of {name}: change it in any editor. Then:")
    run.say(f"  rflow format check {name}     shows its mistakes, with their lines")
    run.say(f"  rflow progress -f {name}      shows a session in it")
    if project:
        run.say("Other people in this project must trust it first: rflow format trust")


@app.command()
def check(
    run: App,
    names: Annotated[
        list[str] | None,
        Argument(
            metavar="[FORMAT|FILE]...", help="If none: all of yours and of the project.", autocompletion=own_formats
        ),
    ] = None,
) -> None:
    """Check your own formats: every mistake, with its line.

    It renders sample sessions with them (long, empty, closed, with hostile text), within limits of time and memory.
    A format with warnings can be used.
    """
    from rflow.cli.custom_formats import passes_check, templates

    results = [passes_check(run, folder, file) for folder, file in templates(run, names or [])]
    if not results:
        run.say("You have no formats of your own. To make one: rflow format new NAME")
    if not all(results):
        sys.exit(int(Exit.BAD_INPUT))


@app.command()
def trust(
    run: App,
    folder: Annotated[
        Path | None,
        Argument(metavar="[FOLDER]", help="Without one: the folder of this project.", show_default=False),
    ] = None,
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
    no: Annotated[bool, Option("--no", help="Stop trusting it.")] = False,
) -> None:
    """Trust the formats of a project, as they are now.

    It shows the templates and asks. When one of them changes, the folder is no longer trusted.
    """
    from rflow.cli.custom_formats import folder_to_trust, show_folder
    from rflow.formats.custom import trust as trusted

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
