"""Starting a program, with a suggestion if it can't be started."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rflow.errors import UsageProblem

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
        raise _problem(program, error) from error


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


def _problem(program: str, error: OSError) -> UsageProblem:
    """Return the error for a program that can't be run, with what to try."""
    import errno
    import shutil
    from pathlib import Path

    through_shell = f"rflow run -c {typed([program])}"
    if os.path.dirname(program):  # noqa: PTH120
        if Path(program).is_dir():
            return UsageProblem(f'"{program}" is a folder.', try_="Name a program in it.")
        if not Path(program).exists():
            return UsageProblem(f'There is no program "{program}".', try_="Check the path.")
    elif not shutil.which(program):
        near = _nearest(program)
        try_ = (
            f'Did you mean "{near}"?' if near else f"Built in or a whole command line? Use your shell: {through_shell}"
        )
        return UsageProblem(f'There is no program "{program}" here.', try_=try_)
    match error.errno:
        case errno.EACCES:
            try_ = f"Make it executable: chmod +x {typed([program])}"
        case errno.ENOENT:  # the program is there, but its interpreter is not
            missing = f'The interpreter that "{program}" names in its first line is missing.'
            return UsageProblem(missing, try_="Correct that line, or install the interpreter.")
        case errno.ENOEXEC:
            try_ = f"If it is a script, run it through your shell: {through_shell}"
        case _:
            try_ = ""
    return UsageProblem(f'"{program}" can\'t be run: {error.strerror}.', try_=try_)


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
