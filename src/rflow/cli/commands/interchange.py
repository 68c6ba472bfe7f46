"""Commands that take sessions out and in: export, import."""

from typing import Annotated

import typer

from rflow.cli.app import App
from rflow.cli.options import Reference

app = typer.Typer(rich_markup_mode=None)


@app.command()
def export(
    context: typer.Context,
    reference: Reference = None,
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Leave the contents of evidence out.")] = False,
) -> None:
    """Write a session as JSON Lines, raw, to be imported elsewhere."""
    from rflow.cli.sources import write_output

    run = App.of(context)
    session = run.session(reference)
    data = b"".join(run.workspace.export(session, evidence=not no_evidence))
    if output is None:
        typer.echo(data, nl=False)
        return
    write_output(output, data, private=True)
    run.wrote(session, f"written to {output}, raw. To take it in elsewhere: rflow import {output}")


@app.command(name="import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="An export, or a plain document of a session.")],
) -> None:
    """Take in an exported session, or another tool's document."""
    from rflow.cli.sources import name_of, read_input
    from rflow.service.interchange import read_session

    run = App.of(context)
    read = read_session(read_input(file), name_of(file), run.workspace.member, run.workspace.now())
    session, word = run.workspace.take_in(read)
    run.wrote(session, f"{word}. Go on with: {run.program} resume {session.code}")
