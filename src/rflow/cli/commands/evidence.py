"""Commands that keep evidence: run, attach."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from rflow.cli.app import App
from rflow.cli.options import CommandId
from rflow.core.excerpt import excerpt
from rflow.core.fingerprint import fingerprint
from rflow.core.session.commands import AddEvidence
from rflow.core.session.events import EvidenceAdded
from rflow.core.session.state import Session
from rflow.core.text import byte_size, shorten
from rflow.errors import BadInput, UsageProblem

if TYPE_CHECKING:
    from rflow.capture import Captured

app = typer.Typer(rich_markup_mode=None)

LIMIT = 8 * 1024 * 1024
"""How many bytes of one output or file are kept; PERFORMANCE: a store stays quick whatever is attached."""
_NOTHING = EvidenceAdded(kind="command", label="-", excerpt="", bytes_total=0, bytes_kept=0, digest="")


@app.command(context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False})
def run(
    context: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND...", help="The command with its arguments.")
    ] = None,
    string: Annotated[
        str | None, typer.Option("-c", metavar="STRING", help="A command line for your shell, with pipes and all.")
    ] = None,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What to call it in summaries.")] = "",
    command_id: CommandId = "",
) -> None:
    """Run a command, show its output live and keep it as evidence. Its exit code is passed on."""
    from rflow.capture import run_captured

    here = App.of(context)
    wanted = command or [] if string is None else string.strip()
    if not wanted or not wanted[0] or (command and string is not None):
        raise UsageProblem("What is to be run?", try_="rflow run -- ping -c 3 HOST   or   rflow run -c 'dmesg | tail'")
    session = here.session()
    if command_id and command_id in session.commands:
        _carried_out(here, session, session.commands[command_id])
    here.workspace.check(session.id, AddEvidence(evidence=_NOTHING))  # where it could not be kept, nothing is run
    captured = run_captured(wanted, limit=LIMIT)
    keep(here, session, _evidence_of(captured, here.text(label)), captured.data, command_id)
    if captured.undelivered:
        here.say(f"Warning: the output could not be shown whole: {captured.undelivered}")
    raise typer.Exit(captured.status)


def _evidence_of(captured: "Captured", label: str) -> EvidenceAdded:
    """Describe a command that was run, and what it printed."""
    shown = excerpt(captured.data, cut=captured.cut)
    return EvidenceAdded(
        kind="command",
        label=label or shorten(captured.command, 80),
        command=captured.command,
        excerpt=shown.text,
        left_out=shown.left_out,
        bytes_total=captured.total,
        bytes_kept=captured.kept,
        digest=fingerprint(captured.data),
        exit_code=captured.exit_code,
        duration=captured.duration,
        started_at=captured.started_at,
        host=captured.host,
        cwd=captured.cwd,
        origin="observed",
    )


def _carried_out(here: App, session: Session, seq: int) -> NoReturn:
    """Say that the command was run before, and pass its exit code on again."""
    here.wrote(session, f"nothing new: this was run before, as evidence {seq}.")
    code = (session.evidence[seq].what.exit_code or 0) if seq in session.evidence else 0
    raise typer.Exit(code if code >= 0 else 128 - code)


def keep(here: App, session: Session, evidence: EvidenceAdded, data: bytes, command_id: str = "") -> None:
    """Keep evidence, whose content is `data`, in `session`, and say so."""
    command = AddEvidence(evidence=evidence, command_id=command_id)
    outcome = here.send(session, command, {evidence.digest: data})
    code = f", exit code {evidence.exit_code}" if evidence.exit_code is not None else ""
    left = evidence.bytes_total - evidence.bytes_kept
    cut = f"; only the first and last {byte_size(evidence.bytes_kept // 2)} are kept" if left > 0 else ""
    here.wrote(outcome.session, f"evidence {outcome.entry} recorded ({byte_size(evidence.bytes_total)}{code}{cut}).")


@app.command()
def attach(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The file, or - to read standard input.")],
    label: Annotated[str, typer.Option(metavar="TEXT", help="What to call it in summaries.")] = "",
    command_id: CommandId = "",
) -> None:
    """Keep a file, or a text pasted into the terminal, as evidence."""
    here = App.of(context)
    session = here.session()
    if file == "-":
        data, name = here.read_stdin(LIMIT), "pasted text"
    else:
        data, name = _read(Path(file)), Path(file).name
    if len(data) > LIMIT:
        raise UsageProblem(
            f"That is more than {byte_size(LIMIT)}.",
            try_=f"Attach the part that matters: tail -n 500 {'FILE' if file == '-' else file} | rflow attach -",
        )
    if not data:
        raise UsageProblem("There is nothing in it.", try_="Was it the right file?")
    told = excerpt(data)
    evidence = EvidenceAdded(
        kind="text" if file == "-" else "file",
        label=here.text(label) or here.text(name),
        excerpt=told.text,
        left_out=told.left_out,
        bytes_total=len(data),
        bytes_kept=len(data),
        digest=fingerprint(data),
    )
    keep(here, session, evidence, data, command_id)


def _read(path: Path) -> bytes:
    """Read a file, a byte more than may be kept at the most."""
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.", try_="Check the name.") from error
