"""Opening a draft in the user's editor; it is kept until what was written in it is recorded."""

import os
import shlex
import subprocess
from pathlib import Path

from rflow.errors import NotDelivered, UsageProblem


def draft_of_short_forms(state: Path, code: str) -> Path:
    """Return where the lines of a session are kept while its short forms are written."""
    return state / "drafts" / f"{code}-short.txt"


def begin_draft(draft: Path, text: str) -> bool:
    """Write a new draft; False if there is one already, which stays as it is."""
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise NotDelivered(f"{draft} can't be written: {error.strerror}.", try_="Check the permissions.") from error
    return True


def open_draft(draft: Path, command: str) -> None:
    """Open a draft in $VISUAL or $EDITOR, and wait; `command` is what takes it if that fails."""
    said = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    remedy = f"Set EDITOR to one that works, or edit {draft} and run: {command}"
    try:
        done = subprocess.run([*shlex.split(said), str(draft)], check=False)
    except (OSError, ValueError) as error:
        raise UsageProblem(f"The editor {said} could not be started.", try_=remedy) from error
    if done.returncode:
        raise UsageProblem(f"The editor {said} failed (exit code {done.returncode}).", try_=remedy)
