"""Commands that add evidence: run, attach."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import CommandId, On, Pin
from rflow.core.encodings import encoding_named
from rflow.core.excerpt import excerpt
from rflow.core.fingerprint import fingerprint
from rflow.core.session.commands import AddEvidence, AddStep
from rflow.core.session.events import EvidenceAdded
from rflow.core.session.state import Session
from rflow.core.text import byte_size, shorten
from rflow.errors import BadInput, UsageProblem
from rflow.service.attaching import LIMIT, attached, media_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from rflow.capture import Captured

app = Group()
Label = Annotated[str, Option(metavar="TEXT", help="What summaries call it.")]
Encoding = Annotated[
    str, Option(metavar="NAME", help="How its bytes are to be read, if not as UTF-8 or UTF-16: cp850, shift_jis …")
]

_NOTHING = EvidenceAdded(kind="command", label="-", excerpt="", bytes_total=0, bytes_kept=0, digest="")


@app.command(verbatim=True)
def run(
    here: App,
    command: Annotated[
        list[str] | None, Argument(metavar="-- COMMAND...", help="The command with its arguments.")
    ] = None,
    string: Annotated[
        str | None, Option("-c", metavar="STRING", help="A command line for your shell, such as 'dmesg | tail'.")
    ] = None,
    label: Label = "",
    encoding: Encoding = "",
    step: Annotated[
        str | None, Option(metavar="TEXT", help="Record a step too: what you try with this command.")
    ] = None,
    result: Annotated[str, Option(metavar="TEXT", help="With --step: what came of it.")] = "",
    on: On = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Run a command, show its output live and keep it as evidence.

    rflow ends with the command's exit code. With --step, the step and its output are recorded together; --pin then pins
    the step.
    """
    from rflow.capture import run_captured
    from rflow.cli.server.sending import check_first

    wanted = command or [] if string is None else string.strip()
    if not wanted or not wanted[0] or (command and string is not None):
        raise UsageProblem("No command to run.", try_="rflow run -- ping -c 3 HOST   or   rflow run -c 'dmesg | tail'")
    _check_step_options(step, result, on)
    encoding = encoding_named(encoding) if encoding else ""
    session = here.session_to_write() if command_id else here.target_session()
    if command_id and (entry := session.event_of_command(command_id, here.me)):
        _carried_out(here, session, entry)
    recorded = _recording(here, step, result, on, pin=pin, command_id=command_id)
    check_first(here, session, recorded(_NOTHING))
    captured = run_captured(wanted, limit=LIMIT)
    keep(here, session, recorded(_evidence_of(captured, here.text(label), encoding)), captured.data, captured=True)
    if captured.unread:
        kept = " The output above shows some of it, and so does the evidence." if captured.echoed else ""
        here.say(f"Typed while it ran, and not read by it: type it again.{kept}")
    if captured.undelivered:
        here.say(f"Warning: the output could not be shown whole: {captured.undelivered}")
    sys.exit(captured.status)


def _check_step_options(step: str | None, result: str, on: int | None) -> None:
    if step is None and result:
        raise UsageProblem("--result needs a step.", try_='Say what you try: --step "…"')
    if step is not None and on is not None:
        raise UsageProblem("--step and --on exclude each other.", try_="Use only one of them.")


def _recording(
    here: App, step: str | None, result: str, on: int | None, *, pin: bool, command_id: str
) -> "Callable[[EvidenceAdded], AddStep | AddEvidence]":
    """Return a function that creates the command for a piece of evidence, with a step if there is one."""
    if step is None:
        return lambda piece: AddEvidence(evidence=replace(piece, on=on or 0), pin=pin, command_id=command_id)
    text, came = here.text(step), here.text(result)
    return lambda piece: AddStep(text=text, result=came, evidence=piece, pin=pin, command_id=command_id)


def _evidence_of(captured: "Captured", label: str, encoding: str) -> EvidenceAdded:
    """Return the evidence of a command that was run, and its output."""
    from rflow.capture import usual_encoding

    usual = usual_encoding()
    shown = excerpt(captured.data, cut=captured.cut, cut_lines=captured.cut_lines, encoding=encoding, fallback=usual)
    return EvidenceAdded(
        kind="command",
        label=label or shorten(captured.command, 80),
        command=captured.command,
        excerpt=shown.text,
        left_out=shown.left_out,
        media_type=media_type(encoding),
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
    """Say that the command was run before, and exit with its exit code."""
    pieces = [piece for piece in session.evidence.values() if seq in (piece.seq, session.units.get(piece.seq))]
    number = f", as evidence {pieces[0].seq}" if pieces else ""
    here.report_written(session, f"nothing new: this was run before{number}.")
    code = (pieces[0].what.exit_code or 0) if pieces else 0
    sys.exit(code if code >= 0 else 128 - code)


def keep(here: App, session: Session, command: "AddStep | AddEvidence", data: bytes, *, captured: bool = False) -> None:
    """Record evidence, whose content is `data`, in `session`, and say so.

    What was `captured` can't be had again: if it can't be recorded, it is kept as a draft.
    """
    from rflow.core.summary.units.phrases import ended

    evidence = command.evidence
    assert evidence is not None
    outcome = here.send(session, command, {evidence.digest: data}, irreplaceable=captured)
    seqs = [event.seq for event in outcome.events if isinstance(event.fact, EvidenceAdded)]
    seq = seqs[0] if seqs else outcome.entry
    code = f", {ended(evidence.exit_code)}" if evidence.exit_code is not None else ""
    left = evidence.bytes_total - evidence.bytes_kept
    cut = f"; only the first and last {byte_size(evidence.bytes_kept // 2)} are kept" if left > 0 else ""
    pinned = " and pinned" if command.pin else ""
    size = f"({byte_size(evidence.bytes_total)}{code}{cut})"
    if isinstance(command, AddStep):
        here.report(outcome, f"step {outcome.entry} recorded{pinned}, with its output as evidence {seq} {size}.")
        if not command.result:
            begin = here.command_prefix(outcome.session)
            here.say(f'To add what came of it: {begin} amend {outcome.entry} --result "…"')
    else:
        here.report(outcome, f"evidence {seq} recorded{pinned} {size}.")


@app.command()
def attach(
    here: App,
    file: Annotated[str, Argument(metavar="FILE|-", help="The file, or - to read standard input.")],
    label: Label = "",
    encoding: Encoding = "",
    on: On = None,
    pin: Pin = False,
    command_id: CommandId = "",
) -> None:
    """Keep a file, or a text pasted into the terminal, as evidence."""
    from rflow.capture import usual_encoding

    encoding = encoding_named(encoding) if encoding else ""
    session = here.target_session()
    if file == "-":
        data, name = here.read_stdin(LIMIT), "pasted text"
    else:
        data, name = _read(Path(file)), Path(file).name
    part = f"Attach the part that matters: tail -n 500 {'FILE' if file == '-' else file} | rflow attach -"
    described = attached(
        data,
        here.text(label) or here.text(name),
        pasted=file == "-",
        encoding=encoding,
        fallback=usual_encoding(),
        too_large=part,
    )
    evidence = replace(described, on=on or 0)
    keep(here, session, AddEvidence(evidence=evidence, pin=pin, command_id=command_id), data)


def _read(path: Path) -> bytes:
    """Return the content of a file, up to one byte over the limit."""
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.", try_="Check the name.") from error
