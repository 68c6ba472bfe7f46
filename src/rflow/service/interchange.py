"""Sessions as files: the event log as JSON Lines (`export`), and the plain document that other tools write."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.document import VERSION, Document, document_events
from rflow.core.session.events import Event, SessionStarted
from rflow.core.session.log import Log
from rflow.core.session.state import Session
from rflow.core.text import one_line
from rflow.core.tree.document import check
from rflow.core.tree.model import Tree, canonical, digest
from rflow.errors import BadInput
from rflow.identity import is_code, is_id
from rflow.ports.values import Incoming, Report, unreported
from rflow.service.not_a_session import a_tree, is_tree, not_a_session
from rflow.stores.codec import Header, encode_line, from_lines, header, in_conflict, read_header
from rflow.stores.derived import readable_trees
from rflow.stores.upgrades import OLDEST, upgraded


class TreeLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="rflow", tag="tree", forbid_unknown_fields=True):
    """A line of an export that holds a version of a tree, so that the receiver can continue in it.

    It stays as it is, so that what a newer rflow wrote into it is not lost.
    """

    tree: msgspec.Raw


class BlobLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="rflow", tag="blob", forbid_unknown_fields=True):
    """A line of an export that holds the whole content of a piece of evidence, in base 64."""

    digest: str
    data: str


class Read(msgspec.Struct, kw_only=True):
    """A session read from a file: its log, the state after it, and what it needs beside them, by digest.

    `trees` are canonical JSON. `author` is who a plain document says worked on it; who imports it owns it.
    """

    log: Log
    trees: dict[str, bytes] = {}
    contents: dict[str, bytes] = {}
    author: str = ""

    @property
    def session(self) -> Session:
        """The state after the log."""
        return self.log.session

    def read_trees(self) -> dict[str, Tree]:
        """Return the trees, without those that a newer rflow wrote."""
        return readable_trees(self.trees)

    @property
    def incoming(self) -> Incoming:
        """The session as a workspace imports it."""
        return Incoming(
            id=self.log.id,
            code=self.log.code,
            events=tuple(self.log.events),
            trees=self.trees,
            contents=self.contents,
        )


def export_lines(
    log: Log, trees: Iterable[bytes], contents: Iterable[tuple[str, bytes]], count: int = 0
) -> Iterator[bytes]:
    """Yield the lines of an export, each with its line break: header, trees, events, contents of evidence.

    `trees` are canonical JSON; `count` is the number of `contents`: they are read one by one, and may be large.
    """
    yield (log.header or header(log.id, log.code, events=len(log.events), contents=count)) + b"\n"
    for tree in trees:
        yield msgspec.json.encode(TreeLine(tree=msgspec.Raw(tree))) + b"\n"
    for event in log.events:
        yield encode_line(event) + b"\n"
    for name, data in contents:
        yield msgspec.json.encode(BlobLine(digest=name, data=b64encode(data).decode())) + b"\n"


def read_session(data: bytes, name: str, reader: Person, at: datetime, report: Report = unreported) -> Read:
    """Read an export or a plain document; raise `BadInput` that says what is wrong with the file `name`.

    A plain document becomes a session of `reader`, recorded `at` now; an export keeps its owner.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not data:
        raise BadInput(f"{name} is empty.", try_="Was it the right file?")
    if data.startswith(b'{"rflow":'):
        return _read_log(data, name, report)
    return _read_document(data, name, reader, at)


def _reported(lines: Sequence[bytes], report: Report) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number % 1000 == 0:
            report(number, len(lines))
        yield line


def _read_log(data: bytes, name: str, report: Report) -> Read:
    if in_conflict(data):
        what = f"{name} holds two versions with git's conflict markers."
        raise BadInput(what, try_="Put them together in the store that it is from: rflow store merge")
    lines = [line for line in data.split(b"\n") if line.strip()]
    head = _head(lines[0], name)
    extras = [line for line in lines[1:] if line.startswith(b'{"rflow":')]
    records = (line for line in _reported(lines[1:], report) if not line.startswith(b'{"rflow":'))
    events = from_lines(upgraded(line, head.records) for line in records)
    if not events or not isinstance(events[0], Event) or not isinstance(events[0].fact, SessionStarted):
        raise BadInput(f"{name} holds no session: its first event is missing.", try_="Export it again.")
    code = head.code if is_code(head.code) else ""  # another tool's: it gets one here
    _check_whole(name, "entries", len(events), head.events)
    read = Read(log=Log(id=head.id, code=code, events=events))
    for line in extras:
        _read_extra(line, name, read)
    _check_whole(name, "contents", len(read.contents), head.contents)
    return read


