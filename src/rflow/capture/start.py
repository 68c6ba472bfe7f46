"""Starting a program, with a suggestion if it can't be started."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rflow.core.text import shorten
from rflow.errors import NoProgram, NotExecutable, UsageProblem

if TYPE_CHECKING:
    from subprocess import Popen


def start(argv: list[str], **options: Any) -> "Popen[bytes]":
    """Start a program; raise UsageProblem if that fails."""
    import shutil
    import subprocess

    program = argv[0]
    if sys.platform == "win32":  # CreateProcess looks for .exe only; az, npm and others are .cmd files
        argv = [shutil.which(program) or program, *argv[1:]]
    try:
        return subprocess.Popen(argv, bufsize=0, **options)
    except OSError as error:
        raise _problem([program, *argv[1:]], error) from error


def shell() -> list[str]:
    """Return the command that runs a string in the user's shell."""
    if sys.platform == "win32":
        return ["powershell", "-NoProfile", "-Command"]
    import shutil

    shell = os.environ.get("SHELL", "")
    # Service accounts have a shell that refuses to run anything.
    usable = shutil.which(shell) and os.path.basename(shell) not in ("nologin", "false")  # noqa: PTH119
    return [shell if usable else "/bin/sh", "-c"]


def typed(argv: list[str]) -> str:
    """Return a command as it would be typed."""
    if sys.platform == "win32":
        import subprocess

        return subprocess.list2cmdline(argv)
    import shlex

    return shlex.join(argv)


_CHANGE_THE_SHELL = frozenset(
    ". alias cd declare dirs export local popd pushd readonly set setenv shopt source typeset umask unalias "
    "unset".split()
)
"""Commands that change the state of the shell, so they are only useful before another command."""
_OF_THE_SHELL = _CHANGE_THE_SHELL | frozenset(
    "! : [[ { bg bind break builtin caller case command compgen complete continue disown enable eval exec exit fc fg "
    "for function getopts hash help history if jobs let logout mapfile read return select shift suspend time times "
    "trap type ulimit until wait while".split()
)
_OF_A_LINE = frozenset("|&;<>$*")
"""Characters with a meaning in shells; names of programs don't contain them."""
_OF_A_TEST = frozenset("! && ( ) < =~ > ]] ||".split())
"""The shell's own words between [[ and ]]."""


def _problem(argv: list[str], error: OSError) -> UsageProblem:
    """Return the error for a program that can't be run, with what to try."""
    import errno
    import shutil

    program = argv[0]
    through_shell = f"rflow run -c {typed([program])}"
    if os.path.dirname(program):  # noqa: PTH120
        if os.path.isdir(program):  # noqa: PTH112 (pathlib raises an error for a name that is too long)
            return NotExecutable(f'"{program}" is a folder.', try_="Name a program in it.")
        if not os.path.exists(program):  # noqa: PTH110
            is_line = set(program) & _OF_A_LINE or (" " in program and shutil.which(program.split(" ")[0]))
            return _no_program(program, _as_a_line(argv) if is_line else "Check the path.")
    elif not shutil.which(program):
        if program in _OF_THE_SHELL:
            return _of_the_shell(argv)
        if program.partition("=")[0].isidentifier() and "=" in program:
            what = f'"{program}" sets a variable, and is not a program.'
            return UsageProblem(what, try_=f"Write it as: rflow run -- env {typed(argv)}")
        return _no_program(program, _suggestion(argv), " here")
    match error.errno:
        case errno.EACCES:
            try_ = f"Make it executable: chmod +x {typed([program])}"
        case errno.ENOENT:  # the program is there, but its interpreter is not
            missing = f'The interpreter that "{program}" names in its first line is missing.'
            return NotExecutable(missing, try_="Correct that line, or install the interpreter.")
        case errno.ENOEXEC:
            try_ = f"If it is a script, run it through your shell: {through_shell}"
        case _:
            try_ = ""
    return NotExecutable(f'"{program}" can\'t be run: {error.strerror}.', try_=try_)


def _no_program(program: str, try_: str, where: str = "") -> NoProgram:
    return NoProgram(f'There is no program "{shorten(program, 100)}"{where}; nothing was recorded.', try_=try_)


def _as_a_line(argv: list[str]) -> str:
    """Return what to try if the first word is a whole command line, or the beginning of one."""
    line = " ".join([argv[0], typed(argv[1:])]).strip()
    return f"A whole command line? Use your shell: rflow run -c {typed([line])}"


def _suggestion(argv: list[str]) -> str:
    """Return what to try if there is no program of that name."""
    program = argv[0]
    if " " in program or set(program) & _OF_A_LINE:
        return _as_a_line(argv)
    if near := _nearest(program):
        return f"Did you mean: rflow run -- {typed([near, *argv[1:]])}"
    return "Check its name, and whether it is installed on this machine."


def _of_the_shell(argv: list[str]) -> UsageProblem:
    """Return the error for a command of the shell, with the line that runs it there."""
    before = "; COMMAND" if sys.platform == "win32" else " && COMMAND"
    line = f"{_typed_in_the_shell(argv)}{before if argv[0] in _CHANGE_THE_SHELL and len(argv) > 1 else ''}"
    return UsageProblem(
        f'"{argv[0]}" is a command of the shell, not a program.',
        try_=f"Run it in your shell: rflow run -c {typed([line])}",
    )


def _typed_in_the_shell(argv: list[str]) -> str:
    """Return the line of a command of the shell, whose own words (!, [[, {) mean nothing in quotes."""
    word, *arguments = argv
    if word == "[[":
        return " ".join([word, *(each if each in _OF_A_TEST else typed([each]) for each in arguments)])
    while word == "{" and arguments and arguments[-1] in (";", "}"):
        arguments.pop()
    line = f"{word} {typed(arguments)}" if arguments else word
    return f"{line}; }}" if word == "{" and arguments else line


def _nearest(program: str) -> str:
    from difflib import get_close_matches

    near = {name for name in _programs() if abs(len(name) - len(program)) <= 2}
    close = get_close_matches(program, sorted(near), n=1, cutoff=0.75)
    return close[0] if close else ""


def _programs() -> Iterator[str]:
    import contextlib

    for folder in os.get_exec_path():
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            yield from (entry.name for entry in entries)
