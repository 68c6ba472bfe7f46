"""Upgrading records of older versions: a function for each version, which changes the JSON of an event."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rflow.stores import codec

Json = dict[str, Any]


def upgraded(record: bytes, version: int) -> bytes:
    """Return a record (a line or a row) of `version` as a record of this version; a damaged record stays as it is."""
    if version >= codec.RECORD:
        return record
    sealed = codec.is_sealed(record)
    body = codec.unsealed(record) if sealed else record
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return record
    if not isinstance(event, dict) or not isinstance(event.get("fact"), dict):
        return record
    for step in range(version + 1, codec.RECORD + 1):
        UPGRADES[step](event)
    data = msgspec.json.encode(event)
    return codec.seal(data) if sealed else data


def _to_3(event: Json) -> None:
    """People got a kind, corrections fields, deliveries a state, evidence an origin."""
    fact = event["fact"]
    for holder, name in ((event, "by"), (fact, "to")):
        person = holder.get(name)
        if isinstance(person, dict) and str(person.get("id", "")).startswith("@"):
            person["kind"] = "queue"
    match fact.get("type"):
        case "note_amended":
            text = fact.pop("text", "")
            fact.update(type="entry_amended", target=fact.pop("note", 0), texts={"text": text})
        case "progress_shared":
            _name_state(fact)
        case "evidence_added" if fact.get("kind") == "command" and fact.get("started_at"):
            fact["origin"] = "observed"


def _name_state(fact: Json) -> None:
    word, _, target = str(fact.get("destination", "")).partition(":")
    state = {"posting": "started", "not-posted": "failed"}.get(word)
    if state is not None:
        fact.update(destination=f"post:{target}", state=state)


UPGRADES: Mapping[int, Callable[[Json], None]] = {3: _to_3}
"""The function that upgrades an event to each version from the version before."""

OLDEST = min(UPGRADES) - 1
"""The oldest version that can still be read."""
