"""The columns of the SQL stores for listing and searching sessions, people and trees."""

from datetime import datetime
from typing import get_args

import msgspec

from rflow.core.people import Person, PersonKind
from rflow.core.session.state import Session
from rflow.core.session.times import EPOCH, micros
from rflow.ports.values import TreeName
from rflow.stores import derived

Columns = tuple[int, int, str, str, str, str, str, str, str, bytes]


def names(session: Session) -> tuple[str, str, str, str]:
    """Return the columns of a session that never change."""
    return session.id, derived.search_key(session.id), session.code, derived.search_key(session.code)


def columns(session: Session) -> Columns:
    """Return the columns of a session that an append changes."""
    head = derived.stored_head(session)
    tree = head.tree.id if head.tree else ""
    owner = (head.owner.id, head.owner.kind, head.space)
    searched = (head.status, *owner, head.customer.casefold(), head.ticket.casefold(), tree)
    return head.version, micros(head.updated_at), *searched, msgspec.json.encode(head)


def person(person_id: object, name: object, kind: object, _session: object = None) -> Person:
    """Return the person of a row; a damaged kind, which `check` reports, counts as a person.

    The kind is the object that the type has: msgspec leaves a default out only if it is the same object.
    """
    known: PersonKind = next((each for each in get_args(PersonKind) if each == kind), "person")
    return Person(id=str(person_id), name=str(name), kind=known)


def tree_name(tree_id: object, title: object, name: object, nodes: object, added_at: object, space: object) -> TreeName:
    """Return the name of a tree from its row."""
    try:
        at = datetime.fromisoformat(str(added_at))
    except ValueError:
        at = EPOCH  # Damage, which `check` reports.
    count = nodes if isinstance(nodes, int) else 0
    return TreeName(id=str(tree_id), title=str(title), digest=str(name), nodes=count, added_at=at, space=str(space))
