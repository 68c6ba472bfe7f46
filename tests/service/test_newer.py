"""What a newer rflow wrote: this version keeps every byte that it does not understand, whatever is done around it.

A newer rflow has another field somewhere: in any struct of any fact, in trees, links, views, lists, headers.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session import commands as c
from rflow.core.session.events import Event, Fact, Stored, TreeEntered, TreeRef, Unreadable
from rflow.core.session.head import Query
from rflow.core.sharing import Share, ShareView, StoredShare, read_key
from rflow.core.summary.budget.view import Extent, View
from rflow.core.tokens import token_hash, token_of
from rflow.core.tree.model import End, Tree, canonical
from rflow.errors import BadInput, NotAllowed, RflowError, StoreProblem
from rflow.identity import ALPHABET, new_codes
from rflow.ports.stores import Store
from rflow.ports.values import TreeName
from rflow.service.interchange import read_session
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.sessions import export_session, load_session
from rflow.service.summaries import session_progress
from rflow.service.trees import named_tree
from rflow.stores import open_store
from rflow.stores.codec import header, seal
from rflow.stores.copy import copy_store
from support.core.builders import filled
from support.stores.faults import quick_folder, snapshot
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import (
    ANA,
    BEN,
    LAMP,
    LPSTAT,
    LPSTAT_DIGEST,
    MORNING,
    PRINTER,
    evidence,
    session,
    short_story,
)
from support.workspaces import LEEDS, remote_office, ticking

pytestmark = pytest.mark.slow

FIELD = b'"mood":{"since":12345678901234567890123,"why":["d\\u0061rk",null,1.50],"mood":""}'
"""A field that this version does not know, written as it would not write it itself."""
MAPPINGS = ("texts", "nodes")
"""Fields that are mappings: a new key in one is nothing unknown."""
HOME, OTHER = (f"019a4711-0000-7000-8000-00000000000{number}" for number in (1, 2))
SCANNER = Tree(id="scanner", title="A scanner", start="x", nodes={"x": End(text="Replace it", outcome="escalate")})


def with_unknown(value: msgspec.Struct) -> Iterator[tuple[str, bytes]]:
    """Write a struct as a newer rflow would: once for each struct in it, with the unknown field in that one."""
    plain = msgspec.json.decode(msgspec.json.encode(value))
    for place in _structs(plain, ()):
        changed = deepcopy(plain)
        holder = changed
        for step in place:
            holder = holder[step]
        holder["@"] = 0
        yield ".".join(map(str, place)), msgspec.json.encode(changed).replace(b'"@":0', FIELD)


def _structs(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        if not place or place[-1] not in MAPPINGS:
            yield place
        for name, inner in value.items():
            yield from _structs(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _structs(inner, (*place, number))


def newer_records() -> dict[str, bytes]:
    """Return records of event 2, by the kind of fact and the struct in it that has the unknown field."""
    records = {}
    for kind in get_args(Fact):
        fact = filled(kind, lambda place: f"some {place}")
        event = Event(seq=2, at=MORNING, by=Person(id="zoe", name="Zoë", kind="agent"), fact=fact, command_id="c")
        for place, data in with_unknown(event):
            records[f"{kind.__name__} {place}"] = seal(data)
    return records


def newer_trees() -> dict[str, bytes]:
    """Return trees, by id, with the unknown field in the tree, in a node of each kind, in a choice."""
    return {f"newer-{number}": data for number, (_, data) in enumerate(with_unknown(PRINTER))}


def newer_shares() -> dict[str, bytes]:
    """Return links to the session at home, by id, with the unknown field in the link, or in a person."""
    numbers, shares = count(1), {}
    for place in [place for place, _ in with_unknown(_share(0))]:
        share = _share(next(numbers))
        shares[share.id] = dict(with_unknown(share))[place]
    return shares


def _share(number: int) -> Share:
    token = token_of(bytes([number]) * 32)
    return Share(
        id=f"NEWER{number}",
        session=HOME,
        hash=token_hash(token),
        ending=token[-4:],
        by=ANA,
        created_at=MORNING,
        revoked_at=MORNING,
        revoked_by=BEN,
    )


PLAIN = replace(_share(90), id="PLAIN", revoked_at=None, revoked_by=None)
RECORDS, TREES, SHARES = newer_records(), newer_trees(), newer_shares()
VIEWS = [data for _, data in with_unknown(ShareView(at=MORNING, form="page", agent="curl/8"))]


def named(number: int) -> tuple[str, str]:
    """Return the id and code of the session of a record."""
    code = "".join(ALPHABET[number // 32**digit % 32] for digit in range(6))
    return f"019a4711-0000-7000-8000-{0xF000 + number:012x}", f"{code[:4]}-{code[4:]}"


def test_every_struct_of_every_fact_tree_and_link_is_met() -> None:
    assert {name.split()[0] for name in RECORDS} == {kind.__name__ for kind in get_args(Fact)}
    places = {name.split()[1] for name in RECORDS if name.split()[1:]}
    assert {"by", "fact", "fact.brief", "fact.to", "fact.tree", "fact.place", "fact.contingencies.0"} <= places
    assert len(TREES) == 1 + 6 + 4
    assert len(SHARES) == 3


# A store that a newer rflow filled


def fill(store: Store) -> None:
    """Write what a newer rflow would, and two sessions, a tree and a link that this version understands."""
    for session_id, code in ((HOME, "HMEX-01"), (OTHER, "TRNX-02")):
        story = [*short_story("Printer", "It hums"), Event(seq=3, at=MORNING, by=ANA, fact=evidence(LPSTAT))]
        store.create(session(session_id, code, story), story, {LPSTAT_DIGEST: LPSTAT})
    for number, record in enumerate(RECORDS.values()):
        start = short_story()[0]
        log: list[Stored] = [start, Unreadable(seq=2, reason="newer", raw=record)]
        store.create(session(*named(number), log), log, {})
    for tree_id, data in TREES.items():
        store.put_tree(data)
        store.set_name(TreeName(id=tree_id, title="Newer", digest=fingerprint(data), nodes=6, added_at=MORNING))
    store.add_tree(canonical(PRINTER), MORNING)
    store.shares.add(PLAIN)
    for data in SHARES.values():
        key = read_key(data)
        assert key is not None
        store.shares.restore(StoredShare(key=key, data=data), VIEWS)


def kept(store: Store) -> dict[str, Any]:
    """Return all of that as it is stored. In a folder, links are laid out for people to read."""
    log = {name: store.load(named(number)[0]).events[1] for number, name in enumerate(RECORDS)}
    links = {share.key.id: share.data for share in store.shares.stored() if share.key.id in SHARES}
    return {
        "records": {name: event.raw for name, event in log.items() if isinstance(event, Unreadable)},
        "trees": {tree_id: store.tree_data(store.tree_digest(tree_id) or "") for tree_id in TREES},
        "links": {name: msgspec.json.format(data, indent=-1) for name, data in links.items()},
        "views": {name: store.shares.stored_views(name) for name in SHARES},
    }


WHOLE = {"records": RECORDS, "trees": TREES, "links": SHARES, "views": dict.fromkeys(SHARES, VIEWS)}


@pytest.fixture(params=EVERY_KIND)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store."""
    return str(request.param)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture
