"""Erasing a person: an event that replaces them."""

import re
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from rflow.core.people import Person
from rflow.core.session.events import Event
from rflow.core.session.texts import map_texts


def without_person(event: Event, who: Person, to: Person) -> Event:
    """Return an event with `to` in place of `who`: as author, as receiver, and by name in what people wrote."""
    fact: Any = event.fact
    named = {
        name: to
        for name in fact.__struct_fields__
        if isinstance(value := getattr(fact, name), Person) and value.id == who.id
    }
    fact = replace(fact, **named) if named else fact
    fact = map_texts(fact, lambda text, value: _replaced(value, who, to) if text.written else value)
    return replace(event, by=to if event.by.id == who.id else event.by, fact=fact)


def _replaced(text: str, who: Person, to: Person) -> str:
    return _names(who.name).sub(lambda _: to.name, text)


@lru_cache(maxsize=8)
def _names(name: str) -> re.Pattern[str]:
    """Return what matches a name as whole words, in any case and with any blanks."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
