"""Sending commands to a server; a command that can't be sent is kept as a draft, so that nothing typed is lost."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rflow.cli.server.drafts import Draft, Drafts, new_command_id, new_id
from rflow.core.people import Person, person
from rflow.core.session.commands import Start
from rflow.core.session.state import Session
from rflow.core.text import clean
from rflow.errors import NotFound, NotSignedIn, RflowError, StoreProblem, Unreachable
from rflow.service.sessions import Outcome, fits_address, head_named, receiver, send, started

if TYPE_CHECKING:
    from rflow.cli.app import App
    from rflow.core.session.commands import Command

UNSENT = (Unreachable, NotSignedIn, StoreProblem)
"""The errors after which the same command may succeed later."""


def target(run: "App", *, moving: bool) -> Session:
    """Return the session that a command writes to at a server, with as few requests as possible.

    Its state is not loaded, since the response to the command has it. A `moving` command needs the id, by which the
    version displayed here is stored. If the server can't be reached to resolve the session, the id may be "".
    """

    def resolve() -> Session:
        named = run.session_reference
        if named and (moving or not fits_address(named)):
            try:
                head = head_named(run.workspace, named)
            except NotFound as error:
                raise run.not_a_code(named, error) from error
            return Session(id=head.id, code=head.code)
        named = named or run.terminal.current
        return Session(id=named, code=named) if named else run.session_to_write()

    return loaded(run, resolve)


def loaded(run: "App", load: Callable[[], Session]) -> Session:
    """Return the state of a session; only its name if the server can't be reached."""
    try:
        return load()
    except UNSENT:
        named = run.session_reference or run.terminal.current or ""
        return Session(id=named, code=named)


def addressee(run: "App", name: str, *, new: bool) -> tuple[Person, bool]:
    """Return the person called `name`, and whether they are known, which is assumed if a server can't be reached."""
    try:
        return receiver(run.workspace, name, new=new)
    except UNSENT:
        if not run.at_server:
            raise
        return person(clean(name)), True


def check_first(run: "App", session: Session, command: "Command") -> None:
    """Raise the error that sending a command would raise, before a program is run whose output could not be kept."""
    try:
        run.workspace.check(_known(run, session).id, command)
    except UNSENT as error:
        error.try_ = f"Nothing was run. {error.try_}"
        raise


def start_or_keep(run: "App", command: Start) -> Session:
    """Start a session, or keep the command as a draft and raise the error."""
    if run.at_server and not command.command_id:
        command = replace(command, command_id=new_command_id())
    try:
        return started(run.workspace, command)
    except UNSENT as error:
        if run.at_server:
            error.try_ = kept(error, keep(run, "", command, why=error.what))
            run.terminal.enter_unsent(command.command_id)
        raise


def send_or_keep(
    run: "App",
    session: Session,
    command: "Command",
    contents: Mapping[str, bytes] | None = None,
    *,
    irreplaceable: bool = False,
) -> Outcome:
    """Send a command, or keep it as a draft and raise the error; an `irreplaceable` one is kept after any error."""
    if not command.command_id:
        command = replace(command, command_id=new_command_id())
    try:
        return _sent(run, session, command, contents)
    except KeyboardInterrupt:
        keep(run, session.id, command, contents, "It was interrupted.")
        run.say("Interrupted. It is kept as a draft; to send it: rflow drafts send")
        raise
    except RflowError as error:
        if irreplaceable or isinstance(error, UNSENT):
            with suppress(OSError):  # the disk for drafts may be full or read-only
                error.try_ = kept(error, keep(run, session.id, command, contents, error.what))
        raise


def kept(error: RflowError, draft: Draft) -> str:
    """Return the advice of an error whose command was kept as a draft."""
    first = f"{error.try_.rstrip('.')}. " if isinstance(error, NotSignedIn) else ""
    whose = " for the new session" if draft.after else f" for {draft.code}" if draft.code else ""
    return f"{first}What you entered{whose} is kept as a draft, and is carried out once: rflow drafts send"


def keep(
    run: "App", session_id: str, command: "Command", contents: Mapping[str, bytes] | None = None, why: str = ""
) -> Draft:
    """Store a command as a draft, and return the draft."""
    from rflow.cli.app import now
    from rflow.service.opening import public_url

    is_new = isinstance(command, Start)
    draft = Draft(
        id=new_id(),
        store=public_url(run.store_url),
        user=run.settings["user.name"].text,
        at=now(),
        session="" if is_new else session_id,
        code=run.terminal.code or "" if session_id and session_id == run.terminal.current else "",
        after="" if is_new or session_id else run.unsent or "",
        command=command,
        contents=dict(contents or {}),
        why=why,
    )
    Drafts(run.settings.folders.drafts).keep(draft)
    return draft


def _known(run: "App", session: Session) -> Session:
    """Return a session with a usable id; it is resolved again if the server could not be reached before."""
    return session if fits_address(session.id) else run.session_to_write()


def _sent(run: "App", session: Session, command: "Command", contents: Mapping[str, bytes] | None) -> Outcome:
    session = _known(run, session)
    try:
        return send(run.workspace, session, command, contents)
    except NotFound as error:
        if run.session_reference and not session.version:
            raise run.not_a_code(run.session_reference, error) from error
        if session.version:
            raise
        return send(run.workspace, run.session_to_write(), command, contents)  # this terminal's session is gone
