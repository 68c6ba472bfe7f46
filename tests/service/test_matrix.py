"""Who may call what: every method of the ports, and every command, by everybody. What is hidden leaves no trace.

The rows come from the ports: a method or a command that has no row here fails the first test.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from rflow.core.actors import Actor, Scope
from rflow.core.people import person
from rflow.core.session import commands as c
from rflow.core.session.commands import Command
from rflow.core.session.events import Brief, NoteAdded, SessionStarted
from rflow.core.session.head import Query
from rflow.core.session.search.query import Search
from rflow.core.sharing import Audience, Share, ShareWish
from rflow.core.space_policy import Policy
from rflow.core.summary.budget.view import Extent
from rflow.core.tokens import token_hash, token_of
from rflow.core.tree.model import End, Tree, canonical, digest
from rflow.errors import NotAllowed, NotFound, RflowError, UsageProblem
from rflow.identity import id_of
from rflow.ports.stores import Store
from rflow.ports.values import Incoming
from rflow.ports.workspace import Administration, Workspace
from rflow.service.local.administration import LocalAdministration
from rflow.service.local.shared import SharedSessions
from rflow.service.local.workspace import LocalWorkspace
from rflow.service.sessions import receiver
from rflow.service.team.spaces import LocalSpaces
from rflow.service.team.team_service import accounts_of
from rflow.service.trees import named_tree
from rflow.stores import open_store
from support.stores.faults import quick_folder
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import LPSTAT, LPSTAT_DIGEST, MORNING, PRINTER, events, evidence
from support.stores.unfiltered import unfilter
from support.workspaces import LEEDS, YORK, enrol, member, ticking

OWNER, MEMBER, DEV, CLEO = map(person, ("Ana Ruiz", "Ben Okafor", "Dev Patel", "Cleo"))
TREE = digest(PRINTER)
OTHER_TREE = Tree(id="scanner", title="A scanner", start="x", nodes={"x": End(text="Replace it", outcome="escalate")})
ALL_SCOPES: frozenset[Scope] = frozenset(get_args(Scope))


def agent(*scopes: Scope) -> Actor:
    """Return the owner with a token of these scopes."""
    return Actor(person=OWNER, roles={LEEDS: "member"}, scopes=frozenset(scopes))


ACTORS: Mapping[str, Actor] = {
    "x": Actor(person=DEV, roles={YORK: "lead"}),
    "r": Actor(person=person("Rosa Reader"), roles={LEEDS: "reader"}),
    "m": Actor(person=MEMBER, roles={LEEDS: "member"}),
    "O": Actor(person=OWNER, roles={LEEDS: "member"}),
    "L": Actor(person=person("Lea Lead"), roles={LEEDS: "lead"}),
    "A": Actor(person=person("Root"), roles={}, admin=True),
    "l": Actor(person=person("Lou Local")),
    "0": agent(),
    "n": agent("write", "move", "own", "share", "publish"),
    "R": agent("read"),
    "W": agent("read", "write"),
    "M": agent("read", "move"),
    "H": agent("read", "own"),
    "S": agent("read", "share"),
    "*": agent(*ALL_SCOPES),
    "T": Actor(person=person("Root"), roles={}, admin=True, scopes=ALL_SCOPES),
}
"""Everybody: an outsider (a lead in another space), a reader, a member, the owner, a lead, an admin, somebody who opens
the store locally; then tokens of the owner: without a scope, without "read", with one each, with all; a token of an
admin's."""

# Who may (+), who is refused (-), for whom it makes no sense (u); for all others it does not exist.
READ = "+ rmOLAlRWMHS*T - 0n"
ENTER = "+ mOLAlW*T - r0nRMHS"
OWN_ENTRY = "+ OW* - rmLAl0nRMHST"
STEER = "+ OM* - rmLAl0nRWHST"
OWNING = "+ OH* - rmLAl0nRWMST"
PUBLISH = "+ LAlT - rmO0nRWMHS*"
PROPOSE = ENTER
LEADS = "+ LA - rmOl0nRWMHS*T"
NOBODY = "- rmOLAl0nRWMHS*T"
SHARE = "+ mOLAlS*T - r0nRWMH"
REVOKE = "+ OLAS*T - rml0nRWMH"
IMPORT = "+ mOLAl*T - r0nRWMHS"
ADMIN = "+ Al - xrmOL0nRWMHS*T"
EVERYBODY = "+ xrmOLAl0nRWMHS*T"

