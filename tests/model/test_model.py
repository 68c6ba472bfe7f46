"""The program against a model of it: what several members type at random gives the same codes and the same sessions."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from model.session import Session, differences, like, record
from model.trees import TREES, Refused
from model.world import Terminal, World
from support.nightly import NIGHTLY
from support.program import Program, Result
from support.stores.kinds import EVERY_KIND, url_in

pytestmark = pytest.mark.slow

SEEDS = range(14 if NIGHTLY else 1)
EXAMPLES, STEPS, AT_LEAST = (18, 50, 480) if NIGHTLY else (10, 40, 150)
"""3 stores × 14 seeds × 480 commands or more are over 20,000 on `make nightly`."""

UNKNOWN = "UUUU-UU"
"""No code: it has no letter U."""
MOST_SESSIONS = 4
NO_SESSION = 12


class Pick(NamedTuple):
    """Who does something to which session: `owners` looks for a terminal of its owner, `named` names the session."""

    terminal: int
    session: int
    owners: bool
    named: bool


PICKS = st.builds(
    Pick,
    st.integers(0, 3),
    st.integers(0, NO_SESSION),
    st.sampled_from([True, True, True, False]),
    st.booleans(),
)
IDS = st.sampled_from(["", "", "", "", "sent-1", "sent-2", "sent-3"])
TEXTS = st.sampled_from(["Ping 10.1.4.7: lost", "No change → as before", "Dark, too", "Asked Leeds", "", "  "])
CHOICES = st.sampled_from(["1", "#1", "#2", "#3", "2", "3", "yes", "No", "another", "Red", "red, b", "", "9"])
ENTRIES = st.integers(0, 12)


class Members(RuleBasedStateMachine):
    """Three people at four terminals, a queue, and somebody who only looks on."""

    kind: ClassVar[str]
    met: ClassVar[Counter[int]]
    """How often each exit code was met."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory(prefix="rflow-model-", ignore_cleanup_errors=True)
        home = Path(self._folder.name)
        self.program = Program(home=home, store=url_in(home, self.kind), user="Olga", terminal="looks on")
        people = [("desk", "ann"), ("laptop", "ann"), ("leeds", "ben"), ("home", "cleo")]
        self.world = World([Terminal(name, member) for name, member in people])
        self.exports: list[tuple[Path, Session]] = []
        self.sound = True

    # What all rules share

    def scene(self, pick: Pick) -> tuple[Terminal, Session | None, str | None]:
        """Return the terminal, the session and how it is named there."""
        sessions, terminals = list(self.world.sessions.values()), self.world.terminals
        if pick.session == NO_SESSION or not sessions:
            return terminals[pick.terminal], None, UNKNOWN if pick.named else None
        session = sessions[pick.session % len(sessions)]
        owners = [terminal for terminal in terminals if terminal.member == session.owner] if pick.owners else []
        at = (owners or terminals)[pick.terminal % len(owners or terminals)]
        return at, session, session.code if pick.named else None

    def run(self, at: Terminal, *words: str, stdin: str = "") -> Result:
        """Run the program as somebody types it."""
        result = self.program.at(user=at.member.title(), terminal=at.name).run(*words, stdin=stdin)
        self.met[result.code] += 1
        return result

    def tell(
        self,
        pick: Pick,
        act: Callable[[Terminal, str | None], Session | None],
        *words: str,
        stdin: str = "",
        ends: Callable[[Session], int] = lambda _: 0,
    ) -> None:
        """Do it in the model and in the program: the same exit code, and the same session afterwards."""
        at, session, ref = self.scene(pick)
        code, self.sound = 0, False
        try:
            session = act(at, ref)
            code = ends(session) if session else 0
        except Refused as refused:
            code = refused.code
        named = ["-s", ref] if ref else []
        result = self.run(at, *words[:1], *named, *words[1:], stdin=stdin)
        assert result.code == code, f"{at.member}: rflow {words}: {code} was expected, not {result}"
        self.same(session)
        self.sound = True

    def same(self, session: Session | None) -> None:
        """See that the program shows a session as the model has it, or no longer shows it."""
        if session is None:
            return
        if session.id not in self.world.sessions:
            self.program.refused(3, "show", session.code)
            return
        expected = record(self.world.sessions[session.id])
        shown = like(expected, self.program.show(session.code))
        assert not differences(expected, shown)

    # Where it begins and ends

    @initialize()
    def begin(self) -> None:
        """Add the trees, and begin a session."""
        for name, tree in TREES.items():
            file = Path(self._folder.name) / f"{name}.json"
            file.write_text(json.dumps(tree), "utf-8")
            self.program.ok("tree", "add", str(file))
        self.start(Pick(0, 0, False, False), "label-printer", "", "Leeds")

    def teardown(self) -> None:
        """See that nothing else changed: every session, all lists, the store itself."""
        with self._folder:
            if self.sound:
                for session in self.world.sessions.values():
                    self.same(session)
                self.lists()
                self.program.ok("store", "check")

    @rule()
    def lists(self) -> None:
        """List all sessions, and what waits for each member."""
        listed = {head["id"]: head for head in self.program.json("list", "--all", "--json")}
        for session in self.world.sessions.values():
            head = listed.pop(session.id)
            facts = (head["version"], head["status"], head["owner"]["id"], head["title"], head["customer"])
            brief = record(session)["brief"]
            assert facts == (session.version, session.status, session.owner, session.title.text, brief["customer"])
            counts = len([step for step in session.steps if not step["undone"]]), len(session.notes)
            assert (head["steps"], head["notes"], head["evidence"]) == (*counts, len(session.evidence))
        assert not listed
        for member in ("ann", "ben", "cleo"):
            waiting = self.program.at(user=member).json("inbox", "--json")
            assert sorted(head["id"] for head in waiting) == sorted(session.id for session in self.world.inbox(member))

    # Whole sessions

    @precondition(lambda self: len(self.world.sessions) < MOST_SESSIONS)
    @rule(
        pick=PICKS,
        tree=st.sampled_from(["label-printer", "scales", "label-printer", "no-such-tree", None]),
        title=st.sampled_from(["", "Till 4 is dark", " "]),
        customer=st.sampled_from([None, "Leeds"]),
        command_id=IDS,
    )
    def start(self, pick: Pick, tree: str | None, title: str, customer: str | None, command_id: str = "") -> None:
        """Begin a session."""
        at = self.world.terminals[pick.terminal]
        words = ["start", *([tree] if tree else []), "--title", title, *(["--customer", customer] if customer else [])]
        words += ["--command-id", command_id]
        try:
            session = self.world.start(at, tree, title, customer, command_id)
        except Refused as refused:
            assert self.run(at, *words).code == refused.code
            return
        made = self.run(at, *words, "--json").json
        assert session.id in ("", made["id"])
        self.same(self.world.begun(at, session, made["id"], made["code"], command_id))

    @rule(pick=PICKS)
    def look(self, pick: Pick) -> None:
        """Type `rflow` alone."""
        self.tell(pick, self.world.look)

    @rule(pick=PICKS)
    def show(self, pick: Pick) -> None:
        """Show a session."""
        self.tell(pick, self.world.show, "show")

    @rule(pick=PICKS, take=st.booleans(), reason=TEXTS, command_id=IDS)
    def resume(self, pick: Pick, take: bool, reason: str, command_id: str) -> None:
        """Go on with a session, or take it over."""
        _, session, _ = self.scene(pick)
        code = session.code if session else UNKNOWN
        words = ["resume", code, *(["--take", "--reason", reason, "--command-id", command_id] if take else [])]
        self.tell(pick, lambda at, _: self.world.resume(at, code, take, reason, command_id), *words)

    @rule(
        pick=PICKS,
        outcome=st.sampled_from([None, None, "resolved", "escalated", "abandoned"]),
        summary=TEXTS,
        command_id=IDS,
    )
    def close(self, pick: Pick, outcome: str | None, summary: str, command_id: str) -> None:
        """End the work."""
        words = ["close", *(["--outcome", outcome] if outcome else []), "--summary", summary]
        act = partial(self.world.close, outcome=outcome, summary=summary, command_id=command_id)
        self.tell(pick, act, *words, "--command-id", command_id)

    @rule(pick=PICKS, command_id=IDS)
    def reopen(self, pick: Pick, command_id: str) -> None:
        """Go on with a closed session."""
        act = partial(self.world.reopen, command_id=command_id)
        self.tell(pick, act, "reopen", "--command-id", command_id)

    @precondition(lambda self: len(self.world.sessions) > 1)
    @rule(pick=PICKS)
    def delete(self, pick: Pick) -> None:
        """Remove a session for good."""
        _, session, _ = self.scene(pick)
        code = session.code if session else UNKNOWN
        self.tell(pick, lambda at, _: self.world.delete(at, code), "delete", code, "--yes")

    # Working through the tree

    @rule(pick=PICKS, said=CHOICES, assume=st.sampled_from([False, False, True]), reason=TEXTS, command_id=IDS)
    def choose(self, pick: Pick, said: str, assume: bool, reason: str, command_id: str) -> None:
        """Answer the question."""
        words = ["choose", said, *(["--assume"] if assume else []), "--reason", reason, "--command-id", command_id]
        self.tell(
            pick, partial(self.world.choose, said=said, assume=assume, reason=reason, command_id=command_id), *words
        )

    @rule(pick=PICKS, result=TEXTS, command_id=IDS)
    def done(self, pick: Pick, result: str, command_id: str) -> None:
        """Do the action."""
        act = partial(self.world.act_here, name="done", text=result, command_id=command_id)
        self.tell(pick, act, "done", result, "--command-id", command_id)

    @rule(pick=PICKS, reason=TEXTS, command_id=IDS)
    def skip(self, pick: Pick, reason: str, command_id: str) -> None:
        """Leave the action out."""
        act = partial(self.world.act_here, name="skip", text=reason, command_id=command_id)
        self.tell(pick, act, "skip", "--reason", reason, "--command-id", command_id)

    @rule(pick=PICKS, text=TEXTS, result=TEXTS, command_id=IDS)
    def step(self, pick: Pick, text: str, result: str, command_id: str) -> None:
        """Record a step that is not in the tree."""
        act = partial(self.world.step, text=text, result=result, command_id=command_id)
        self.tell(pick, act, "step", text, "--result", result, "--command-id", command_id)

    @rule(pick=PICKS, command_id=IDS)
    def back(self, pick: Pick, command_id: str) -> None:
        """Take the last move back."""
        self.tell(pick, partial(self.world.back, command_id=command_id), "back", "--command-id", command_id)

    @rule(pick=PICKS, tree=st.sampled_from(["scales", "label-printer", "no-such-tree"]), command_id=IDS)
    def enter(self, pick: Pick, tree: str, command_id: str) -> None:
        """Go on in another tree."""
        act = partial(self.world.enter, tree=tree, command_id=command_id)
        self.tell(pick, act, "enter", tree, "--command-id", command_id)

    # Writing down

    @rule(pick=PICKS, text=TEXTS, piped=st.booleans(), command_id=IDS)
    def note(self, pick: Pick, text: str, piped: bool, command_id: str) -> None:
        """Write a note, or pipe it in."""
        words = ["note", "-" if piped else text, "--command-id", command_id]
        act = partial(self.world.note, text=text, command_id=command_id)
        self.tell(pick, act, *words, stdin=text if piped else "")

    @rule(pick=PICKS, entry=ENTRIES, text=TEXTS, command_id=IDS)
    def amend(self, pick: Pick, entry: int, text: str, command_id: str) -> None:
        """Amend a note, mostly an existing one, or an entry that is not there."""
        _, session, _ = self.scene(pick)
        notes = [note["seq"] for note in session.notes] if session else []
        seq = notes[entry % len(notes)] if notes and entry < 10 else 1_000 + entry
        act = partial(self.world.amend, seq=seq, text=text, command_id=command_id)
        self.tell(pick, act, "amend", str(seq), text, "--command-id", command_id)

    @rule(
        pick=PICKS,
        content=TEXTS,
        label=st.sampled_from(["", "lpstat"]),
        command_id=IDS,
    )
    def attach(self, pick: Pick, content: str, label: str, command_id: str) -> None:
        """Keep a pasted text."""
        act = partial(
            self.world.keep, label=label or "pasted text", content=content, exit_code=None, command_id=command_id
        )
        self.tell(pick, act, "attach", "-", "--label", label, "--command-id", command_id, stdin=content)

    @rule(pick=PICKS, exit_code=st.sampled_from([0, 3]), command_id=IDS)
    def run_a_command(self, pick: Pick, exit_code: int, command_id: str) -> None:
        """Run a command, whose exit code is passed on: again, where it is sent again and not run again."""

        at, _, _ = self.scene(pick)

        def ends(session: Session) -> int:
            kept = session.entry(session.evidence, session.done.get((at.member, command_id), session.version))
            return int(kept.get("exit_code", 0)) if kept else 0

        line = f"echo lost; exit {exit_code}"
        act = partial(self.world.keep, label=line, content="lost\n", exit_code=exit_code, command_id=command_id)
        self.tell(pick, act, "run", "--command-id", command_id, "-c", line, ends=ends)

    @rule(
        pick=PICKS,
        facts=st.dictionaries(st.sampled_from(["title", "ask", "customer", "impact"]), TEXTS, min_size=1, max_size=2),
        command_id=IDS,
    )
    def brief(self, pick: Pick, facts: dict[str, str], command_id: str) -> None:
        """Record header facts."""
        words = [word for name, text in facts.items() for word in (f"--{name}", text)]
        act = partial(self.world.set_brief, facts=facts, command_id=command_id)
        self.tell(pick, act, "brief", *words, "--command-id", command_id)

    @rule(pick=PICKS, text=TEXTS, how=TEXTS, command_id=IDS)
    def change(self, pick: Pick, text: str, how: str, command_id: str) -> None:
        """Record a change on the system."""
        act = partial(self.world.change, text=text, revert=how, command_id=command_id)
        self.tell(pick, act, "change", text, "--revert", how, "--command-id", command_id)

    @rule(pick=PICKS, entry=ENTRIES, command_id=IDS)
    def revert(self, pick: Pick, entry: int, command_id: str) -> None:
        """Revert a change, mostly an existing one."""
        _, session, _ = self.scene(pick)
        changes = [change["seq"] for change in session.changes] if session else []
        seq = changes[entry % len(changes)] if changes and entry < 10 else entry
        act = partial(self.world.revert, seq=seq, command_id=command_id)
        self.tell(pick, act, "change", "--reverted", str(seq), "--command-id", command_id)

    @rule(pick=PICKS, for_=TEXTS, until=st.booleans(), command_id=IDS)
    def wait(self, pick: Pick, for_: str, until: bool, command_id: str) -> None:
        """Record what it waits for."""
        words = ["wait", "--for", for_, *(["--until", "2h"] if until else [])]
        act = partial(self.world.wait, for_=for_, until=until, command_id=command_id)
        self.tell(pick, act, *words, "--command-id", command_id)

    @rule(pick=PICKS, entry=st.one_of(st.none(), ENTRIES), command_id=IDS)
    def end_wait(self, pick: Pick, entry: int | None, command_id: str) -> None:
        """Record that a wait is over, mostly an existing one."""
        _, session, _ = self.scene(pick)
        waits = [wait.seq for wait in session.waits] if session else []
        seq = waits[entry % len(waits)] if entry is not None and waits and entry < 10 else entry
        act = partial(self.world.end_wait, seq=seq, command_id=command_id)
        self.tell(pick, act, "wait", "--over", *([] if seq is None else [str(seq)]), "--command-id", command_id)

    @rule(pick=PICKS)
    def progress(self, pick: Pick) -> None:
        """Deliver a summary."""
        self.tell(pick, self.world.share, "progress", "-o", str(Path(self._folder.name) / "summary.md"), "--overwrite")

    @rule(pick=PICKS, entry=ENTRIES, command_id=IDS)
    def redact(self, pick: Pick, entry: int, command_id: str) -> None:
        """Remove the texts of an entry for good."""
        act = partial(self.world.redact, seq=entry, command_id=command_id)
        self.tell(pick, act, "redact", str(entry), "--yes", "--command-id", command_id)

    # Handing over

    @rule(
        pick=PICKS,
        to=st.sampled_from(["Ann", "Ben", "cleo", "@tier2", "Benn", " "]),
        new=st.sampled_from([False, False, True]),
        note=TEXTS,
        command_id=IDS,
    )
    def hand_off(self, pick: Pick, to: str, new: bool, note: str, command_id: str) -> None:
        """Hand a session off."""
        words = ["handoff", to, "--note", note, *(["--new-user"] if new else []), "--command-id", command_id]
        self.tell(pick, partial(self.world.hand_off, to=to, new=new, note=note, command_id=command_id), *words)

    @rule(pick=PICKS, command_id=IDS)
    def cancel(self, pick: Pick, command_id: str) -> None:
        """Take a handoff back."""
        act = partial(self.world.cancel, command_id=command_id)
        self.tell(pick, act, "handoff", "--cancel", "--command-id", command_id)

    @rule(pick=PICKS, read_back=TEXTS, command_id=IDS)
    def accept(self, pick: Pick, read_back: str, command_id: str) -> None:
        """Acknowledge a handoff."""
        act = partial(self.world.accept, read_back=read_back, command_id=command_id)
        self.tell(pick, act, "accept", "--read-back", read_back, "--command-id", command_id)

    @rule(pick=PICKS, reason=TEXTS, command_id=IDS)
    def decline(self, pick: Pick, reason: str, command_id: str) -> None:
        """Decline a handoff."""
        act = partial(self.world.decline, reason=reason, command_id=command_id)
        self.tell(pick, act, "decline", "--reason", reason, "--command-id", command_id)

    # Taking out and in

    @rule(pick=PICKS)
    def export(self, pick: Pick) -> None:
        """Write a session to a file."""
        at, session, _ = self.scene(pick)
        if session is None:
            return
        file = Path(self._folder.name) / f"{len(self.exports)}.jsonl"
        assert self.run(at, "export", session.code, "-o", str(file), "--overwrite").code == 0
        self.exports.append((file, self.world.sessions[session.id]))

    @precondition(lambda self: self.exports)
    @rule(pick=PICKS, number=st.integers(0, 9))
    def take_in(self, pick: Pick, number: int) -> None:
        """Import an export of a session that has continued since, has taken another way, or is gone."""
        file, exported = self.exports[number % len(self.exports)]
        if exported.id not in self.world.sessions and len(self.world.sessions) >= MOST_SESSIONS:
            return
        new = self.world.take_in(exported)
        result = self.run(self.world.terminals[pick.terminal], "import", "--accept-ownership", str(file))
        assert result.code == 0, result
        if new is not None:
            new.code = result.err.strip().rpartition(" ")[2]
            new.id = self.program.show(new.code)["id"]
            self.world.sessions[new.id] = new
        self.same(new or exported)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", SEEDS)
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_what_members_type_gives_what_the_design_says(kind: str, number: int, pytestconfig: pytest.Config) -> None:
    class Machine(Members):
        met: ClassVar[Counter[int]] = Counter()

    Machine.kind = kind
    limits = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=NIGHTLY,
    )
    night = pytestconfig.getoption("hypothesis_seed", None) or ""  # differs in each run of `make nightly`
    run_state_machine_as_test(seed(f"{kind} {number} {night}")(Machine), settings=limits)
    assert Machine.met.total() >= AT_LEAST
    assert Machine.met.keys() >= {0, 2, 3, 4, 5}


