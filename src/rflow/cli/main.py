"""Runs the program: dispatches a command line, and turns every error into a message and an exit code."""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from rflow.cli.output import discard_output, echo, guard_streams, print_error
from rflow.cli.parsing.reader import Call, global_values, read
from rflow.cli.root import root
from rflow.core.text import clean
from rflow.errors import Exit, NotDelivered, RflowError

if TYPE_CHECKING:
    from rflow.cli.app import World

_LIGHT = (["prompt"],)
"""The first words of command lines that don't need msgspec."""


def main() -> None:
    """Run the program with the command line of this process."""
    sys.unraisablehook = _ignore_late_interrupt
    try:
        guard_streams()
        if "_RFLOW_COMPLETE" in os.environ:
            from rflow.cli.shells.answer import answer

            return answer()
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:  # the reader has closed: `rflow list | head -1`
            discard_output()
            sys.exit(1)
        if os.environ.get("RFLOW_DEBUG"):
            raise
        if isinstance(error, OSError) and error.filename is None:  # not about a file, so a stream can't be written
            discard_output()
            what = f"The output can't be written: {error.strerror}."
            print_error(NotDelivered(what, try_="What was recorded is kept. Send the output somewhere else."))
            sys.exit(int(Exit.NOT_DELIVERED))
        echo(f"rflow: something unexpected happened ({type(error).__name__}). Nothing more was written.", err=True)
        echo("       Run it again with RFLOW_DEBUG=1 to see where, and please report it.", err=True)
        sys.exit(int(Exit.UNEXPECTED))


def run(words: Sequence[str], world: "World | None" = None) -> int:
    """Run a command line, and return its exit code; a replay passes its `world`."""
    try:
        call = read(words, root) if list(words[:1]) in _LIGHT else _loaded(words)
        if call is not None:
            options, command, values = call
            with closing(root(**options)) as given:
                given.world = world
                given.call(command, values)
        else:
            return _run_with_typer(words)
    except RflowError as error:
        error.try_ = _typable(error.try_, words)
        print_error(error)
        return int(error.exit_code)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _typable(remedy: str, words: Sequence[str]) -> str:
    """Return the advice of an error, with the global options of the command line added to its commands."""
    given = global_values(words)
    if not given:
        return remedy
    from rflow.cli.app import App

    store, user, session, config = map(given.get, ("store", "user", "session", "config"))
    with suppress(RflowError):  # the error may be that the settings can't be read
        return App(store=store, user=user, session=session, config=config).typable(remedy)
    return remedy


def _run_with_typer(words: Sequence[str]) -> int:
    """Run a command line that Typer has to parse, and return its exit code."""
    from typer.exceptions import TyperException

    from rflow.cli.parsing.mistakes import check_values, explained
    from rflow.cli.parsing.with_typer import root_command

    check_values(words)
    try:
        return root_command()(list(words), prog_name="rflow", standalone_mode=False) or 0
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            echo(clean(error.format_message()), err=True)
            return int(Exit.USAGE)
        raise explained(error, words) from None


def _loaded(words: Sequence[str]) -> Call | None:
    """Parse a command line after importing msgspec, which its command needs."""
    from rflow.cli.parsing.interrupts import defer_interrupts

    with defer_interrupts():
        _import_msgspec()
        return read(words, root)


def _import_msgspec() -> None:
    """Import msgspec without two modules that it imports but rflow does not need.

    If `typing_extensions` is installed, msgspec prefers it to `typing`; importing it takes as long as msgspec itself.
    `uuid`, before Python 3.13, imports `platform` only for the name of the system, which takes a third of that.
    """
    without: dict[str, Any] = {"typing_extensions": None}
    if sys.platform == "linux" and sys.version_info < (3, 13):
        without["platform"] = SimpleNamespace(system=lambda: "Linux")
    absent = without.keys() - sys.modules.keys()
    sys.modules.update({name: without[name] for name in absent})
    try:
        import msgspec  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]


def _ignore_late_interrupt(unraisable: Any) -> None:
    """Don't report a Ctrl-C that can't be raised, such as in a callback of an import; it has no effect."""
    if unraisable.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(unraisable)