METHODS: Mapping[str, str] = {
    "actor": EVERYBODY,
    "about": EVERYBODY,
    "now": EVERYBODY,
    "find": READ,
    "heads": READ,
    "search": READ,
    "version": READ,
    "load": READ,
    "latest": READ,
    "start": ENTER,
    "send": ENTER,
    "check": ENTER,
    "delete": "+ OLA - rml0nRWMHS*T",
    "plan_import": IMPORT,
    "import_session": IMPORT,
    "content": READ,
    "people": READ,
    "tree": READ,
    "tree_names": READ,
    "flags": READ,
    "tree_stats": READ,
    "hints": READ,
    "propose_tree": PROPOSE,
    "proposals": READ,
    "decide_proposal": PUBLISH,
    "add_tree": PUBLISH,
    "remove_tree": PUBLISH,
    "create_share": SHARE,
    "shares": READ,
    "share": READ,
    "session_of_link": "+ rmOLAlRWMHS*T - x0n",
    "share_views": READ,
    "revoke_share": REVOKE,
    "protect_share": REVOKE,
    "spaces": READ,
    "exported": READ,
}
ADMINISTRATION: Mapping[str, str] = {
    "actor": EVERYBODY,
    **dict.fromkeys(("info", "check", "merge", "backup", "notices", "retry_notices"), ADMIN),
}
COMMANDS: Mapping[type[Command], str] = {
    **dict.fromkeys((c.AddNote, c.AddStep, c.AddEvidence, c.SettleAssumption, c.Pin, c.Unpin), ENTER),
    **dict.fromkeys((c.FlagNode, c.AskQuestion, c.ReplyQuestion), ENTER),
    c.AmendEntry: OWN_ENTRY,
    c.Shorten: OWN_ENTRY,
    c.Undo: "+ OW* u mLAlT - r0nRMHS",
    c.RedactText: "+ OLAW*T - rml0nRMHS",
    **dict.fromkeys((c.Choose, c.Done, c.Skip, c.Back, c.Enter, c.SetBrief), STEER),
    **dict.fromkeys((c.MakeChange, c.RevertChange, c.SetWaiting), STEER),
    **dict.fromkeys((c.Close, c.Reopen, c.HandOff), OWNING),
    c.Accept: "+ m - rOLAl0nRWMHS*T",
    c.Decline: "+ m - rOLAl0nRWMHS*T",
    c.CancelHandoff: OWNING,
    c.TakeOver: "+ mLAlT u OH* - r0nRWMS",
    c.RecordShared: SHARE,
    c.Reassign: LEADS,
    c.ExpireHandoff: NOBODY,
    c.Start: "u rmOLAlRWMHS*T - 0n",
    c.Delete: "u rmOLAlRWMHS*T - 0n",
}


def expected(row: str, actor: str) -> str:
    """Return what a row says of an actor: "+", "-", "u", or "" for hidden."""
    words = row.split()
    return next((sign for sign, actors in zip(words[::2], words[1::2], strict=True) if actor in actors), "")


def methods(port: type) -> set[str]:
    """Return the names of a port's methods and properties."""
    return {name for name in vars(port) if not name.startswith("_")}


def test_every_method_and_every_command_has_a_row() -> None:
    assert set(METHODS) == methods(Workspace) == set(CALLS)
    assert set(ADMINISTRATION) == methods(Administration)
    assert set(COMMANDS) == set(get_args(Command)) == set(SENT)
    for row in (*METHODS.values(), *ADMINISTRATION.values(), *COMMANDS.values()):
        named = "".join(row.split()[1::2])
        assert len(set(named)) == len(named)
        assert set(ACTORS) - set(named) in ({"x"}, set()), row


# One session of the owner's in Leeds, with a note, evidence, an assumption, a question, a change and a link


