"""The workspace: what one member can do at a store. The only door to a store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from rflow.core.people import Person, person
from rflow.core.redaction import Redactor
from rflow.core.session.events import Brief, Event
from rflow.core.session.head import Head, Page, Query
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.summary.progress import Digest, Progress
from rflow.core.summary.summarise import View, Zone, summarise
from rflow.core.text import clean
from rflow.core.tree.model import Tree
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.identity import id_of, new_codes, new_id
from rflow.ports import Clock, CodeTaken, Log, Stale, Store, TreeName

if TYPE_CHECKING:
    from rflow.core.session.commands import Command
    from rflow.service.importing import Import
    from rflow.service.interchange import Read
    from rflow.service.sending import Outcome


class Workspace:
    """What `member` can do at `store`. Nothing here prints; errors are `RflowError`s."""

    def __init__(
        self,
        store: Store,
        member: Person,
        *,
        clock: Clock,
        zone: Zone,
        patterns: Sequence[str] = (),
        ids: Callable[[datetime], str] = new_id,
        codes: Callable[[], Iterator[str]] = new_codes,
    ) -> None:
        self.store = store
        self.member = member
        self.patterns = tuple(patterns)
        self._clock = clock
        self._zone = zone
        self._ids = ids
        self._codes = codes
        self._trees: dict[str, Tree | None] = {}

    # Finding and reading

    def now(self) -> datetime:
        """Give the aware time now."""
        return self._clock()

    def head(self, reference: str) -> Head:
        """Find the one session whose code or id begins with `reference`."""
        found = self.store.find(reference) if reference.strip("- ") else []
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFound(
                f'There is no session "{reference}" in this store.', try_="See what there is: rflow list --all"
            )
        codes = ", ".join(f"{head.code} ({head.title})" for head in found)
        raise UsageProblem(f'"{reference}" could be more than one session: {codes}.', try_="Type one more letter.")

    def session(self, reference: str) -> Session:
        """Load the one session whose code or id begins with `reference`."""
        return self.load(self.head(reference).id)

    def load(self, session_id: str) -> Session:
        """Load a session by its whole id."""
        log = self.store.load(session_id)
        return replay(log.events, Session(id=log.id, code=log.code))

    def history(self, session_id: str) -> Log:
        """Read a session's events as they are stored."""
        return self.store.load(session_id)

    def version_at(self, session: Session, at: datetime) -> int:
        """Give the version that `session` had at a time."""
        events = [event for event in self.store.load(session.id).events if isinstance(event, Event) and event.at <= at]
        return events[-1].seq if events else 0

    def blob(self, session: Session, seq: int) -> bytes:
        """Read the whole content of the evidence of event `seq`."""
        piece = session.evidence.get(seq)
        if piece is None:
            known = ", ".join(map(str, session.evidence)) or "none yet"
            raise UsageProblem(f"Entry {seq} is not evidence.", try_=f"Evidence of {session.code}: {known}.")
        if not piece.what.digest:
            raise NotFound(
                f"The content of evidence {seq} was removed.", try_=f"What is left of it: rflow show {session.code}"
            )
        return self.store.blob(session.id, piece.what.digest)

    def heads(self, query: Query) -> Page:
        """List sessions, the last updated first."""
        return self.store.heads(query)

    def all_heads(self, query: Query) -> Iterator[Head]:
        """List all sessions that match, page after page."""
        while True:
            page = self.store.heads(query)
            yield from page.heads
            if page.after is None:
                return
            query = msgspec.structs.replace(query, after=page.after)

    def people(self) -> list[Person]:
        """Give everybody this store has seen."""
        return self.store.people()

    def tree_of(self, session: Session) -> Tree | None:
        """Read the version of the tree that `session` stands in."""
        return self._tree(session.tree.digest) if session.tree else None

    def _tree(self, digest: str) -> Tree | None:
        if digest not in self._trees:
            self._trees[digest] = self.store.tree(digest)
        return self._trees[digest]

    def tree_changed(self, session: Session) -> bool | None:
        """Whether the session's tree has another current version by now; None where it has no current one."""
        if session.tree is None:
            return None
        current = self.store.tree_digest(session.tree.id)
        return None if current is None else current != session.tree.digest

    # Working

    def start(self, title: str, brief: Brief, tree: Tree | None, command_id: str = "") -> Session:
        """Begin a session, in `tree` from its start or free, and own it.

        With a `command_id` the session's id follows from it, so that the command sent again finds the same session.
        """
        from rflow.core.session.commands import Enter, Start
        from rflow.core.session.decide import decide

        at = self._clock()
        session = Session(id=id_of(f"{self.member.id}\n{command_id}") if command_id else self._ids(at))
        command = Start(title=title or (tree.title if tree else ""), brief=brief, command_id=command_id)
        events = decide(session, None, command, self.member, at)
        if tree is not None:
            begun = replay(events, session)
            events += decide(begun, tree, Enter(tree=tree, command_id=command_id), self.member, at)
        try:
            return self.create(session.id, events, [tree] if tree else [])
        except Stale:
            return self.load(session.id)

    def create(
        self,
        session_id: str,
        events: Sequence[Event],
        trees: Sequence[Tree],
        blobs: Mapping[str, bytes] | None = None,
        code: str = "",
    ) -> Session:
        """Store a new session under `code`, or a new code if that is taken; without an id it gets a new one.

        `trees` are the versions it went through.
        """
        session_id = session_id or self._ids(self._clock())
        for tree in trees:
            self.store.put_tree(tree)
        for free in chain([code] if code else (), self._codes()):
            session = replay(events, Session(id=session_id, code=free))
            try:
                self.store.create(session, events, blobs or {})
            except CodeTaken:
                continue
            return session
        raise StoreProblem(
            "No short code is left in this store.", try_="Remove old sessions, or begin a new store: rflow --store PATH"
        )

    def do(self, session: Session, command: "Command", blobs: Mapping[str, bytes] | None = None) -> "Outcome":
        """Carry `command` out on `session`: decide, append, and once more where somebody else wrote first.

        A command whose `command_id` was carried out before changes nothing. `blobs` are contents by digest.
        """
        from rflow.service.sending import Actor, carry_out

        actor = Actor(self.store, self.member, self._clock, self.tree_of)
        return carry_out(actor, session, command, blobs or {})

    def check(self, session: Session, command: "Command") -> None:
        """Raise what `do` would raise now, and write nothing: for what must be known before something takes long."""
        from rflow.core.session.decide import decide

        decide(session, self.tree_of(session), command, self.member, self._clock())

    def delete(self, session: Session) -> None:
        """Remove `session` for good."""
        from rflow.core.session.commands import Delete

        self.check(session, Delete())
        self.store.delete(session.id)

    def receiver(self, name: str, *, new: bool = False) -> tuple[Person, bool]:
        """Find who is meant by `name`: (who, whether this store has seen them).

        A name that is close to a known one is refused with that, unless `new` insists.
        """
        wanted = person(clean(name))
        if not wanted.id.strip("@"):
            raise UsageProblem("To whom? The name is empty.", try_="Name a person, or a queue such as @tier2.")
        known = {somebody.id: somebody for somebody in [*self.people(), self.member]}
        if wanted.id in known:
            return known[wanted.id], True
        from difflib import get_close_matches

        close = [known[key].name for key in get_close_matches(wanted.id, known, n=3, cutoff=0.7)]
        if close and not new:
            raise UsageProblem(
                f'Nobody called "{wanted.name}" has been seen here.',
                try_=f"Did you mean {' or '.join(close)}? If it is somebody new, add --new-user.",
            )
        return wanted, False

    def hand_off(self, session: Session, to: Person, note: str, seen: int | None, command_id: str = "") -> "Outcome":
        """Give `session` to `to`."""
        from rflow.core.session.commands import HandOff

        return self.do(session, HandOff(to=to, note=note, seen=seen, command_id=command_id))

    # Telling

    def view(self, *, redact: bool = True, as_of: datetime | None = None) -> View:
        """Make the way this member looks at sessions; `redact` hides secrets."""
        return View(as_of=as_of or self._clock(), zone=self._zone, hide=Redactor(self.patterns, on=redact))

    def progress(self, session: Session, view: View) -> Progress:
        """Compute the progress of `session`."""
        trees = {digest: tree for digest in session.trees if (tree := self._tree(digest)) is not None}
        view.tree_changed = self.tree_changed(session)
        return summarise(session, trees, view)

    def digest(self, heads: Sequence[Head], view: View, of: str | None) -> Digest:
        """Compute the digest of the sessions in `heads`, without those that can't be read."""
        from rflow.core.summary.digest import digest_entry, digest_of

        entries = [digest_entry(session, view) for head in heads if (session := self._readable(head.id))]
        return digest_of(entries, view, of)

    def _readable(self, session_id: str) -> Session | None:
        try:
            return self.load(session_id)
        except StoreProblem:
            return None

    def record_shared(self, session: Session, format_: str, destination: str) -> None:
        """Record that a summary of `session` as it stands was delivered."""
        from rflow.core.session.commands import RecordShared

        self.do(session, RecordShared(format=format_, destination=destination, through=session.version))

    # Taking out and in

    def export(self, session: Session, *, evidence: bool = True) -> Iterator[bytes]:
        """Give the lines of an export of `session`, with its trees and, if wanted, the contents of its evidence."""
        from rflow.service.interchange import export_session

        trees = [tree for digest in session.trees if (tree := self._tree(digest)) is not None]
        digests = {piece.what.digest for piece in session.evidence.values() if piece.what.digest} if evidence else ()
        blobs = ((digest, self.store.blob(session.id, digest)) for digest in sorted(digests))
        return export_session(session, self.store.load(session.id).events, trees, blobs, len(digests))

    def plan_import(self, read: "Read") -> "Import":
        """Return what importing a session that was read from a file would do now, and write nothing."""
        from rflow.service.importing import plan_import

        return plan_import(self, read)

    def take_in(self, read: "Read", *, accept_ownership: bool = False) -> "Import":
        """Import a session that was read from a file.

        A session that is here already with the same beginning is extended; otherwise it becomes a new session. Raises
        `NotAllowed` if that changes the owner or status of a session here, unless `accept_ownership` allows it.
        """
        from rflow.service.importing import import_session

        return import_session(self, read, accept_ownership=accept_ownership)

    # Trees

    def named_tree(self, tree_id: str) -> Tree:
        """Read the current version of the tree of that id, or of the only id that begins so.

        Raises `NotFound` with the nearest name, `UsageProblem` where several begin so.
        """
        tree = self.store.named_tree(tree_id)
        names = [] if tree is not None else [name.id for name in self.store.tree_names()]
        begin = [name for name in names if tree_id and name.startswith(tree_id.casefold())]
        if len(begin) > 1:
            raise UsageProblem(f'"{tree_id}" could be more than one tree.', try_=f"Name one of {', '.join(begin)}.")
        tree = self.store.named_tree(begin[0]) if begin else tree
        if tree is not None:
            return tree
        from difflib import get_close_matches

        close = get_close_matches(tree_id, names, n=1)
        if close:
            hint = f'Did you mean "{close[0]}"?'
        elif names:
            hint = f"There are: {', '.join(names[:8])}{' …' if len(names) > 8 else ''}."
        else:
            hint = "This store has no trees yet: rflow tree add FILE (or: rflow tree add --examples)"
        raise NotFound(f'There is no tree "{tree_id}" in this store.', try_=hint)

    def tree_names(self) -> list[TreeName]:
        """List the trees of this store."""
        return self.store.tree_names()

    def add_tree(self, tree: Tree) -> bool:
        """Make `tree` the current version of its id; False where it was that already."""
        return self.store.add_tree(tree, self._clock())

    def remove_tree(self, tree_id: str) -> Tree:
        """Take a tree out of the list and give it; sessions that stand in it keep their version."""
        tree = self.named_tree(tree_id)
        self.store.remove_tree(tree.id)
        return tree
