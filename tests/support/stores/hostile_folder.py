"""A folder store in which files were replaced by links, FIFOs and other oddities."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support.program import Program

SECRET = "the-door-code-is-4711"


SECOND_TREE = """
id = "vpn"
title = "The VPN drops"
start = "restart"

[nodes.restart]
text = "Restart the client"
to = "done"

[nodes.done]
text = "It works"
outcome = "resolved"
"""


class Night(NamedTuple):
    """A store with two sessions: `victim`, whose files are replaced, and `other`, which must keep working."""

    program: Program
    store: Path
    outside: Path
    victim: str
    other: str
    session_id: str

    def file(self, pattern: str) -> Path:
        """Find a file of the store."""
        (found,) = self.store.glob(pattern)
        return found

    def place(self, name: str) -> Path:
        """Return the path of a place in the layout, by its name in `PLACES`."""
        return PLACES[name](self)


PLACES: dict[str, Callable[[Night], Path]] = {
    "the format": lambda night: night.store / "rflow.json",
    "git's rules": lambda night: night.store / ".gitignore",
    "the lock": lambda night: night.store / ".lock",
    "the draft": lambda night: night.store / ".draft",
    "the removals": lambda night: night.store / ".forget",
    "a session": lambda night: night.file(f"sessions/{night.victim}.*.jsonl"),
    "a torn line": lambda night: night.file(f"sessions/{night.victim}.*.jsonl").with_suffix(".torn"),
    "all sessions": lambda night: night.store / "sessions",
    "a tree": lambda night: night.file("trees/[0-9a-f]*.json"),
    "the trees' names": lambda night: night.store / "trees" / "names.json",
    "all trees": lambda night: night.store / "trees",
    "a link": lambda night: night.file("shares/" + "?" * 64 + ".json"),
    "a link's views": lambda night: night.file("shares/" + "?" * 64 + ".json").with_suffix(".views.jsonl"),
    "all links": lambda night: night.store / "shares",
    "a content": lambda night: night.file(f"blobs/{night.session_id}/*"),
    "a session's contents": lambda night: night.store / "blobs" / night.session_id,
    "all contents": lambda night: night.store / "blobs",
}


def begun(home: Path) -> Night:
    """Create the store, and the files outside of it."""
    store = home / "night"
    program = Program(home=home, user="Ann", terminal="desk", store=f"json:{store}").with_tree()
    victim = program.start()
    program.ok("attach", "-", stdin="lpstat: no printer\n" * 500)
    program.ok("share", "create")
    session_id = program.show(victim)["id"]
    other = program.start("--title", "VPN drops every hour", "--customer", "Harrow Foods")
    program.ok("note", "guest network only")
    night = Night(program, store, home / "outside", victim, other, session_id)
    night.outside.mkdir()
    for name in ("a session", "the trees' names", "a tree", "a link", "a content"):
        shutil.copy(night.place(name), night.outside / name)
    with (night.outside / "a session").open("a") as session:
        session.write(note(99, SECRET))  # Only a program that follows links would show it.
    (night.outside / "diary").write_text(f"{SECRET}\n")
    (home / "second.toml").write_text(SECOND_TREE)
    return night


def note(seq: int, text: str) -> str:
    """Return the line of a note, as it could be written by hand."""
    fact = f'"fact":{{"type":"note_added","text":"{text}"}}'
    return f'{{"seq":{seq},"at":"2026-11-03T02:02:00Z","by":{{"id":"ann","name":"Ann"}},{fact}}}\n'


def copied(night: Night, home: Path) -> Night:
    """Copy the store and the files outside of it to another home."""
    shutil.copytree(night.program.home, home, dirs_exist_ok=True)
    program = night.program.at(home=home, store=f"json:{home}/night")
    return night._replace(program=program, store=home / "night", outside=home / "outside")


def _outside_file(path: Path, night: Night) -> None:
    kept = {"a session": "a session", "a content": "a content", "a tree": "a tree", "a link": "a link"}
    name = next((name for name in kept if night.place(name) == path), "diary") if path.exists() else "diary"
    _remove(path)
    path.symlink_to(night.outside / name)


def _outside_folder(path: Path, night: Night) -> None:
    if path.is_dir():
        shutil.copytree(path, night.outside / "folder")
    else:
        (night.outside / "folder").mkdir()
    for file in (night.outside / "folder").rglob("*.jsonl"):
        if night.victim in file.name:
            shutil.copy(night.outside / "a session", file)
    _remove(path)
    path.symlink_to(night.outside / "folder")


def _inside(path: Path, night: Night) -> None:
    aside = night.store / "aside"
    if path.exists():
        path.rename(aside)
    else:
        aside.write_text("")
    path.symlink_to(aside)


def _dangling(path: Path, night: Night) -> None:
    _remove(path)
    path.symlink_to(night.outside / "new")


def _zero(path: Path, night: Night) -> None:
    _remove(path)
    path.symlink_to("/dev/zero")


def _fifo(path: Path, night: Night) -> None:
    _remove(path)
    os.mkfifo(path)


def _socket(path: Path, night: Night) -> None:
    _remove(path)
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(path.parent)  # The path of a socket may be a hundred bytes long at most.
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)


def _folder(path: Path, night: Night) -> None:
    _remove(path)
    path.mkdir()
    (path / "diary").write_text("nothing of the store's")


def _huge(path: Path, night: Night) -> None:
    if not path.is_file():
        _remove(path)
        path.touch()
    os.truncate(path, 1 << 36)


def _file(path: Path, night: Night) -> None:
    _remove(path)
    path.write_text("no folder")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


ODDITIES: dict[str, Callable[[Path, Night], None]] = {
    "a link to a file outside": _outside_file,
    "a link to a folder outside": _outside_folder,
    "a link to a file of the store": _inside,
    "a link to nothing": _dangling,
    "a link to /dev/zero": _zero,
    "a FIFO": _fifo,
    "a socket": _socket,
    "a folder": _folder,
    "a huge file": _huge,
}
"""The oddities that can take the place of a file, by name."""

KINDS = {name: "a symbolic link" if name.startswith("a link") else name for name in ODDITIES} | {
    "a huge file": "larger"
}
FOLDERS = [name for name in PLACES if name.startswith("all ") or name == "a session's contents"]


def cases() -> list[tuple[str, str]]:
    """Return every combination of a place and an oddity; a folder can also be replaced by a plain file."""
    found = [
        (place, odd)
        for place in PLACES
        for odd in ODDITIES
        if not (place in FOLDERS and odd in ("a folder", "a huge file"))
    ]
    return [*found, *((place, "a file") for place in FOLDERS)]


def put(night: Night, place: str, odd: str) -> None:
    """Put an oddity into a place."""
    path = night.place(place)
    if place == "a torn line":
        with night.place("a session").open("ab") as session:
            session.write(b'{"seq":9,"at"')
    (ODDITIES | {"a file": _file})[odd](path, night)


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return the times and contents of a folder's files."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.rglob("*")]
    }