class Leeds:
    """The session that everybody tries to reach, in a store in memory."""

    def __init__(self) -> None:
        self.store = open_store("memory:")
        self.clock = ticking()
        enrol(self.store, LEEDS, {**ACTORS, "c": member(CLEO, "member")})
        self.at(ACTORS["L"]).add_tree(canonical(PRINTER), LEEDS)
        self.at(ACTORS["L"]).add_tree(canonical(OTHER_TREE), LEEDS)
        owner = self.at(ACTORS["O"])
        self.id = owner.start(c.Start(title="Label printer", space=LEEDS, tree=TREE)).session
        owner.send(self.id, c.Choose(choice="Green"))
        owner.send(self.id, c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
        owner.send(self.id, c.AddNote(text="The roll is right", kind="assumption"))
        owner.send(self.id, c.AskQuestion(to=MEMBER, text="Who orders rolls?"))
        owner.send(self.id, c.MakeChange(text="Paused the queue", revert="cupsenable leeds"))
        made = owner.create_share(ShareWish(session=self.id))
        self.link, self.token = made.share.id, made.token
        self.at(ACTORS["O"]).send(self.id, c.Pin(targets=(5,)))
        self.asking = owner.start(c.Start(title="Another printer", space=LEEDS, tree=TREE)).session
        owner.send(self.asking, c.FlagNode(text="The lamp is blue now"))
        shorter = canonical(replace(OTHER_TREE, title="A shorter one"))
        self.proposal = owner.propose_tree(shorter, LEEDS, digest(OTHER_TREE)).digest

    def at(self, actor: Actor) -> LocalWorkspace:
        """Return what an actor can do there."""
        return LocalWorkspace(self.store, actor, clock=self.clock)

    def bring(self, command: type[Command]) -> None:
        """Bring the session to where a command makes sense for whoever may send it."""
        owner = self.at(ACTORS["O"])
        if command in (c.Accept, c.Decline, c.CancelHandoff):
            owner.send(self.id, c.HandOff(to=MEMBER))
        elif command is c.Reopen:
            owner.send(self.id, c.Close(outcome="resolved"))
        elif command is c.Choose:
            owner.send(self.id, c.Done())


def story(space: str) -> Incoming:
    """Return a session of a space, as it was read from a file."""
    whole = events([SessionStarted(title="From a laptop", space=space), NoteAdded(text="It hums")])
    return Incoming(id="019a4711-0000-7000-8000-000000000001", code="K7QM-2F", events=tuple(whole))


CALLS: Mapping[str, Callable[[Workspace, Leeds], object]] = {
    "actor": lambda at, leeds: at.actor,
    "about": lambda at, leeds: at.about,
    "now": lambda at, leeds: at.now(),
    "find": lambda at, leeds: at.find(leeds.id),
    "heads": lambda at, leeds: at.heads(Query()).heads,
    "search": lambda at, leeds: at.search(Search(words="roll")).hits,
    "version": lambda at, leeds: at.version(leeds.id),
    "load": lambda at, leeds: at.load(leeds.id),
    "latest": lambda at, leeds: at.latest(leeds.id),
    "start": lambda at, leeds: at.start(c.Start(title="Another", space=LEEDS)),
    "send": lambda at, leeds: at.send(leeds.id, c.AddNote(text="It hums")),
    "check": lambda at, leeds: at.check(leeds.id, c.AddNote(text="It hums")) is None,  # type: ignore[func-returns-value]
    "delete": lambda at, leeds: at.delete(leeds.id) is None,  # type: ignore[func-returns-value]
    "plan_import": lambda at, leeds: at.plan_import(story(LEEDS)),
    "import_session": lambda at, leeds: at.import_session(story(LEEDS)),
    "content": lambda at, leeds: at.content(leeds.id, LPSTAT_DIGEST),
    "people": lambda at, leeds: OWNER in at.people(),
    "tree": lambda at, leeds: at.tree(TREE),
    "tree_names": lambda at, leeds: at.tree_names(LEEDS),
    "flags": lambda at, leeds: [flag.text for flag in at.flags(PRINTER.id, LEEDS)] == ["The lamp is blue now"],
    "tree_stats": lambda at, leeds: at.tree_stats(PRINTER.id, LEEDS),
    "hints": lambda at, leeds: at.hints(leeds.asking),
    "propose_tree": lambda at, leeds: at.propose_tree(canonical(replace(OTHER_TREE, title="Another")), LEEDS),
    "proposals": lambda at, leeds: at.proposals(LEEDS),
    "decide_proposal": lambda at, leeds: at.decide_proposal(leeds.proposal, "accept", LEEDS),
    "add_tree": lambda at, leeds: at.add_tree(canonical(replace(OTHER_TREE, title="Another")), LEEDS),
    "remove_tree": lambda at, leeds: at.remove_tree(PRINTER.id, LEEDS) is None,  # type: ignore[func-returns-value]
    "create_share": lambda at, leeds: at.create_share(ShareWish(session=leeds.id)),
    "shares": lambda at, leeds: at.shares(leeds.id),
    "share": lambda at, leeds: at.share(leeds.link),
    "session_of_link": lambda at, leeds: at.session_of_link(leeds.token),
    "share_views": lambda at, leeds: at.share_views(leeds.link) == [],
    "revoke_share": lambda at, leeds: at.revoke_share(leeds.link),
    "protect_share": lambda at, leeds: at.protect_share(leeds.link, ""),
    "spaces": lambda at, leeds: LEEDS in [space.id for space in at.spaces()],
    "exported": lambda at, leeds: at.exported(leeds.id) is None,  # type: ignore[func-returns-value]
}
"""A call of every method that reaches for something of Leeds, with a result that is true where it was reached."""

SENT: Mapping[type[Command], Command] = {
    type(command): command
    for command in (
        c.Start(title="Again", space=LEEDS),
        c.Enter(tree=digest(OTHER_TREE)),
        c.Choose(choice="Yes"),
        c.Done(),
        c.Skip(reason="done before"),
        c.AddStep(text="Printed from its web page"),
        c.Back(),
        c.Undo(),
        c.AddNote(text="It hums"),
        c.AmendEntry(target=5, text="It is not"),
        c.Shorten(forms=(c.ShortForm(target=5, text="102 mm?"),)),
        c.SettleAssumption(target=5, text="It is 102 mm"),
        c.Pin(targets=(4,)),
        c.Unpin(targets=(5,)),
        c.FlagNode(text="There is a third lamp"),
        c.AskQuestion(to=MEMBER, text="Where is it?"),
        c.ReplyQuestion(target=6, text="The warehouse"),
        c.AddEvidence(evidence=replace(evidence(LPSTAT), digest="", bytes_kept=0)),
        c.SetBrief(brief=Brief(ask="Check the port")),
        c.MakeChange(text="Moved the cable", revert="Move it back"),
        c.RevertChange(change=7),
        c.SetWaiting(waiting_for="the vendor"),
        c.RecordShared(format="teams", destination="clipboard", through=7),
        c.HandOff(to=MEMBER),
        c.Accept(),
        c.Decline(reason="on another incident"),
        c.CancelHandoff(),
        c.ExpireHandoff(),
        c.TakeOver(reason="They went home"),
        c.Reassign(to=CLEO, reason="They are on leave"),
        c.Close(outcome="resolved"),
        c.Reopen(),
        c.RedactText(target=5),
        c.Delete(),
    )
}


def outcome(call: Callable[[], object]) -> str:
    """Say what came of a call: "+" done, "-" refused, "u" makes no sense, "" as if there were nothing."""
    try:
        return "+" if call() else ""
    except NotAllowed:
        return "-"
    except UsageProblem:
        return "u"
    except NotFound:
        return ""


def places(
    came: Mapping[str, str], command: type[Command] | None = None, *, reads: bool = False
) -> Iterator[tuple[str, Actor, Leeds]]:
    """Yield each actor with a place to try it in: a new one if what the last did was allowed and changed something."""
    leeds = None
    for actor, who in ACTORS.items():
        if leeds is None:
            leeds = Leeds()
            if command is not None:
                leeds.bring(command)
        yield actor, who, leeds
        if came[actor] == "+" and not reads:
            leeds = None


@pytest.mark.parametrize("name", METHODS)
def test_each_method_is_for_those_in_its_row(name: str) -> None:
    came: dict[str, str] = {}
    for actor, who, leeds in places(came, reads=METHODS[name] in (READ, EVERYBODY)):
        came[actor] = outcome(lambda leeds=leeds, who=who: CALLS[name](leeds.at(who), leeds))  # type: ignore[misc]
    assert came == {actor: expected(METHODS[name], actor) for actor in ACTORS}


@pytest.mark.parametrize("name", ADMINISTRATION)
def test_only_an_admin_looks_after_the_store(name: str, tmp_path: Path) -> None:
    came: dict[str, str] = {}
    for actor, who, leeds in places(came):
        port = LocalAdministration(leeds.store, who, clock=ticking())
        calls: Mapping[str, Callable[[], object]] = {
            "actor": lambda port=port: port.actor,  # type: ignore[misc]
            "info": port.info,
            "check": lambda port=port: port.check() == [],  # type: ignore[misc]
            "merge": lambda port=port: port.merge() == [],  # type: ignore[misc]
            "notices": lambda port=port: port.notices() is not None,  # type: ignore[misc]
            "retry_notices": lambda port=port: port.retry_notices() == 0,  # type: ignore[misc]
            "backup": lambda port=port, actor=actor: port.backup(tmp_path / f"{ord(actor)}") is None,  # type: ignore[misc]
        }
        came[actor] = outcome(calls[name])
    assert came == {actor: expected(ADMINISTRATION[name], actor) for actor in ACTORS}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_each_command_is_for_those_in_its_row_and_a_check_says_the_same(command: type[Command]) -> None:
    came: dict[str, str] = {}
    for actor, who, leeds in places(came, command):
        at, sent = leeds.at(who), SENT[command]
        checked = outcome(lambda at=at, sent=sent, leeds=leeds: at.check(leeds.id, sent) is None)  # type: ignore[misc]
        before = at.version(leeds.id) if who.allows() else None
        came[actor] = outcome(lambda at=at, sent=sent, leeds=leeds: at.send(leeds.id, sent))  # type: ignore[misc]
        assert command is c.Delete or came[actor] == checked, actor
        assert came[actor] == "+" or not who.allows() or at.version(leeds.id) == before
    assert came == {actor: expected(COMMANDS[command], actor) for actor in ACTORS}


# Links: what opens for anybody who has one


def shared_link(number: int, session: str, **more: Any) -> Share:
    token = token_of(bytes([number]) * 32)
    link = Share(
        id=f"LINK{number}",
        session=session,
        space=LEEDS,
        hash=token_hash(token),
        ending=token[-4:],
        by=OWNER,
        created_at=MORNING,
    )
    return replace(link, **more)


@pytest.mark.parametrize(
    ("more", "opens"),
    [
        ({}, True),
        ({"expires_at": MORNING + timedelta(days=1)}, True),
        ({"expires_at": MORNING}, False),
        ({"revoked_at": MORNING}, False),
        ({"password": "$argon2id$…"}, False),
        ({"max_views": 9}, False),
        *(({"audience": audience}, audience == "public") for audience in get_args(Audience)),
    ],
    ids=str,
)
def test_a_link_opens_unless_it_ended_or_asks_for_what_this_version_can_not_check(
    more: dict[str, Any], opens: bool
) -> None:
    leeds = Leeds()
    leeds.store.shares.add(shared_link(1, leeds.id, **more))
    shared = SharedSessions(leeds.store, clock=leeds.clock, zone=lambda at: at)
    token = token_of(bytes([1]) * 32)
    assert (shared.live(token) is not None) == opens
    assert shared.live(token_of(bytes([2]) * 32)) is None
    assert shared.live(leeds.link) is None


# What one may not see does not exist: with and without what is hidden, everything is the same


class Two:
    """York, where Dev works, and perhaps Leeds, of which he must see nothing. Ids and codes are the same every time."""

    def __init__(self, url: str, *, with_leeds: bool) -> None:
        self.store = open_store(url)
        self.enrol(YORK, {"A": ACTORS["A"], "x": ACTORS["x"]})
        york = self.at(ACTORS["x"], "Y")
        york.add_tree(canonical(OTHER_TREE), YORK)
        self.york = york.start(c.Start(title="Scanner in York", space=YORK, command_id="york")).session
        york.send(self.york, c.AddNote(text="It hums"))
        self.link = york.create_share(ShareWish(session=self.york)).share
        if with_leeds:
            self._fill_leeds()

    def _fill_leeds(self) -> None:
        self.enrol(LEEDS, {**ACTORS, "d": member(DEVIN, "member")})
        admin = self.at(ACTORS["A"], "L")
        admin.add_tree(canonical(PRINTER), LEEDS)
        admin.import_session(replace(story(LEEDS), id=HIDDEN_ID, code=HIDDEN_CODE))
        admin.send(HIDDEN_ID, c.AddEvidence(evidence=evidence(LPSTAT)), {LPSTAT_DIGEST: LPSTAT})
        admin.send(HIDDEN_ID, c.AskQuestion(to=DEVIN, text="Who is it?"))
        self.store.shares.add(shared_link(7, HIDDEN_ID, id=HIDDEN_LINK))
        self.at(ACTORS["L"], "M").start(c.Start(title="Printer in Leeds", space=LEEDS, tree=TREE))

    def enrol(self, space: str, actors: Mapping[str, Actor]) -> None:
        """Create accounts, where the store can have any."""
        if accounts_of(self.store) is not None:
            enrol(self.store, space, actors)

    def at(self, actor: Actor, series: str = "D") -> LocalWorkspace:
        """Return what an actor can do, with ids and codes of a series of their own."""
        ids, codes = count(1), count(1)
        return LocalWorkspace(
            self.store,
            actor,
            clock=_tick,
            ids=lambda at: f"0000000{'DLYM'.index(series)}-0000-7000-8000-{next(ids):012d}",
            codes=lambda: (f"{series * 4}-{series}{number}" for number in codes),
            random=lambda size: series.encode() * size,
        )

    def dev(self) -> LocalWorkspace:
        """Return what Dev can do."""
        return self.at(ACTORS["x"])


def _tick() -> datetime:
    return MORNING + timedelta(hours=2)


HIDDEN_ID, HIDDEN_CODE, HIDDEN_LINK = "01234567-0000-7000-8000-00000000000a", "HDEN-5X", "HDENXXX"
HIDDEN_TOKEN = token_of(bytes([7]) * 32)
YORK_ID, DEVIN = id_of("dev patel\nyork"), person("Devin Patell")
TO_SOMEBODY: Mapping[Any, Mapping[str, str]] = {
    c.HandOff: {},
    c.AskQuestion: {"text": "Who is it?"},
    c.Reassign: {"reason": "On leave"},
}
LOCAL_STORY = replace(story(YORK), id=HIDDEN_ID, code=HIDDEN_CODE)

QUERIES: Mapping[str, list[tuple[Any, ...]]] = {
    "actor": [()],
    "now": [()],
    "find": [(HIDDEN_ID,), (HIDDEN_CODE,), ("HDEN",), ("0123",), ("0",), ("",), ("YYYY",), ("019",)],
    "search": [
        *(
            (Search(words=words),)
            for words in ("printer", "leeds", "hums", "lpstat", HIDDEN_CODE, "scanner york", "l*")
        ),
        (Search(words="printer", filters=Query(spaces=(LEEDS,))),),
        (Search(words="h*", filters=Query(limit=1)),),
    ],
    "heads": [
        (Query(),),
        (Query(limit=1),),
        (Query(spaces=(LEEDS,)),),
        (Query(spaces=(LEEDS, YORK), status=("open",)),),
    ],
    "version": [(HIDDEN_ID,)],
    "load": [(HIDDEN_ID,), (HIDDEN_ID, 1), (HIDDEN_ID, 99)],
    "latest": [(HIDDEN_ID,)],
    "start": [
        (c.Start(title="Printer", space=LEEDS),),
        (c.Start(title="Printer", space=YORK, tree=TREE),),
        (c.Start(title="Printer", space=YORK),),
    ],
    "send": [
        *((HIDDEN_ID, command, None, 1) for command in SENT.values()),
        *((YORK_ID, command(to=DEVIN, **more)) for command, more in TO_SOMEBODY.items()),
    ],
    "check": [
        *((HIDDEN_ID, command) for command in SENT.values()),
        *((YORK_ID, command(to=DEVIN, **more)) for command, more in TO_SOMEBODY.items()),
    ],
    "delete": [(HIDDEN_ID,)],
    "plan_import": [(LOCAL_STORY,), (replace(LOCAL_STORY, events=story(LEEDS).events),)],
    "import_session": [(LOCAL_STORY,), (replace(LOCAL_STORY, events=story(LEEDS).events),), (LOCAL_STORY,)],
    "content": [(HIDDEN_ID, LPSTAT_DIGEST)],
    "people": [()],
    "tree": [(TREE,), (digest(OTHER_TREE),)],
    "tree_names": [(), (LEEDS,), (YORK,)],
    "flags": [(PRINTER.id, LEEDS), (PRINTER.id, YORK)],
    "tree_stats": [(PRINTER.id, LEEDS), (PRINTER.id, YORK)],
    "hints": [(HIDDEN_ID,)],
    "propose_tree": [(canonical(OTHER_TREE), LEEDS), (canonical(OTHER_TREE), YORK)],
    "proposals": [(LEEDS,), (YORK,)],
    "decide_proposal": [(digest(PRINTER), "accept", LEEDS), (digest(PRINTER), "decline", YORK)],
    "add_tree": [(canonical(PRINTER), LEEDS), (canonical(PRINTER), YORK)],
    "remove_tree": [(PRINTER.id, LEEDS), (PRINTER.id, YORK)],
    "create_share": [(ShareWish(session=HIDDEN_ID),)],
    "shares": [(), (HIDDEN_ID,)],
    "share": [(HIDDEN_LINK,), ("HDEN",), ("H",), (HIDDEN_TOKEN,), ("",)],
    "session_of_link": [("",), (HIDDEN_LINK,)],  # who has its token may read what it shows
    "share_views": [(HIDDEN_LINK,)],
    "revoke_share": [(HIDDEN_LINK,), (HIDDEN_TOKEN,)],
    "protect_share": [(HIDDEN_LINK, "open sesame"), (HIDDEN_TOKEN, "")],
    "spaces": [()],
    "exported": [(HIDDEN_ID,)],
}
"""Calls of every method that try to learn of Leeds; `about` says only which store this is."""


@pytest.fixture(params=EVERY_KIND)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from quick_folder(tmp_path_factory)


def told(call: Callable[[], object]) -> object:
    """Return all that a caller learns: the result, or the kind of error with its words."""
    try:
        return msgspec.to_builtins(call(), enc_hook=repr)
    except RflowError as error:
        return type(error).__name__, error.what, error.try_


def test_every_query_tries_to_learn_of_the_other_space() -> None:
    assert set(QUERIES) | {"about"} == methods(Workspace)


@pytest.mark.parametrize("name", QUERIES)
def test_nothing_differs_where_something_is_hidden(name: str, kind: str, folder: Path) -> None:
    learned = []
    for with_leeds in (False, True):
        two = Two(url_in(folder, kind, f"{with_leeds}"), with_leeds=with_leeds)
        dev = two.dev()
        method = getattr(dev, name)
        call: Callable[..., object] = method if callable(method) else lambda method=method: method
        learned.append([told(lambda call=call, given=given: call(*given)) for given in QUERIES[name]])  # type: ignore[misc]
        learned[-1].append(told(lambda dev=dev: dev.shares(everybody=True)))  # type: ignore[misc]
        two.store.close()
    assert learned[0] == learned[1]


OUTSIDERS: Mapping[str, Actor] = {
    "a lead": ACTORS["x"],
    "a reader": Actor(person=DEV, roles={YORK: "reader"}),
    "a token": Actor(person=DEV, roles={YORK: "member"}, scopes=ALL_SCOPES),
    "a token without scopes": Actor(person=DEV, roles={YORK: "member"}, scopes=frozenset()),
    "somebody in no space": Actor(person=DEV, roles={}),
}
"""Those who are not in Leeds."""


@pytest.fixture
def unfiltered(monkeypatch: pytest.MonkeyPatch) -> None:
    unfilter(monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.usefixtures("unfiltered")
def test_without_the_filters_of_the_application_postgresql_hides_every_row_of_another_space(
    who: str, folder: Path
) -> None:
    """Every method of the port, with all that reaches for Leeds: the same as where there is no Leeds."""
    learned = []
    for with_leeds in (False, True):
        two = Two(url_in(folder, "postgres", f"{with_leeds}"), with_leeds=with_leeds)
        with closing(two.store):
            before = everything_of(two.store.scoped([LEEDS]))
            learned.append(all_told(two, OUTSIDERS[who]))
            assert everything_of(two.store.scoped([LEEDS])) == before
    assert learned[0] == learned[1]
    assert "Scanner in York" in str(learned[1])


def all_told(two: Two, who: Actor) -> list[object]:
    """Return what somebody learns from every call that reaches for Leeds, and a link of York's from its session."""
    said: list[object] = []
    for name, calls in QUERIES.items():
        method = getattr(two.at(who), name)
        call: Callable[..., object] = method if callable(method) else lambda method=method: method
        said += [(name, told(lambda call=call, given=given: call(*given))) for given in calls]  # type: ignore[misc]
    spaces = LocalSpaces(two.store, who, clock=_tick)
    said += [told(spaces.spaces), told(lambda: spaces.members("Leeds"))]
    said.append(told(lambda: spaces.set_policy("Leeds", Policy(links="off"))))
    shared = SharedSessions(two.store, clock=_tick, zone=lambda at: at)
    for link in (two.link, replace(two.link, session=HIDDEN_ID)):
        said.append(told(lambda link=link: shared.progress(link, Extent())[0].title))  # type: ignore[misc]
    return said


def everything_of(store: Store) -> object:
    """Return all that a store holds, as it is seen there."""
    ids = sorted(store.ids())
    links = [share.key.id for share in store.shares.stored()]
    return [store.load(each) for each in ids], sorted(store.versions()), links, store.people()


@pytest.mark.slow
@pytest.mark.usefixtures("unfiltered")
def test_without_those_filters_the_same_calls_reach_it_for_those_in_that_space(folder: Path) -> None:
    two = Two(url_in(folder, "postgres"), with_leeds=True)
    with closing(two.store):
        lead = two.at(ACTORS["L"])
        assert lead.load(HIDDEN_ID).code == HIDDEN_CODE
        assert {head.space for head in lead.heads(Query()).heads} == {LEEDS}
        assert {head.space for head in two.at(ACTORS["A"]).heads(Query()).heads} == {LEEDS, YORK}


def test_the_same_queries_show_it_to_those_in_that_space(kind: str, folder: Path) -> None:
    two = Two(url_in(folder, kind), with_leeds=True)
    lead = two.at(ACTORS["L"])
    for reference in (HIDDEN_ID, HIDDEN_CODE, "HDEN"):
        assert lead.find(reference).id == HIDDEN_ID
    assert [head.space for head in lead.heads(Query()).heads] == [LEEDS] * 2
    assert "Devin Patell" in [who.name for who in lead.people()]
    assert lead.share(HIDDEN_TOKEN).share.id == HIDDEN_LINK
    with pytest.raises(NotFound):
        lead.load(two.york)
    two.store.close()


@pytest.mark.parametrize("with_leeds", [False, True])
def test_no_suggestion_names_what_is_hidden(with_leeds: bool, kind: str, folder: Path) -> None:
    two = Two(url_in(folder, kind), with_leeds=with_leeds)
    dev = two.dev()
    with pytest.raises(UsageProblem) as caught:
        receiver(dev, "Devi Patel")
    assert "Dev Patel" in str(caught.value)
    assert "Devin" not in str(caught.value)
    with pytest.raises(NotFound) as missing:
        named_tree(dev, "label-printe")
    assert PRINTER.id not in str(missing.value)
    two.store.close()