def store(kind: str, folder: Path) -> Iterator[Store]:
    """A store that a newer rflow filled."""
    opened = open_store(url_in(folder, kind))
    fill(opened)
    yield opened
    opened.close()


def at(store: Store) -> LocalWorkspace:
    """Return what Ana can do at a store."""
    return LocalWorkspace(store, Actor(person=ANA), clock=ticking())


def read_all(store: Store) -> None:
    """Read everything in every way there is."""
    workspace = at(store)
    assert len(workspace.heads(Query(limit=999)).heads) == len(RECORDS) + 2
    for head in workspace.heads(Query(limit=999)).heads:
        workspace.find(head.code)
        b"".join(export_session(workspace, load_session(workspace, head.id)))
    workspace.people()
    workspace.tree_names()
    workspace.shares(everybody=True)
    assert {fault.severity for fault in store.check()} - {"warning"} == {"info"}


def change_trees(store: Store) -> None:
    """Add a tree, and remove it again."""
    workspace = at(store)
    workspace.add_tree(canonical(SCANNER))
    workspace.remove_tree(SCANNER.id)


def change_links(store: Store) -> None:
    """Look at links, newer ones too, and end those that can be ended."""
    view = ShareView(at=MORNING, form="txt")
    store.shares.record({PLAIN.id: [view] * 2500})
    at(store).revoke_share(PLAIN.id)


