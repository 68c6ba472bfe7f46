"""People, queues, programs and rflow itself, with a stable id and a name."""

from typing import Literal

import msgspec

from rflow.core.person_names import normal_name, person_id

PersonKind = Literal["person", "queue", "agent", "rflow"]


class Person(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A person, a queue such as "@tier2" that any member may claim from, a program (agent), or rflow itself.

    `id` is stable and used for comparison; `name` is their name at the time, for display.
    """

    id: str
    name: str
    kind: PersonKind = "person"

    @property
    def is_queue(self) -> bool:
        """Whether this is a queue rather than a person."""
        return self.kind == "queue"


RFLOW = Person(id="#rflow", name="rflow", kind="rflow")
"""The author of rflow's own actions, such as expiring a handoff."""


def person(name: str) -> Person:
    """Return the person or queue ("@tier2") with this name.

    Case, extra spaces and the Unicode composition of accents make no difference.
    """
    name = normal_name(name)
    return Person(id=person_id(name), name=name, kind="queue" if name.startswith("@") else "person")


def is_named(somebody: Person) -> bool:
    """Whether the name is not empty, and not only the @ of a queue."""
    return bool(somebody.name and somebody.id.removeprefix("@"))
