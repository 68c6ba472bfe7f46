"""The map from names in one person's store to the accounts of a team, for copying that store to the team's."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from rflow.core.people import Person, is_named, person
from rflow.core.session.authors import as_unverified
from rflow.core.text import clean
from rflow.errors import BadInput
from rflow.service.team.team_service import accounts_of

if TYPE_CHECKING:
    from rflow.ports.stores import Store

_EXAMPLE = 'Write a line for each: "ana" = "Ana Ruiz"'


class PeopleMap:
    """Maps names in a source store to people in a target store; other names stay unverified, and are collected."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people
        self.names: set[str] = set()

    def __call__(self, somebody: Person) -> Person:
        """Return a source's person as a person of the target."""
        known = self._people.get(somebody.id)
        if known is not None:
            return known
        kept = as_unverified(somebody)
        if kept != somebody:
            self.names.add(somebody.name)
        return kept


def read_people_map(path: Path, target: "Store") -> PeopleMap:
    """Read a TOML file of names and accounts; raise `BadInput` with everything that is wrong with it."""
    try:
        table = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.", try_="Check the name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not TOML: {error}.", try_=_EXAMPLE) from error
    people, problems = {}, []
    for name, account in table.items():
        who = person(clean(name))
        if not isinstance(account, str) or not is_named(person(account)) or not is_named(who) or who.is_queue:
            problems.append(f'"{name}": it takes the name of a person, in quotes.')
            continue
        found = _account(target, account)
        if isinstance(found, str):
            problems.append(f'"{name}": {found}')
        else:
            people[who.id] = found
    if problems or not people:
        what = f"{path} can't be used." if problems else f"{path} names nobody."
        raise BadInput(what, try_=_EXAMPLE, problems=tuple(problems))
    return PeopleMap(people)


def _account(target: "Store", name: str) -> Person | str:
    """Return the person with the account of that name, or why there is none. Without accounts, any name is accepted."""
    accounts, wanted = accounts_of(target), person(clean(name))
    if accounts is None or not accounts.exist():
        return wanted
    account = accounts.account(wanted.id)
    if account is not None:
        return account.person
    names = {each.id: each.name for each in accounts.accounts()}
    close = get_close_matches(wanted.id, names, n=1)
    hint = f'did you mean "{names[close[0]]}"?' if close else "see which there are: rflow user list"
    return f'there is no account "{wanted.name}" in the target; {hint}'
