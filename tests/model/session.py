"""A session of the model: its state, and who may do what with it.

Sessions change in place, and a text is a `Text`, so that removing it for good reaches everything that shows it.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from model.trees import TREES, USAGE, Refused, kind

REMOVED = "[removed]"
BRIEF = ("ticket", "customer", "severity", "situation", "impact", "ask", "hypothesis")
CHECKED = {"choose", "done", "skip", "back", "enter", "hand off", "cancel", "take over", "close", "reopen"}
"""What is refused on a session that has moved since this terminal displayed it."""
OWNERS = {
    *("choose", "done", "skip", "back", "enter", "brief", "change", "revert", "wait"),
    *("close", "reopen", "hand off", "delete"),
}
RECEIVERS, SENDERS, OTHERS = {"accept", "decline"}, {"cancel"}, {"take over"}
WHEN_CLOSED = {"reopen", "delete", "redact", "share", "take over"}
KEEPS_PENDING = {"hand off", "delete"}
"""What an owner may do without acknowledging the handoff: pass it on, or remove it."""


@dataclass
class Text:
    """A text that somebody wrote, which may be removed for good."""

    text: str

    def remove(self) -> None:
        """Overwrite it; where there was none, none is left behind."""
        self.text = REMOVED if self.text else ""


def person(name: str) -> dict[str, str]:
    """Return a member as entries name them."""
    return {"id": name}


_marks = count()


@dataclass
class Happening:
    """An event: a mark of its own, its author, whether it moved the session or its owner, and its texts."""

    by: str
    steers: bool
    texts: list[Text]
    mark: int = field(default_factory=lambda: next(_marks))

    @property
    def reads(self) -> tuple[int, list[str]]:
        """What tells it from others, as it reads now."""
        return self.mark, [text.text for text in self.texts]


@dataclass
class Wait:
    """Something that a session waits for; each limit is two hours after it was typed."""

    seq: int
    text: Text
    until: bool

    def due(self) -> tuple[bool, int]:
        """Sort what is due first before the others."""
        return not self.until, self.seq

    def about(self) -> str:
        """Return what it is about: the words up to a colon."""
        return " ".join(self.text.text.split()).casefold().partition(": ")[0].rstrip(":")


@dataclass
class Session:
    """A session as the design has it; lists of entries are what `rflow show --json` shows, but for the times."""

    id: str
    code: str
    owner: str
    accepted_by: str
    title: Text
    status: str = "open"
    tree: str | None = None
    node: str | None = None
    moves: list[tuple[dict[str, Any], str | None, str | None]] = field(default_factory=list)
    log: list[Happening] = field(default_factory=list)
    done: dict[tuple[str, str], int] = field(default_factory=dict)
    brief: dict[str, Text | None] = field(default_factory=lambda: dict.fromkeys(BRIEF))
    steps: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    handoff: dict[str, Any] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    closing: dict[str, Any] | None = None
    people: set[str] = field(default_factory=set)

    @property
    def version(self) -> int:
        """How many events there are."""
        return len(self.log)

    @property
    def steered(self) -> int:
        """The last event that moved the session or changed who has it."""
        return max((seq for seq, event in enumerate(self.log, 1) if event.steers), default=0)

    @property
    def place(self) -> dict[str, Any]:
        """The node where it stands; refused where it stands nowhere."""
        if self.tree is None or self.node is None:
            raise Refused(USAGE)
        node: dict[str, Any] = TREES[self.tree]["nodes"][self.node]
        return node

    def add(self, by: str, *texts: Text, steers: bool = False) -> int:
        """Add an event and give its number."""
        self.log.append(Happening(by, steers, list(texts)))
        self.people.add(by)
        return self.version

    def entry(self, entries: list[dict[str, Any]], seq: int) -> dict[str, Any] | None:
        """Find an entry by its number."""
        return next((entry for entry in entries if entry["seq"] == seq), None)

    def move(self, by: str, to: str, *texts: Text, tree: str | None = None, **step: Any) -> None:
        """Go to a node, as a step that can be taken back; entering the first tree is where it all begins."""
        seq = self.add(by, *texts, steers=True)
        entry = {
            "seq": seq,
            "by": person(by),
            "node": "",
            "to": to,
            "assumed": False,
            "reason": "",
            "undone": False,
            **step,
        }
        if tree is None or self.tree is not None or self.steps:
            self.moves.append((entry, self.tree, self.node))
            self.steps.append(entry)
        self.tree, self.node = tree or self.tree, to

    def pass_to(self, by: str, word: str, text: Text, to: str | None = None) -> None:
        """Write a line of the history of who had the session."""
        seq = self.add(by, *([text] if text.text else []), steers=True)
        line = {"seq": seq, "by": person(by), "word": word, "to": person(to) if to else None, "text": text}
        self.history.append(line)

    def settle(self, owner: str) -> None:
        """End a handoff: `owner` has the session."""
        self.owner, self.handoff, self.status = owner, None, "open"

    def accept(self, by: str, read_back: str = "") -> None:
        """Acknowledge a handoff."""
        self.pass_to(by, "accepted", Text(read_back))
        self.settle(by)
        self.accepted_by = by

    def may(self, who: str, name: str) -> bool:
        """Whether the design lets `who` do it."""
        if name in OWNERS:
            return who == self.owner
        if name in OTHERS:
            return who != self.owner
        if name in RECEIVERS:
            return self.handoff is not None and (self.owner == who or self.owner.startswith("@"))
        if name in SENDERS:
            return self.handoff is not None and who in (self.handoff["sender"]["id"], self.accepted_by)
        return True


def record(session: Session) -> dict[str, Any]:
    """Return what `rflow show --json` should show of a session, except times and what this model leaves out."""
    place = TREES[session.tree]["nodes"][session.node] if session.tree and session.node else None
    shown: dict[str, Any] = _plain(
        {
            "id": session.id,
            "code": session.code,
            "title": session.title,
            "status": session.status,
            "owner": {"id": session.owner},
            "version": session.version,
            "brief": session.brief,
            "tree": {"id": session.tree} if session.tree else None,
            "position": place
            and {
                "node": session.node,
                "kind": kind(place),
                "text": place["text"],
                "choices": [choice["label"] for choice in place.get("choices", [])],
            },
            "steps": session.steps,
            "notes": session.notes,
            "evidence": session.evidence,
            "changes": session.changes,
            "waiting": [{"seq": wait.seq, "for": wait.text} for wait in sorted(session.waits, key=Wait.due)],
            "handoff": session.handoff,
            "history": session.history,
            "closing": session.closing,
        }
    )
    return shown


def _plain(value: Any) -> Any:
    """Turn texts into strings, and leave out what only the model needs."""
    match value:
        case Text(text=text):
            return text
        case dict():
            return {key: _plain(item) for key, item in value.items() if key != "all"}
        case list():
            return [_plain(item) for item in value]
    return value


def like(expected: Any, shown: Any) -> Any:
    """Reduce what the program shows to what the model knows."""
    if isinstance(expected, dict) and isinstance(shown, dict):
        return {key: like(expected[key], shown[key]) for key in shown if key in expected}
    if isinstance(expected, list) and isinstance(shown, list) and len(expected) == len(shown):
        return [like(*pair) for pair in zip(expected, shown, strict=True)]
    return shown


def differences(expected: Any, shown: Any, path: str = "") -> list[str]:
    """Return a line for each place where two records differ."""
    if isinstance(expected, dict) and isinstance(shown, dict) and expected.keys() == shown.keys():
        return [line for key in expected for line in differences(expected[key], shown[key], f"{path}.{key}")]
    if isinstance(expected, list) and isinstance(shown, list) and len(expected) == len(shown):
        pairs = enumerate(zip(expected, shown, strict=True))
        return [line for number, pair in pairs for line in differences(*pair, f"{path}.{number}")]
    return [] if expected == shown else [f"{path}: {expected!r} was expected, not {shown!r}"]