def _check_whole(name: str, what: str, present: int, expected: int) -> None:
    """Refuse a file that was cut off between two lines: it would look like an earlier state of the session."""
    if present < expected:
        raise BadInput(
            f"{name} was cut off: it has {present} of its {expected} {what}.", try_="Copy it again, or export it again."
        )


def _head(line: bytes, name: str) -> Header:
    """Read the first line. An id becomes the name of a file in some stores, so nothing but a UUID passes."""
    head = read_header(line)
    if head == "newer":
        raise _newer(name)
    if head is None or not is_id(head.id):
        raise BadInput(f"{name} does not begin with a session's header.", try_="Export it again: rflow export SESSION")
    if head.records < OLDEST or head.format < OLDEST:
        raise BadInput(f"{name} was written by an rflow too old to read.", try_="Export it again with a newer one.")
    return head


def _newer(name: str) -> BadInput:
    return BadInput(f"{name} was written by a newer rflow.", try_="Upgrade rflow to import it.")


def _read_extra(line: bytes, name: str, read: Read) -> None:
    """Read a tree or a content. A line that a newer rflow wrote is refused: importing the rest would lose it."""
    try:
        extra = msgspec.json.decode(line, type=TreeLine | BlobLine)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "unknown field" in str(error) or "Invalid value" in str(error):
            raise _newer(name) from error
        raise BadInput(f"{name} has a damaged line: {error}.", try_="Export it again.") from error
    if isinstance(extra, TreeLine):
        version, data = _canonical(bytes(extra.tree), name)
        if version not in read.session.trees:
            raise BadInput(f"{name} has a damaged tree: its session does not use it.", try_="Export it again.")
        read.trees[version] = data
        return
    try:
        content = b64decode(extra.data, validate=True)
    except ValueError:
        content = b""
    if fingerprint(content) != extra.digest:
        raise BadInput(f"{name} has a damaged piece of evidence.", try_="Export it again.")
    read.contents[extra.digest] = content


def _canonical(data: bytes, name: str) -> tuple[str, bytes]:
    """Return the digest of a tree and its canonical JSON; the line may have been formatted by another program.

    What this version can't read must be what rflow wrote: then its digest is that of the bytes as they are.
    """
    try:
        tree = msgspec.json.decode(data, type=Tree)
    except msgspec.ValidationError as error:
        if "unknown field" not in str(error):
            raise BadInput(f"{name} has a damaged tree: {error}.", try_="Export it again.") from error
    else:
        data = canonical(tree)
    return fingerprint(data), data


def _read_document(data: bytes, name: str, reader: Person, at: datetime) -> Read:
    try:
        document = msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_a_session(data, name, error) from error
    if is_tree(data):
        raise a_tree(name)
    if document.version > VERSION:
        raise BadInput(f"{name} is of version {document.version}; this rflow reads {VERSION}.", try_="Upgrade rflow.")
    if not one_line(document.title):
        raise BadInput(f"{name} has no title.", try_="Add one that says what is wrong.")
    tree = _tree(document.tree, document.position, name) if document.tree is not None else None
    events, blobs = document_events(document, tree, name, reader, at)
    trees = {digest(tree): canonical(tree)} if tree is not None else {}
    log = Log(id="", code="", events=events)
    return Read(log=log, trees=trees, contents=blobs, author=one_line(document.owner))


def _tree(raw: Mapping[str, Any], position: str, name: str) -> Tree:
    checked = check(dict(raw))
    if checked.tree is None:
        lines = tuple(f"{'.'.join(map(str, p.path))}: {p.message} {p.remedy}".strip() for p in checked.errors)
        raise BadInput(f"The tree in {name} can't be used.", try_="Fix it, or leave it out.", problems=lines)
    if position and position not in checked.tree.nodes:
        raise BadInput(f'{name} stands at "{position}", which is not a node of its tree.', try_="Correct its position.")
    return checked.tree


def session_schema() -> dict[str, Any]:
    """Return the JSON Schema of both forms: a line of an export, or a whole plain document."""
    from inspect import cleandoc

    shapes, parts = msgspec.json.schema_components(
        (Document, Header, TreeLine, BlobLine, Event), ref_template="#/$defs/{name}"
    )
    for part in parts.values():
        if "description" in part:  # from docstrings, which Python dedents itself only from 3.13 on
            part["description"] = cleandoc(part["description"])
    forms = dict(zip(("document", "header", "tree", "blob", "event"), shapes, strict=True))
    parts["Event"]["properties"]["sum"] = {
        "description": 'CRC-32 of the line before `,"sum":`, eight hexadecimal digits.',
        "type": "string",
        "pattern": "^[0-9a-f]{8}$",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rflow sessions",
        "description": "A plain document of a session, or one line of an exported session.",
        "oneOf": list(forms.values()),
        "$defs": parts,
    }
