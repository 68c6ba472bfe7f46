"""Who acts: people and queues, by a stable id and a name."""

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A member of a store, or a queue such as "@tier2" that any member may claim from.

    `id` is stable and compared; `name` is what they were called then, for people to read.
    """

    id: str
    name: str

    @property
    def is_queue(self) -> bool:
        """Whether this is a queue rather than somebody."""
        return self.id.startswith("@")


def person(name: str) -> Person:
    """Make the person of a local store who goes by `name`; capitals and outer blanks don't make another one."""
    name = " ".join(name.split())
    return Person(id=name.casefold(), name=name)