# Bugs that it has caught, each as a test of its own


@pytest.fixture
def ann(tmp_path: Path) -> Program:
    """Ann at her desk."""
    return Program(home=tmp_path, user="Ann", terminal="desk").with_tree()


def test_removing_the_entry_that_cleared_a_fact_does_not_bring_the_fact_back(ann: Program) -> None:
    ann.start()
    ann.ok("brief", "--ask", "Ask Mr Patel, 0113 496 0000")
    ann.ok("brief", "--ask", "")
    ann.ok("redact", "4", "--yes")
    assert ann.show()["brief"]["ask"] is None


def test_a_move_stays_news_to_who_accepts_a_handoff_without_looking(ann: Program) -> None:
    ben, code = ann.at(user="Ben", terminal="leeds"), ann.start()
    ben.ok("show", code)
    ann.ok("choose", "#3")
    ann.ok("handoff", "Ben", "--new-user")
    ben.ok("-s", code, "brief", "--ask", "Where is the ribbon?")
    assert "has moved since you last looked" in ben.refused(4, "-s", code, "done")


def test_accepting_a_handoff_oneself_is_not_news(ann: Program) -> None:
    ben, code = ann.at(user="Ben", terminal="leeds"), ann.start()
    ann.ok("handoff", "Ben", "--new-user")
    ben.ok("show", code)
    ben.ok("-s", code, "brief", "--ask", "Where is the ribbon?")
    ben.ok("-s", code, "choose", "#3")


def test_ones_own_close_and_handoff_are_no_news(ann: Program) -> None:
    code = ann.start()
    ann.ok("close", "--outcome", "abandoned")
    ann.ok("reopen", code)
    ann.ok("handoff", "Ben", "--new-user")
    ann.ok("-s", code, "handoff", "--cancel")
    ann.ok("choose", "#3")
