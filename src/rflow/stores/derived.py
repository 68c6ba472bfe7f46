"""What every store computes from its sessions: heads, people, the contents they use, search keys and pages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from rflow.core.fingerprint import fingerprint
from rflow.core.people import Person
from rflow.core.session.events import Event, EvidenceAdded, Stored
from rflow.core.session.head import Head, Page, Query, cursor, head_of, matches, read_cursor
from rflow.core.session.state import Session
from rflow.core.session.times import EPOCH
from rflow.core.tree.model import Tree, canonical
from rflow.errors import BadInput, NotFound
from rflow.identity import id_of
from rflow.ports.paging import person_key
from rflow.ports.values import Stale, StartedBy, TreeName
from rflow.stores.failures import Newer, damaged_content


def stored_head(session: Session) -> Head:
    """Return the head of a session to store; a placeholder stands for what can't be read."""
    if session.started_at is not None and session.updated_at is not None:
        return head_of(session)
    at = session.updated_at or EPOCH
    return head_of(replace(session, title=session.title or "(unreadable)", started_at=at, updated_at=at))


def people_of(events: Iterable[Stored]) -> dict[str, Person]:
    """Return every author and receiver in `events`, by id, with their latest names."""
    seen: dict[str, Person] = {}
    for event in events:
        if isinstance(event, Event):
            if event.by.kind != "rflow":
                seen[event.by.id] = event.by
            to = getattr(event.fact, "to", None)
            if type(to) is Person:
                seen[to.id] = to
    return seen


def sorted_people(people: Iterable[Person]) -> list[Person]:
    """Return people in the order in which lists show them."""
    return sorted(people, key=person_key)


def id_for(started_by: StartedBy) -> str:
    """Derive the id of the session that a command starts from the command, for stores without a table of commands."""
    return id_of(f"{started_by.actor}\n{started_by.command_id}")


def blob_digests(events: Iterable[Stored]) -> set[str]:
    """Return the digests of the blobs that `events` refer to; in unreadable events, everything that looks like one."""
    digests: set[str] = set()
    for event in events:
        if not isinstance(event, Event):
            digests.update(match.decode() for match in re.findall(rb"[0-9a-f]{64}", event.raw))
        elif isinstance(event.fact, EvidenceAdded) and event.fact.digest:
            digests.add(event.fact.digest)
    return digests


def search_key(text: str) -> str:
    """Return the search key of a code or an id: case and hyphens are ignored."""
    return encodable(text).replace("-", "").casefold()


def encodable(text: str) -> str:
    """Replace what UTF-8 can't encode: half a surrogate pair, from an argument that was not UTF-8."""
    return text.encode("utf-8", "replace").decode()


def sort_key(head: Head) -> tuple[datetime, str]:
    """Return the key by which lists of sessions are sorted."""
    return head.updated_at, head.id


def page(heads: Iterable[Head], query: Query) -> Page:
    """Return the page that `query` asks for, from all heads."""
    start = read_cursor(query.after) if query.after else None
    wanted = [head for head in heads if matches(head, query) and (start is None or sort_key(head) < start)]
    return first_page(sorted(wanted, key=sort_key, reverse=True), query.limit)


def first_page(heads: list[Head], limit: int) -> Page:
    """Return the first page of sorted `heads`, with a cursor if there are more."""
    limit = max(limit, 1)
    shown = tuple(heads[:limit])
    return Page(heads=shown, after=cursor(shown[-1]) if len(heads) > limit else None)


def with_prefix(heads: Iterable[Head], prefix: str, limit: int, spaces: Sequence[str] | None) -> list[Head]:
    """Return the heads in `spaces` (None is all) whose code or id begins with `prefix`, or only the exact match."""
    wanted = search_key(prefix)
    visible = [head for head in heads if spaces is None or head.space in spaces]
    keys = [(search_key(head.code), search_key(head.id), head) for head in visible]
    exact = [head for code, session_id, head in keys if wanted in (code, session_id)]
    matching = [head for code, session_id, head in keys if code.startswith(wanted) or session_id.startswith(wanted)]
    return exact[:1] or sorted(matching, key=sort_key, reverse=True)[:limit]


def no_session() -> NotFound:
    """Return the error for an unknown session."""
    return NotFound("There is no such session in this store.", try_="See which there are: rflow list --all")


def no_blob(digest: str) -> NotFound:
    """Return the error for a blob that is not in the store."""
    return NotFound(f"The whole content {digest[:12]}… is not in this store.", try_="Its excerpt is in the session.")


def verified(data: bytes, digest: str, what: str = "content") -> bytes:
    """Return `data` if it matches its digest, else raise `StoreProblem`."""
    if fingerprint(data) != digest:
        raise damaged_content(what, digest)
    return data


@lru_cache(maxsize=64)
def read_tree(data: bytes, digest: str) -> Tree:
    """Decode a stored tree, which must not be changed (it is cached); raise `Newer` if a newer rflow wrote it."""
    try:
        return msgspec.json.decode(data, type=Tree)
    except msgspec.ValidationError as error:
        if not _is_like_a_tree(data):
            raise damaged_content("tree", digest) from error
        raise Newer(
            f"The tree {digest[:12]}… was made by a newer rflow: {error}.", try_="Upgrade rflow to continue in it."
        ) from error
    except (
        msgspec.DecodeError,
        UnicodeDecodeError,
        RecursionError,
    ) as error:  # Its digest is right, but it is not a tree.
        raise damaged_content("tree", digest) from error


class _TreeKey(msgspec.Struct):
    """The fields that a tree has in every version of rflow."""

    id: str
    title: str
    nodes: dict[str, msgspec.Raw]


def _is_like_a_tree(data: bytes) -> bool:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        msgspec.json.decode(data, type=_TreeKey)
        return True
    return False


def readable_trees(versions: Mapping[str, bytes | None]) -> dict[str, Tree]:
    """Decode stored trees by digest, leaving out those that are missing or that a newer rflow wrote."""
    trees: dict[str, Tree] = {}
    for digest, data in versions.items():
        with suppress(Newer):
            if data is not None:
                trees[digest] = read_tree(data, digest)
    return trees


def new_tree(data: bytes) -> Tree:
    """Decode a tree to be added; raise `BadInput` if `data` is not a canonical tree."""
    try:
        tree = msgspec.json.decode(data, type=Tree)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"That is not a tree: {error}.", try_="Check it: rflow tree check FILE") from error
    if canonical(tree) != data:
        raise BadInput("That is not the canonical form of a tree.", try_="Add it with: rflow tree add FILE")
    return tree


def new_tree_name(data: bytes, at: datetime, space: str) -> TreeName:
    """Return the name of a tree to be added; raise `BadInput` if `data` is not a canonical tree."""
    tree, at = new_tree(data), at.astimezone(UTC)
    version, nodes = fingerprint(data), len(tree.nodes)
    return TreeName(id=tree.id, title=tree.title, digest=version, nodes=nodes, added_at=at, space=space)


def is_new_version(name: TreeName, current: str, expected: str | None) -> bool:
    """Whether a tree differs from the `current` version ("" is none).

    Raises `Stale` if `current` is not the `expected` version, the one that was edited (None is any).
    """
    if name.digest == current:
        return False
    if expected is not None and current != expected:
        raise Stale
    return True
