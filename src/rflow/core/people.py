"""People, queues, programs and rflow itself: who acts or receives, with a stable id and a name."""

from typing import Literal

import msgspec

from rflow.core.person_names import normal_name, person_id

PersonKind = Literal["person", "queue", "agent", "rflow"]


class Person(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A person, a queue such as "@tier2" that any member may claim from, a program (agent), or rflow itself.

    `id` is stable and used to compare; `name` is what they were called at the time, for people to read.
    """

    id: str
    name: str
    kind: PersonKind = "person"

    @property
    def is_queue(self) -> bool:
        """Whether this is a queue rather than a person."""
        return self.kind == "queue"


RFLOW = Person(id="#rflow", name="rflow", kind="rflow")
"""The author of what rflow does without a person: a handoff that expires, an heir who is assigned."""


def person(name: str) -> Person:
    """Return the person, or the queue ("@tier2"), that `name` means.

    Capitals, extra spaces and how an accent is composed make no difference.
    """
    name = normal_name(name)
    return Person(id=person_id(name), name=name, kind="queue" if name.startswith("@") else "person")


def is_named(somebody: Person) -> bool:
    """Whether there is a name: not empty, and not only the @ of a queue."""
    return bool(somebody.name and somebody.id.removeprefix("@"))
