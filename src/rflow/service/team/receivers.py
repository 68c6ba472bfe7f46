"""Who can receive a session or a question: on a server, members of the space and queues; otherwise any name."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from rflow.core.actors import Actor
from rflow.core.people import Person
from rflow.core.session.commands import Command
from rflow.core.session.head import Query
from rflow.errors import NotFound
from rflow.ports.stores import Store
from rflow.service.team.team_service import accounts_of
from rflow.stores.derived import sorted_people


def addressed(store: Store, space: str, command: Command) -> Command:
    """Return a command with its receiver as in their account; raise `NotFound` if they can't receive in the space."""
    accounts = accounts_of(store)
    named: Any = command
    to: Person = named.to
    if to.is_queue or accounts is None or not accounts.exist():
        return command
    account = accounts.account(to.id)
    role = accounts.roles(to.id).get(space)
    if account is None or not account.active or not (account.admin or role in ("member", "lead")):
        reads = account is not None and account.active and role == "reader"
        what = "may only read in this space" if reads else "is no member of this space"
        raise NotFound(f'"{to.name}" {what}.', try_="Name a member, or a queue such as @tier2.")
    return replace(named, to=account.person)  # type: ignore[no-any-return]


def with_members(store: Store, actor: Actor, people: Iterable[Person]) -> list[Person]:
    """Add the members of the spaces that an actor may see to people; sorted by name."""
    accounts = accounts_of(store)
    if accounts is None:
        return list(people)
    members = {account.id: account.person for account in accounts.accounts() if account.active}
    if actor.spaces is not None:
        visible = {each for space in actor.spaces for each in accounts.members(space)}
        members = {each: somebody for each, somebody in members.items() if each in visible}
    return sorted_people(({somebody.id: somebody for somebody in people} | members).values())


def is_newcomer(store: Store, person_id: str) -> bool:
    """Whether a store is in use, and a person with that id neither appears in it nor has an account."""
    if store.has_person(person_id):
        return False
    accounts = accounts_of(store)
    account = accounts.account(person_id) if accounts is not None else None
    if account is not None and account.active:
        return False
    return bool(store.heads(Query(limit=1)).heads) or (accounts is not None and accounts.exist())
