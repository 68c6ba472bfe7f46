"""The table of texts in each kind of fact: limits, redaction, search and corrections derive from it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from rflow.core.session import events as e
from rflow.core.session.events import Fact
from rflow.core.text import clean, one_line, shorten
from rflow.errors import UsageProblem

Limit = Literal["title", "line", "words", "note", "name", "free"]
"""The form of a text and its maximum length (see `validated_text`)."""

NOTE_LIMIT = 64 * 1024
LINE_LIMIT = 4 * 1024
TITLE_LIMIT = 200
WORD_LIMIT = 40
REMOVED = "[removed]"

_F = TypeVar("_F", bound=msgspec.Struct)


class Text(msgspec.Struct, frozen=True):
    """A text of a fact: its dotted path ("*" stands for every item), its name in messages, its limit.

    `written` is False for texts copied from a tree, which stay when an entry is redacted; `amendable` texts can be
    corrected with `amend`.
    """

    path: str
    name: str
    limit: Limit = "line"
    required: bool = False
    written: bool = True
    amendable: bool = False


def _tree(path: str) -> Text:
    return Text(path, path, "free", written=False)


_CONTINGENCIES = (
    Text("contingencies.*.condition", "condition", "words", required=True),
    Text("contingencies.*.action", "action", "words", required=True),
)
_BRIEF = tuple(Text(f"brief.{name}", name) for name in e.Brief.__struct_fields__)

TEXTS: Mapping[type[Fact], tuple[Text, ...]] = {
    e.SessionStarted: (Text("title", "title", "title", required=True), *_BRIEF, Text("source", "source", "name")),
    e.TreeEntered: (_tree("tree.title"), _tree("place.text")),
    e.BriefSet: (Text("title", "title", "title", required=True), *_BRIEF),
    e.ChoiceMade: (
        _tree("question"),
        _tree("label"),
        _tree("to.text"),
        Text("reason", "reason", amendable=True),
    ),
    e.ActionDone: (_tree("text"), _tree("to.text"), Text("result", "result", amendable=True)),
    e.StepSkipped: (_tree("text"), _tree("to.text"), Text("reason", "reason", required=True, amendable=True)),
    e.StepAdded: (
        Text("text", "step", required=True, amendable=True),
        Text("result", "result", amendable=True),
    ),
    e.SteppedBack: (),
    e.EntryUndone: (),
    e.EntryAmended: (Text("texts.*", "text", "free"),),
    e.NoteAdded: (Text("text", "note", "note", required=True, amendable=True),),
    e.AssumptionSettled: (Text("text", "text"),),
    e.Pinned: (),
    e.Unpinned: (),
    e.NodeFlagged: (Text("text", "text", required=True, amendable=True),),
    e.QuestionAsked: (Text("text", "question", required=True, amendable=True),),
    e.QuestionReplied: (Text("text", "answer", required=True),),
    e.EvidenceAdded: (
        Text("label", "label", "title", required=True, amendable=True),
        Text("command", "command", "free"),
        Text("excerpt", "excerpt", "free"),
        Text("host", "host", "name"),
        Text("cwd", "folder", "name"),
    ),
    e.ChangeMade: (
        Text("text", "change", required=True, amendable=True),
        Text("revert", "way to revert it", required=True, amendable=True),
    ),
    e.ChangeReverted: (Text("note", "note"),),
    e.WaitingSet: (Text("waiting_for", "text"), *_CONTINGENCIES),
    e.ProgressShared: (),
    e.HandedOff: (
        Text("note", "note", "note"),
        Text("warnings.*", "warning", "words", required=True),
        *_CONTINGENCIES,
    ),
    e.HandoffAccepted: (Text("read_back", "text", "note"),),
    e.HandoffDeclined: (Text("reason", "reason", required=True),),
    e.HandoffCancelled: (),
    e.HandoffExpired: (),
    e.TakenOver: (Text("reason", "reason", required=True),),
    e.Reassigned: (Text("reason", "reason", required=True),),
    e.SessionClosed: (Text("summary", "summary", "note"),),
    e.SessionReopened: (),
    e.TextRedacted: (),
}
"""The texts of each kind of fact; a test compares it with the fields of the structs."""

NOT_TEXTS = frozenset(
    {"node", "digest", "space", "kind", "format", "destination", "media_type", "origin", "outcome", "state", "id"}
)
"""Fields with identifiers, not texts that people wrote."""


def map_texts(fact: _F, change: Callable[[Text, str], str], texts: tuple[Text, ...] | None = None) -> _F:
    """Return `fact` with `change` applied to each of its texts; other values stay."""
    for text in TEXTS[type(fact)] if texts is None else texts:  # type: ignore[index]
        fact = _at(fact, text.path.split("."), lambda value, text=text: change(text, value))  # type: ignore[misc]
    return fact


def _at(holder: Any, path: list[str], change: Callable[[str], str]) -> Any:
    """Return `holder` with the texts at `path` changed; objects on the way are copied if something changed."""
    if not path:
        return change(holder) if isinstance(holder, str) else holder
    name, *rest = path
    if isinstance(holder, dict):
        return {key: _at(value, rest, change) for key, value in holder.items()}
    if name == "*":
        return tuple(_at(item, rest, change) for item in holder)
    before = getattr(holder, name)
    after = _at(before, rest, change)
    return holder if after == before else replace(holder, **{name: after})


def texts_of(fact: Fact) -> Iterator[tuple[Text, str]]:
    """Yield the texts of `fact` that are not empty."""
    seen: list[tuple[Text, str]] = []

    def look(text: Text, value: str) -> str:
        if value:
            seen.append((text, value))
        return value

    map_texts(fact, look)
    yield from seen


def validated(fact: _F) -> _F:
    """Return `fact` with its texts cleaned; raise `UsageProblem` if one is too long, or required but empty."""
    return map_texts(fact, validated_text)


def validated_text(text: Text, value: str) -> str:
    """Return a text cleaned; raise `UsageProblem` if it is too long, or required but empty."""
    match text.limit:
        case "title":
            value = shorten(value, TITLE_LIMIT)
        case "name":
            value = one_line(value)
        case "note":
            value = clean(value).strip("\n").rstrip()
        case "free":
            value = clean(value)
        case "line" | "words":
            value = clean(value).strip()
    if text.required and not value.strip():
        raise UsageProblem(f"The {text.name} is empty.", try_=_EMPTY.get(text.name, "Say it in a few words."))
    _check_length(text, value)
    return value


_EMPTY = {
    "title": 'Say what is wrong, in a line: --title "Mail is late"',
    "note": 'Write it: rflow note "what you saw"',
    "change": 'Write it: rflow change "what you changed" --revert "how to revert it"',
}


def _check_length(text: Text, value: str) -> None:
    size = len(value.encode())
    if text.limit == "note" and size > NOTE_LIMIT:
        raise UsageProblem(f"The {text.name} is longer than 64 KiB.", try_="Attach it as a file: rflow attach FILE")
    if text.limit in ("line", "words") and size > LINE_LIMIT:
        raise UsageProblem(
            f"The {text.name} is longer than 4 KiB.", try_="Keep it short, and put the rest into `rflow attach`."
        )
    if text.limit == "words" and len(value.split()) > WORD_LIMIT:
        raise UsageProblem(
            f"The {text.name} has {len(value.split())} words; {WORD_LIMIT} is the most.",
            try_="It is always shown in full, so keep it short, and put the rest into a note.",
        )


def amendable(kind: type[Fact]) -> dict[str, Text]:
    """Return the texts of a kind of fact that can be amended, by field name, the main one first."""
    return {text.path: text for text in TEXTS[kind] if text.amendable}


def blank(fact: Fact) -> Fact:
    """Return `fact` without the texts that people wrote; what the state of the session depends on stays."""
    blanked = map_texts(fact, lambda text, value: REMOVED if value and text.written else value)
    if isinstance(blanked, e.EvidenceAdded):
        return replace(blanked, digest="", bytes_kept=0, left_out=0)
    return blanked


def target_of(fact: Fact) -> int:
    """Return the entry that `fact` corrects, settles, answers or reverts; 0 for none.

    Redacting that entry also redacts `fact`.
    """
    if isinstance(fact, e.EntryAmended | e.AssumptionSettled | e.QuestionReplied):
        return fact.target
    return fact.change if isinstance(fact, e.ChangeReverted) else 0
