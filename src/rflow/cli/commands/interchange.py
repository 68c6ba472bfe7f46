"""Commands that move sessions between stores as files: export, import."""

from typing import TYPE_CHECKING, Annotated

import typer

from rflow.cli.app import App, label
from rflow.cli.options import Reference

if TYPE_CHECKING:
    from rflow.core.people import Person
    from rflow.service.importing import Import

ACCEPT = "--accept-ownership"
app = typer.Typer(rich_markup_mode=None)


@app.command()
def export(
    context: typer.Context,
    reference: Reference = None,
    output: Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
    no_evidence: Annotated[bool, typer.Option("--no-evidence", help="Leave out the contents of evidence.")] = False,
) -> None:
    """Write a session as JSON Lines, unredacted, to import it elsewhere."""
    from rflow.cli.sources import write_output

    run = App.of(context)
    session = run.session(reference)
    data = b"".join(run.workspace.export(session, evidence=not no_evidence))
    if output is None:
        typer.echo(data, nl=False)
        return
    write_output(output, data, private=True)
    run.wrote(session, f"written to {output}, unredacted. To import it elsewhere: rflow import {output}")


@app.command(name="import")
def import_(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="An export, or a plain document of a session.")],
    accept_ownership: Annotated[
        bool, typer.Option(ACCEPT, help="Allow it to change the owner or status of a session that is here.")
    ] = False,
) -> None:
    """Import an exported session, or another tool's document.

    A session that is here already is extended by the entries that are new.
    """
    from rflow.cli.sources import name_of, read_input
    from rflow.service.interchange import read_session

    run = App.of(context)
    workspace = run.workspace
    read = read_session(read_input(file), name_of(file), workspace.member, workspace.now())
    if run.can_ask and not accept_ownership:
        accept_ownership = _ask(run, workspace.plan_import(read))
    done = workspace.take_in(read, accept_ownership=accept_ownership)
    run.wrote(
        done.session, f"{_result(done, workspace.member)} Continue with: {run.program} resume {done.session.code}"
    )


def _ask(run: App, planned: "Import") -> bool:
    """Ask whether an import may change owner or status; False if it does not."""
    if not planned.ownership:
        return False
    member = run.workspace.member
    what = f"The file adds {planned.authors(member)} to {label(planned.session)}, and changes its owner or status: "
    run.confirm(f"{what}{planned.ownership_changes(member)}. Import it?", ACCEPT)
    return True


def _result(done: "Import", member: "Person") -> str:
    """Say what was imported, and whose it is."""
    whose = "It is yours." if done.session.owner.id == member.id else f"It belongs to {done.session.owner.name}."
    match done.outcome:
        case "new":
            return f"imported. {whose}"
        case "diverged":
            return f"imported as a new session, because it continued differently here. {whose}"
        case "extended":
            return f"added {done.authors(member)}. {whose}"
        case "unchanged":
            return "here already, nothing new."