AROUND: Mapping[str, Callable[[Store], object]] = {
    "reading everything": read_all,
    "adding to another": lambda store: at(store).send(HOME, c.AddNote(text="It blinks")),
    "redacting another": lambda store: at(store).send(HOME, c.RedactText(target=3)),
    "deleting another": lambda store: at(store).delete(OTHER),
    "changing other trees": change_trees,
    "changing other links": change_links,
}


@pytest.mark.parametrize("what", AROUND)
def test_what_is_done_to_others_leaves_every_byte(what: str, store: Store) -> None:
    assert kept(store) == WHOLE
    AROUND[what](store)
    assert kept(store) == WHOLE


def test_a_backup_has_every_byte(kind: str, store: Store, folder: Path) -> None:
    path = folder / ("copy.db" if kind in ("sqlite", "postgres") else "copy")
    store.backup(path)
    with closing(open_store(str(path))) as copy:
        assert kept(copy) == WHOLE


@pytest.mark.parametrize("other", EVERY_KIND)
def test_a_copy_to_every_kind_of_store_and_back_has_every_byte(other: str, store: Store, folder: Path) -> None:
    with (
        closing(open_store(url_in(folder, other, "there"))) as there,
        closing(open_store(url_in(folder, store.kind, "back"))) as back,
    ):
        counts = copy_store(store, there, new_codes())
        assert (counts.left, counts.sessions, counts.shares) == ([], len(RECORDS) + 2, len(SHARES) + 1)
        assert kept(there) == WHOLE
        assert copy_store(there, back, new_codes()).left == []
        assert kept(back) == WHOLE


def test_views_of_a_newer_link_outlive_the_oldest_ones(store: Store) -> None:
    newest = ShareView(at=MORNING.replace(hour=23), form="txt")
    name = next(iter(SHARES))
    store.shares.record({name: [newest] * 1500})
    assert store.shares.stored_views(name)[: len(VIEWS)] == VIEWS
    assert store.shares.views(name, 3) == [newest] * 3


# What this version says of it


def test_a_session_with_a_newer_event_is_exported_as_it_is_and_neither_written_nor_imported(
    store: Store, folder: Path
) -> None:
    workspace = at(store)
    with closing(open_store(url_in(folder, "memory", "elsewhere"))) as elsewhere:
        for number, record in enumerate(RECORDS.values()):
            session_id, _ = named(number)
            exported = b"".join(export_session(workspace, load_session(workspace, session_id)))
            assert record + b"\n" in exported
            read = read_session(exported, "night.jsonl", ANA, MORNING)
            assert read.log.events[1] == Unreadable(seq=2, reason="newer", raw=record)
            with pytest.raises(BadInput):
                at(elsewhere).import_session(read.incoming)
            with pytest.raises(NotAllowed, match="newer rflow"):
                workspace.send(session_id, c.AddNote(text="It hums"))
        assert elsewhere.info().sessions == 0


