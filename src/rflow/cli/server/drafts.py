"""Drafts: commands that could not be sent, kept until they are sent or removed.

A draft is a file in the state folder that only its user can read. Its command has an id, so it is executed only once,
however often it is sent, even if it had arrived before the connection broke.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from rflow.core.session.commands import Command, Start
from rflow.core.session.state import Session
from rflow.core.text import one_line
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.identity import share_id
from rflow.whole_files import write_own_file

_TEXTS = ("text", "result", "reason", "summary", "note", "read_back", "choice", "waiting_for", "title")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A command for a session of a store, and the contents of its evidence.

    `store` is a URL without its password. `session` is an id or a code; "" if it is unknown, and for a new session.
    `code` is its code, "" if unknown. `after` is the `command_id` of the draft that starts the session. `why` says why
    it was not sent.
    """

    id: str
    store: str
    user: str
    at: datetime
    session: str
    command: Command
    contents: Mapping[str, bytes] = {}
    why: str = ""
    code: str = ""
    after: str = ""

    @property
    def what(self) -> str:
        """The command in a few words."""
        command: Any = self.command
        tag = str(type(command).__struct_config__.tag).replace("_", " ")
        evidence = getattr(command, "evidence", None)
        texts = [getattr(command, name, "") for name in _TEXTS]
        if evidence is not None:
            texts.append(evidence.label)
        brief = getattr(command, "brief", None)
        texts += [getattr(brief, name) or "" for name in brief.__struct_fields__] if brief is not None else []
        return one_line(": ".join([tag, *[text for text in texts if isinstance(text, str) and text][:1]]))


class Drafts:
    """The user's drafts, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, draft: Draft) -> None:
        """Store a draft."""
        write_own_file(self._folder / _name(draft), msgspec.json.encode(draft), durable=True)

    def remove(self, draft: Draft) -> None:
        """Remove a draft."""
        (self._folder / _name(draft)).unlink(missing_ok=True)

    def starts(self, command_id: str) -> bool:
        """Whether there is a draft with this command id that starts a session."""
        return any(isinstance(each.command, Start) and each.command.command_id == command_id for each in self.all())

    def started(self, start: Draft, session: Session) -> None:
        """Update the drafts for a session that the draft `start` has started."""
        for draft in self.all():
            if draft.after == start.command.command_id:
                self.keep(replace(draft, session=session.id, code=session.code, after=""))

    def any(self) -> bool:
        """Whether there are drafts, without reading them."""
        return next(self._paths(), None) is not None

    def all(self) -> list[Draft]:
        """Return all drafts, oldest first."""
        return [_read(path) for path in sorted(self._paths())]

    def named(self, references: list[str]) -> list[Draft]:
        """Return the drafts whose ids start with these references, oldest first."""
        drafts = self.all()
        wanted: dict[str, Draft] = {}
        for reference in references:
            found = [draft for draft in drafts if reference and draft.id.startswith(reference.upper())]
            if not found:
                raise NotFound(f'There is no draft "{reference}".', try_="See what there is: rflow drafts list")
            if len(found) > 1:
                raise UsageProblem(f'"{reference}" could be more than one draft.', try_="Type one more letter.")
            wanted[found[0].id] = found[0]
        return [draft for draft in drafts if draft.id in wanted]

    def _paths(self) -> Iterator[Path]:
        """Yield the files of the drafts; raise `StoreProblem` if they can't be listed, as they may contain entries."""
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 (its errors come here)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            what = f"The drafts in {self._folder} can't be read: {error.strerror}."
            raise StoreProblem(what, try_="Check the permissions of the folder.") from error
        yield from (self._folder / name for name in names if name.endswith(".json"))


def new_id() -> str:
    """Return the id of a new draft."""
    return share_id(os.urandom(7))


def new_command_id() -> str:
    """Return a new command id."""
    return f"rflow-{os.urandom(12).hex()}"


def _name(draft: Draft) -> str:
    return f"{draft.at:%Y%m%d-%H%M%S-%f}-{draft.id}.json"


def _read(path: Path) -> Draft:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Draft)
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise StoreProblem(
            f"The draft {path} can't be read: a newer rflow wrote it, or it is damaged.", try_="Move it elsewhere."
        ) from error
