"""Installing completion: writing the script of a shell to a file, which the shell's start-up file sources."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from rflow.errors import NotDelivered, UsageProblem
from rflow.folders import home
from rflow.whole_files import make_folders, replace_file


def script(name: str) -> str:
    """Return the completion script of a shell; "" means the shell that rflow was started from."""
    shell = _shell(name)
    suffix = "ps1" if shell == "powershell" else shell
    return (Path(__file__).parent / f"rflow.{suffix}").read_text("utf-8")


def _shell(name: str) -> str:
    shell = name.lower() or _detected()
    shell = "powershell" if shell == "pwsh" else shell
    if shell not in _INSTALL:
        what = f'rflow has no completion for the shell "{shell}".' if shell else "rflow can't tell which shell this is."
        raise UsageProblem(what, try_=f"Name one of {', '.join(_INSTALL)}: rflow --install-completion bash")
    return shell


def _detected() -> str:
    from shellingham import ShellDetectionFailure, detect_shell

    try:
        return str(detect_shell()[0])
    except ShellDetectionFailure:
        return ""


def install(name: str) -> str:
    """Install completion in a shell (see `script`), and return a message about it."""
    shell = _shell(name)
    try:
        path = _INSTALL[shell](script(shell))
    except OSError as error:
        raise NotDelivered(
            f"Completion could not be installed: {error.filename or shell}: {error.strerror}.",
            try_=f"Save the script where {shell} reads it: rflow --show-completion {shell}",
        ) from error
    return f"Completion for {shell} is installed in {path}. It works in every new {shell}."


def _home() -> Path:
    where = home()
    if where is None:
        raise OSError(0, "this user has no home folder", "~")
    return Path(where)


def _bash(text: str) -> Path:
    path = _write(_home() / ".bash_completions" / "rflow.sh", text)
    _add_line(_home() / ".bashrc", f"source {_quoted(path)}")
    return path


def _zsh(text: str) -> Path:
    folder = Path(os.environ.get("ZDOTDIR") or _home())
    path = _write(_home() / ".zfunc" / "_rflow", text)
    _add_line(folder / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
    return path


def _fish(text: str) -> Path:
    config = Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config")
    return _write(config / "fish" / "completions" / "rflow.fish", text)


def _powershell(text: str) -> Path:
    profile = _profile()
    path = _write(profile.with_name("rflow-completion.ps1"), text)
    quoted = str(path).replace("'", "''")
    _add_line(profile, f". '{quoted}'")
    return path


def _profile() -> Path:
    """Ask PowerShell where its profile is; the newer one, pwsh, comes first."""
    for program in ("pwsh", "powershell"):
        try:
            asked = [program, "-NoProfile", "-Command", "$PROFILE"]
            output = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            continue
        if output:
            return Path(output)
    raise OSError(0, "neither pwsh nor powershell says where its profile is")


def _quoted(path: Path) -> str:
    quoted = str(path).replace("'", "'\\''")
    return f"'{quoted}'"


def _write(path: Path, text: str) -> Path:
    make_folders(path.parent, 0o777)
    replace_file(path, text.encode(), private=False)
    return path


def _add_line(path: Path, line: str) -> None:
    """Add a line to a start-up file, unless it is there; the rest of the file stays as it is."""
    there = path.read_bytes() if path.exists() else b""
    if line.encode() in there.splitlines():
        return
    make_folders(path.parent, 0o777)
    separator = b"\n" if there and not there.endswith(b"\n") else b""
    replace_file(path, there + separator + line.encode() + b"\n", private=False)


_INSTALL: dict[str, Callable[[str], Path]] = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