def test_a_newer_link_opens_nothing_and_is_not_changed(store: Store) -> None:
    shared = SharedSessions(store, clock=lambda: MORNING, zone=lambda at: at)
    assert [count.share.id for count in at(store).shares(everybody=True)] == [PLAIN.id]
    for number, name in enumerate(SHARES, 1):
        assert shared.live(token_of(bytes([number]) * 32)) is None
        with pytest.raises(RflowError):
            at(store).revoke_share(name)
        with pytest.raises(StoreProblem, match="newer rflow"):
            store.shares.replace(_share(number))
    assert kept(store) == WHOLE


@pytest.mark.parametrize("tree_id", TREES)
def test_a_session_in_a_newer_tree_is_summarised_exported_and_imported_with_it(
    tree_id: str, store: Store, folder: Path
) -> None:
    data = TREES[tree_id]
    entered = TreeEntered(tree=TreeRef(id=tree_id, title="Newer", digest=fingerprint(data)), place=LAMP)
    story = [*short_story(), Event(seq=2, at=MORNING, by=ANA, fact=entered)]
    session_id = OTHER[:-1] + "9"
    store.create(session(session_id, "TREE-01", story), story, {})
    workspace = at(store)
    view = View(as_of=MORNING, zone=lambda at: at, extent=Extent())
    assert session_progress(workspace, load_session(workspace, session_id), view).session.code == "TREE-01"
    exported = b"".join(export_session(workspace, load_session(workspace, session_id)))
    with closing(open_store(url_in(folder, "json", "elsewhere"))) as elsewhere:
        at(elsewhere).import_session(read_session(exported, "night.jsonl", ANA, MORNING).incoming)
        assert elsewhere.tree_data(fingerprint(data)) == data
    with pytest.raises(StoreProblem, match="Upgrade rflow"):
        workspace.send(session_id, c.Choose(choice="Green"))
    with pytest.raises(StoreProblem, match="Upgrade rflow"):
        named_tree(workspace, tree_id)


# Files: headers, lists, the layout


def unknown_in(line: bytes) -> bytes:
    """Add the unknown field to a line of JSON."""
    return line.rstrip()[:-1] + b"," + FIELD + b"}"


NEWER_HEADERS = {
    "a field": unknown_in(header(HOME, "HMEX-01")),
    "lines": header(HOME, "HMEX-01").replace(b'"format":3', b'"format":4'),
    "records": header(HOME, "HMEX-01").replace(b'"records":3', b'"records":4'),
}


@pytest.mark.parametrize("what", NEWER_HEADERS)
def test_a_session_with_a_newer_header_is_readable_and_leaves_the_folder_as_it_is(what: str, folder: Path) -> None:
    with closing(open_store(url_in(folder, "json"))) as store:
        fill(store)
        file = next(folder.glob(f"night/sessions/*{HOME}.jsonl"))
        lines = file.read_bytes().split(b"\n", 1)
        newer = b"\n".join([NEWER_HEADERS[what], lines[1]])
        file.write_bytes(newer)
        workspace = at(store)
        assert workspace.find("HMEX-01").id == HOME
        exported = b"".join(export_session(workspace, load_session(workspace, HOME)))
        assert exported.startswith(newer)
        with pytest.raises(BadInput, match="newer rflow"):
            read_session(exported, "night.jsonl", ANA, MORNING)
        for attempt in (lambda: workspace.send(HOME, c.AddNote(text="-")), lambda: workspace.delete(HOME)):
            with pytest.raises(NotAllowed, match="newer rflow"):
                attempt()
        workspace.send(OTHER, c.RedactText(target=3))
        workspace.delete(OTHER)
        store.backup(folder / "copy")
        with closing(open_store(url_in(folder, "sqlite"))) as target:
            assert copy_store(store, target, new_codes()).left == ["HMEX-01, whose file a newer rflow wrote"]
        assert file.read_bytes() == (folder / "copy" / "sessions" / file.name).read_bytes() == newer


