"""Who acts or receives: people, queues, programs, and rflow itself, by a stable id and a name."""

from typing import Literal

import msgspec

PersonKind = Literal["person", "queue", "agent", "rflow"]


class Person(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A person, a queue such as "@tier2" that any member may claim from, a program (agent), or rflow itself.

    `id` is stable and compared; `name` is what they were called then, for people to read.
    """

    id: str
    name: str
    kind: PersonKind = "person"

    @property
    def is_queue(self) -> bool:
        """Whether this is a queue rather than somebody."""
        return self.kind == "queue"


RFLOW = Person(id="#rflow", name="rflow", kind="rflow")
"""Who acts where nobody does: a handoff that expires, an heir who is assigned."""


def person(name: str) -> Person:
    """Return the person, or the queue ("@tier2"), that somebody typed as `name`.

    Capitals, extra blanks and the way an accent is composed don't make another person.
    """
    name = " ".join(name.split())
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFC", name)
    return Person(id=name.casefold(), name=name, kind="queue" if name.startswith("@") else "person")


def is_named(somebody: Person) -> bool:
    """Whether there is a name to go by: not empty, and more than the sign of a queue."""
    return bool(somebody.name and somebody.id.removeprefix("@"))