def test_a_newer_entry_in_the_list_of_trees_is_kept_and_hides_no_other(folder: Path) -> None:
    with closing(open_store(url_in(folder, "json"))) as store:
        store.add_tree(canonical(PRINTER), MORNING)
        file = folder / "night" / "trees" / "names.json"
        entry = msgspec.json.decode(file.read_bytes(), type=dict[str, msgspec.Raw])[PRINTER.id]
        newer = unknown_in(bytes(entry))
        file.write_bytes(msgspec.json.format(b'{"%s":%s}' % (PRINTER.id.encode(), newer)))
        store.add_tree(canonical(SCANNER), MORNING)
        assert [(name.id, bool(name.digest)) for name in store.tree_names()] == [(PRINTER.id, False), ("scanner", True)]
        with pytest.raises(StoreProblem, match="Upgrade rflow"):
            named_tree(at(store), PRINTER.id)
        with pytest.raises(StoreProblem, match="Upgrade rflow"):
            store.add_tree(canonical(replace(PRINTER, title="Mine")), MORNING)
        with closing(open_store(url_in(folder, "sqlite"))) as target:
            (left,) = copy_store(store, target, new_codes()).left
            assert "newer rflow" in left
            assert [name.id for name in target.tree_names()] == ["scanner"]
        store.backup(folder / "copy")
        store.remove_tree("scanner")
        for root in ("night", "copy"):
            entries = msgspec.json.decode(
                (folder / root / "trees" / "names.json").read_bytes(), type=dict[str, msgspec.Raw]
            )
            assert msgspec.json.format(bytes(entries[PRINTER.id]), indent=-1) == msgspec.json.format(newer, indent=-1)


def test_a_folder_with_a_newer_layout_is_left_untouched(folder: Path) -> None:
    with closing(open_store(url_in(folder, "json"))) as store:
        fill(store)
    file = folder / "night" / "rflow.json"
    file.write_bytes(unknown_in(file.read_bytes()))
    before = snapshot(folder / "night")
    with closing(open_store(url_in(folder, "json"))) as store:
        attempts: list[Callable[[], object]] = [
            lambda: at(store).send(HOME, c.AddNote(text="It hums")),
            lambda: store.heads(Query()),
            lambda: store.backup(folder / "copy"),
        ]
        for attempt in attempts:
            with pytest.raises(StoreProblem, match="newer rflow"):
                attempt()
    with suppress(FileNotFoundError):
        before.pop(".lock")
    assert {name: data for name, data in snapshot(folder / "night").items() if name in before} == before


@pytest.mark.parametrize(
    "line",
    [
        b'{"rflow":"seal","by":"a later version"}',
        unknown_in(b'{"rflow":"blob","digest":"00","data":""}'),
        unknown_in(b'{"rflow":"tree","tree":{}}'),
    ],
)
def test_an_export_with_a_line_that_is_not_understood_is_refused_rather_than_imported_in_part(line: bytes) -> None:
    with closing(open_store("memory:")) as store:
        workspace = at(store)
        sent = workspace.start(c.Start(title="Printer"))
        exported = b"".join(export_session(workspace, load_session(workspace, sent.session)))
        with pytest.raises(BadInput, match="newer rflow"):
            read_session(exported + line + b"\n", "night.jsonl", ANA, MORNING)


class WithColour(c.AddNote, frozen=True, kw_only=True, tag="add_note"):
    """A command with a field that a newer rflow could have."""

    colour: str


class Paint(c.AddNote, frozen=True, kw_only=True, tag="paint"):
    """A command that a newer rflow could have."""


@pytest.mark.slow
@pytest.mark.parametrize("command", [WithColour(text="It hums", colour="red"), Paint(text="It hums")])
def test_a_server_that_does_not_know_a_command_is_called_too_old(tmp_path: Path, command: c.AddNote) -> None:
    for office in remote_office(tmp_path):
        ana = office.at("ana")
        session = ana.start(c.Start(title="Label printer", space=LEEDS)).session
        for act in (ana.send, ana.check):
            with pytest.raises(BadInput, match="This server is too old for that"):
                act(session, command)
        assert ana.version(session) == 1
