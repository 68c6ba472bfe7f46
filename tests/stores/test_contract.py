"""The contract of a store, run for every kind of store."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from rflow.core.people import Person
from rflow.core.session.events import (
    Brief,
    Event,
    Fact,
    HandedOff,
    NoteAdded,
    QuestionAsked,
    QuestionReplied,
    SessionClosed,
    SessionStarted,
    StepAdded,
    Stored,
    TreeEntered,
    Unreadable,
)
from rflow.core.session.head import Head, Query, cursor, head_of, matches
from rflow.core.session.replay import replay
from rflow.core.session.state import Session
from rflow.core.tree.model import End, Tree, canonical, digest
from rflow.errors import NotFound, StoreProblem, UsageProblem
from rflow.ports.stores import Store
from rflow.ports.values import CodeTaken, Stale
from rflow.stores import open_store
from rflow.stores.codec import seal
from rflow.stores.copy import copy_store
from support.reading import digests_in, named_tree, tree_version, version_in
from support.stores.faults import quick_folder
from support.stores.kinds import EVERY_KIND, url_in
from support.stores.stories import (
    ANA,
    BEN,
    CHLOE,
    LAMP,
    LPSTAT,
    LPSTAT_DIGEST,
    MORNING,
    PRINTER,
    PRINTER_REF,
    TIER2,
    events,
    evidence,
    more,
    session,
    short_story,
    whole_story,
)

Reopen = Callable[[], Store]
LEEDS, VPN, PAYROLL = (f"019a4711-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such a disk: nothing here is about what a flush costs."""
    yield from quick_folder(tmp_path_factory)


@pytest.fixture(params=EVERY_KIND)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store."""
    return str(request.param)


@pytest.fixture
def reopen(kind: str, tmp_path: Path) -> Iterator[Reopen]:
    """Open the same store as if by another program."""
    opened: list[Store] = []

    def again() -> Store:
        opened.append(open_store(url_in(tmp_path, kind)))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Reopen) -> Store:
    """A new store."""
    return reopen()


def put(
    store: Store,
    story: list[Event],
    code: str = "K7QM-2F",
    session_id: str = LEEDS,
    blobs: dict[str, bytes] | None = None,
) -> Session:
    """Store a session that went like `story`."""
    state = session(session_id, code, story)
    store.create(state, story, blobs or {})
    return state


def codes(heads: list[Head] | tuple[Head, ...]) -> list[str]:
    """Give the codes of heads."""
    return [head.code for head in heads]


# Sessions


def test_the_story_of_these_tests_has_every_kind_of_fact() -> None:
    assert {type(event.fact) for event in whole_story()} == set(get_args(Fact))


def test_a_session_reads_back_as_it_was_written(store: Store, reopen: Reopen) -> None:
    story = whole_story()
    put(store, story, blobs={LPSTAT_DIGEST: LPSTAT})
    log = reopen().load(LEEDS)
    assert (log.id, log.code, list(log.events)) == (LEEDS, "K7QM-2F", story)


def test_the_latest_state_is_what_all_events_say(store: Store, reopen: Reopen) -> None:
    put(store, whole_story())
    assert store.latest(LEEDS).session.load_all() == store.load(LEEDS).session
    assert reopen().latest(LEEDS).session.load_all() == reopen().load(LEEDS).session


def test_a_session_that_is_not_there_is_not_found(store: Store) -> None:
    for call in (lambda: store.load(LEEDS), lambda: store.delete(LEEDS), lambda: store.blob(LEEDS, LPSTAT_DIGEST)):
        with pytest.raises(NotFound):
            call()


def test_writing_to_a_session_that_is_not_there_is_not_found(store: Store) -> None:
    story = short_story()
    state = session(LEEDS, "K7QM-2F", story)
    with pytest.raises(NotFound):
        store.append(state, story, 0, {})
    with pytest.raises(NotFound):
        store.rewrite(state, story, 0)


def test_an_id_can_be_used_once(store: Store) -> None:
    put(store, short_story())
    with pytest.raises(Stale):
        put(store, short_story(), code="P3XW-9T")


@pytest.mark.parametrize("code", ["K7QM-2F", "k7qm-2f", "K7QM2F"])
def test_a_code_can_be_used_once_whatever_its_capitals_and_hyphens(store: Store, code: str) -> None:
    put(store, short_story())
    with pytest.raises(CodeTaken):
        put(store, short_story(), code=code, session_id=VPN)
    assert list(store.ids()) == [LEEDS]


def test_events_are_appended_behind_the_version_that_was_seen(store: Store, reopen: Reopen) -> None:
    story = short_story("Label printer in Leeds", "Red lamp is lit")
    put(store, story)
    added = more(story, NoteAdded(text="Ribbon reseated"), StepAdded(text="Power cycle"))
    store.append(session(LEEDS, "K7QM-2F", [*story, *added]), added, 2, {})
    assert list(reopen().load(LEEDS).events) == [*story, *added]
    assert list(reopen().load(LEEDS, after=2).events) == added
    assert list(reopen().load(LEEDS, after=4).events) == []


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_an_append_that_saw_another_version_is_stale_and_changes_nothing(store: Store, expected: int) -> None:
    story = short_story("Label printer in Leeds", "Red lamp is lit")
    state = put(store, story)
    added = more(story, NoteAdded(text="Ribbon reseated"))
    with pytest.raises(Stale):
        store.append(replay(added, state), added, expected, {"0" * 64: b"lost"})
    assert list(store.load(LEEDS).events) == story
    with pytest.raises(NotFound):
        store.blob(LEEDS, "0" * 64)


def test_two_writers_who_saw_the_same_version_do_not_both_get_in(store: Store, reopen: Reopen) -> None:
    story = short_story("VPN drops every hour")
    put(store, story)
    ana, ben = (more(story, (who, NoteAdded(text=f"{who.name} was here"))) for who in (ANA, BEN))
    store.append(session(LEEDS, "K7QM-2F", story + ana), ana, 1, {})
    with pytest.raises(Stale):
        reopen().append(session(LEEDS, "K7QM-2F", story + ben), ben, 1, {})
    assert list(store.load(LEEDS).events) == story + ana


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines\r\nand a tab\t",
        "Ünïcode 打印机 🖨️ \u2028 \u202e",
        '{"rflow":"session"}\n{"seq":1}',
        '","sum":"00000000"}',
        "nul \0 and escape \x1b[31m",
        "x" * 65536,
    ],
)
def test_any_text_comes_back_unchanged(store: Store, reopen: Reopen, text: str) -> None:
    story = short_story(text, text)
    put(store, story)
    added = more(story, NoteAdded(text=text))
    store.append(session(LEEDS, "K7QM-2F", story + added), added, 2, {})
    assert list(reopen().load(LEEDS).events) == story + added
    assert reopen().heads(Query()).heads[0].title == text
    assert reopen().check() == []


def test_times_come_back_to_the_microsecond_and_in_any_zone(store: Store, reopen: Reopen) -> None:
    at = datetime(2026, 11, 3, 9, 15, 30, 123457, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    story = events([SessionStarted(title="Till in Kathmandu")], start=at)
    put(store, story)
    head = reopen().heads(Query()).heads[0]
    assert reopen().load(LEEDS).events[0] == story[0]
    assert head.updated_at == at + timedelta(minutes=1)


def test_ids_and_codes_may_hold_anything_where_they_name_no_file(kind: str, store: Store, reopen: Reopen) -> None:
    odd = "../../etc/pass wd.%2e\x00Ü"
    if kind == "json":
        with pytest.raises(StoreProblem, match="can't be named after"):
            put(store, short_story(), code="../K7.QM", session_id=odd)
        assert (list(reopen().ids()), version_in(store, odd)) == ([], None)
        return
    put(store, short_story(), code="../K7.QM", session_id=odd)
    assert list(reopen().ids()) == [odd]
    assert reopen().load(odd).code == "../K7.QM"
    assert codes(reopen().find("../k7.qm")) == ["../K7.QM"]
    assert reopen().check() == []


# Contents of evidence


def test_the_content_of_evidence_arrives_with_its_event(store: Store, reopen: Reopen) -> None:
    story = short_story("Label printer in Leeds")
    state = put(store, story)
    added = more(story, evidence(LPSTAT))
    store.append(replay(added, state), added, 1, {LPSTAT_DIGEST: LPSTAT})
    assert reopen().blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
    assert reopen().info().blobs == 1


@pytest.mark.parametrize("content", [b"", b"\x00\xff\r\n" * 1000, b"a" * 3_000_000])
def test_a_content_is_kept_byte_for_byte(store: Store, reopen: Reopen, content: bytes) -> None:
    name = sha256(content).hexdigest()
    put(store, events([SessionStarted(title="Core dump"), evidence(content)]), blobs={name: content})
    assert reopen().blob(LEEDS, name) == content
    assert reopen().check() == []


def test_a_content_belongs_to_its_session(store: Store) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    put(store, short_story(), code="P3XW-9T", session_id=VPN)
    with pytest.raises(NotFound):
        store.blob(VPN, LPSTAT_DIGEST)


def test_the_same_output_seen_twice_is_kept_once(store: Store) -> None:
    story = events([SessionStarted(title="Label printer"), evidence(LPSTAT), evidence(LPSTAT)])
    put(store, story[:2], blobs={LPSTAT_DIGEST: LPSTAT})
    store.append(session(LEEDS, "K7QM-2F", story), story[2:], 2, {LPSTAT_DIGEST: LPSTAT})
    assert store.info().blobs == 1


# Lists


def three(store: Store) -> list[Session]:
    """Store a printer that Ben has to accept, a VPN of Ben's, and a closed payroll run of Ana's."""
    printer = events(
        [
            SessionStarted(title="Label printer", brief=Brief(customer="Harrow Foods", ticket="INC-4711")),
            TreeEntered(tree=PRINTER_REF, place=LAMP),
            HandedOff(to=BEN),
        ]
    )
    vpn = events(
        [SessionStarted(title="VPN", brief=Brief(customer="STRAẞE AG"))], by=BEN, start=MORNING + timedelta(days=1)
    )
    payroll = events(
        [SessionStarted(title="Payroll"), SessionClosed(outcome="resolved")], start=MORNING - timedelta(days=1)
    )
    return [
        put(store, printer, code="K7QM-2F", session_id=LEEDS),
        put(store, vpn, code="P3XW-9T", session_id=VPN),
        put(store, payroll, code="K9AA-11", session_id=PAYROLL),
    ]


def test_heads_say_what_replaying_the_session_gives(store: Store, reopen: Reopen) -> None:
    state = put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    assert reopen().heads(Query()).heads == (head_of(state),)
    assert reopen().find("K7") == [head_of(state)]


def test_lists_show_the_last_updated_first(store: Store) -> None:
    three(store)
    assert codes(store.heads(Query()).heads) == ["P3XW-9T", "K7QM-2F", "K9AA-11"]


QUERIES = (
    Query(),
    Query(owner="ben okafor"),
    Query(owner="ana ruiz"),
    Query(owner="ana ruiz", status=("open",)),
    Query(owner=""),
    Query(status=("open",)),
    Query(status=("closed",)),
    Query(status=("open", "handed_off")),
    Query(status=("open", "handed_off", "closed")),
    Query(inbox="ben okafor"),
    Query(inbox="ana ruiz"),
    Query(inbox="ben okafor", spaces=()),
    Query(asked="ben okafor"),
    Query(asked="ana ruiz"),
    Query(asked="\udcff", status=("open",)),
    Query(customer="harrow FOODS"),
    Query(customer="strasse ag"),
    Query(customer=""),
    Query(ticket="inc-4711"),
    Query(ticket=""),
    Query(tree="label-printer"),
    Query(tree=""),
    Query(stale_before=MORNING),
    Query(stale_before=MORNING + timedelta(minutes=3)),
    Query(
        stale_before=MORNING + timedelta(days=9), owner="ben okafor", status=("handed_off",), customer="Harrow Foods"
    ),
    Query(customer="half a pair \udcff", owner="\udcff", inbox="\udcff", tree="\udcff", ticket="\udcff"),
)


def questioned(store: Store) -> list[Head]:
    """Store sessions with a question for Ben, one for a queue, one that was answered, and one that is closed."""
    title = SessionStarted(title='A title with "asked":["ben okafor"] in it')
    ben, queue = (QuestionAsked(to=who, text="Is there a second till?") for who in (BEN, TIER2))
    stories: dict[str, list[Fact]] = {
        "a1": [title, ben],
        "a2": [title, queue],
        "a3": [title, ben, QuestionReplied(target=2, text="Yes")],
        "a4": [title, ben, SessionClosed(outcome="resolved")],
        "a5": [title],
    }
    return [head_of(put(store, events(facts), code=name.upper(), session_id=name)) for name, facts in stories.items()]


@pytest.mark.parametrize("query", QUERIES, ids=repr)
def test_a_query_finds_what_matches_says(store: Store, query: Query) -> None:
    heads = [head_of(state) for state in three(store)]
    put(store, events([SessionStarted(title="Badge reader"), HandedOff(to=TIER2)]), code="Q1", session_id="q1")
    heads.append(head_of(session("q1", "Q1", store.load("q1").events)))
    heads += questioned(store)
    wanted = sorted((head for head in heads if matches(head, query)), key=lambda h: (h.updated_at, h.id), reverse=True)
    assert codes(store.heads(query).heads) == codes(wanted)


def test_a_list_follows_every_append(store: Store, reopen: Reopen) -> None:
    printer, *_ = three(store)
    closing = events([*(SessionClosed(outcome="escalated"),) * 4])[3:]
    store.append(replay(closing, printer), closing, 3, {})
    assert codes(reopen().heads(Query(status=("closed",))).heads) == ["K7QM-2F", "K9AA-11"]
    assert codes(reopen().heads(Query(inbox="ben okafor")).heads) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_show_every_session_once_also_where_times_are_equal(store: Store, limit: int) -> None:
    for number in range(7):
        put(store, short_story(f"Till {number}"), code=f"TILL-{number}", session_id=f"id-{number}")
    shown: list[str] = []
    after: str | None = None
    while True:
        page = store.heads(Query(limit=limit, after=after))
        shown += codes(page.heads)
        after = page.after
        if after is None:
            break
        assert len(page.heads) == limit
    assert shown == [f"TILL-{number}" for number in reversed(range(7))]


def test_a_page_stays_where_it_was_when_a_newer_session_arrives(store: Store) -> None:
    three(store)
    first = store.heads(Query(limit=1))
    put(store, events([SessionStarted(title="Fire")], start=MORNING + timedelta(days=2)), code="F1", session_id="f1")
    assert codes(store.heads(Query(limit=1, after=first.after)).heads) == ["K7QM-2F"]


def test_a_cursor_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(UsageProblem):
        store.heads(Query(after="yesterday"))


def test_a_cursor_may_name_a_session_that_is_gone(store: Store) -> None:
    first = head_of(three(store)[1])
    store.delete(VPN)
    assert codes(store.heads(Query(after=cursor(first))).heads) == ["K7QM-2F", "K9AA-11"]


# Finding by code or id


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("K7QM-2F", ["K7QM-2F"]),
        ("k7qm2f", ["K7QM-2F"]),
        ("k7", ["K7QM-2F"]),
        ("K", ["K7QM-2F", "K9AA-11"]),
        (LEEDS, ["K7QM-2F"]),
        (LEEDS.upper().replace("-", ""), ["K7QM-2F"]),
        ("019a4711", ["P3XW-9T", "K7QM-2F", "K9AA-11"]),
        ("", ["P3XW-9T", "K7QM-2F", "K9AA-11"]),
        ("K7QM-2FX", []),
        ("%", []),
        ("_", []),
        ("' OR 1=1 --", []),
        ("\udcff", []),
        ("打印机", []),
    ],
)
def test_a_session_is_found_by_the_beginning_of_its_code_or_id(store: Store, prefix: str, found: list[str]) -> None:
    three(store)
    assert codes(store.find(prefix)) == found


def test_an_exact_code_is_found_alone_although_another_begins_like_it(store: Store) -> None:
    put(store, short_story(), code="K7", session_id="a")
    put(store, short_story(), code="K7QM", session_id="b")
    assert codes(store.find("k7")) == ["K7"]


def test_a_search_gives_no_more_than_was_asked_for(store: Store) -> None:
    three(store)
    assert codes(store.find("K", limit=1)) == ["K7QM-2F"]


# People


def test_everybody_who_acted_or_received_is_known_by_name_queues_too(store: Store, reopen: Reopen) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    assert reopen().people() == [TIER2, ANA, BEN, CHLOE]
    assert [reopen().has_person(each.id) for each in (TIER2, ANA, BEN, CHLOE)] == [True] * 4
    assert [reopen().has_person(name) for name in ("rflow", "an", "")] == [False] * 3


def test_a_person_is_called_as_in_their_newest_session(store: Store, reopen: Reopen) -> None:
    married = Person(id=ANA.id, name="Ana Ruiz-Hale")
    put(store, short_story(by=married), code="NEW", session_id=VPN)
    put(store, short_story(by=ANA), code="OLD", session_id=LEEDS)
    assert reopen().people() == [married]


def test_a_person_is_called_as_in_the_last_append_whatever_its_writer_had_read(store: Store, reopen: Reopen) -> None:
    story = short_story("VPN drops", "first")
    put(store, story)
    read = store.latest(LEEDS).session
    married = Person(id=ANA.id, name="Ana Ruiz-Hale")
    renamed = more(story, (married, NoteAdded(text="Certificate had run out")))
    reopen().append(replay(renamed, read), renamed, 2, {})
    assert store.people() == [married]
    behind = more(story, (BEN, NoteAdded(text="The till is dark, too")))
    with pytest.raises(Stale):
        store.append(replay(behind, read), behind, 2, {})
    assert store.people() == [married]
    both = more(story + renamed, (ANA, NoteAdded(text="It drops again")), (BEN, NoteAdded(text="Here, too")))
    store.append(replay(both, store.latest(LEEDS).session), both, 3, {})
    assert reopen().people() == [ANA, BEN]
    again = more(story + renamed + both, (married, HandedOff(to=CHLOE, note="")))
    store.append(replay(again, store.latest(LEEDS).session), again, 5, {})
    assert reopen().people() == [married, BEN, CHLOE]
    assert codes(reopen().heads(Query(owner=CHLOE.id)).heads) == ["K7QM-2F"]
    assert reopen().check() == []


def test_an_erased_person_reappears_with_entries_of_a_writer_who_read_before(store: Store, reopen: Reopen) -> None:
    """Without a stamp nothing says that the session was rewritten meanwhile."""
    story = short_story("VPN drops", "first")
    put(store, story)
    read = store.latest(LEEDS).session
    clean = short_story("VPN drops", "first", by=BEN)
    reopen().rewrite(session(LEEDS, "K7QM-2F", clean), clean, 2)
    assert store.people() == [BEN]
    added = more(story, NoteAdded(text="Certificate had run out"))
    store.append(replay(added, read), added, 2, {})
    assert reopen().people() == [ANA, BEN]


def test_a_person_only_in_a_deleted_session_is_no_longer_known(store: Store, reopen: Reopen) -> None:
    three(store)
    put(store, short_story(by=CHLOE), code="C1", session_id="c1")
    store.delete("c1")
    assert reopen().people() == [ANA, BEN]
    assert [reopen().has_person(each.id) for each in (ANA, BEN, CHLOE)] == [True, True, False]


# Removing


def test_a_rewrite_replaces_all_events_and_drops_contents_nobody_names(store: Store, reopen: Reopen) -> None:
    story = whole_story()
    store.add_tree(canonical(PRINTER), MORNING)
    put(store, story, blobs={LPSTAT_DIGEST: LPSTAT})
    rewritten = [event for event in story if event.seq != 5]
    rewritten.insert(4, events([*(event.fact for event in story[:4]), NoteAdded(text="[removed]")])[4])
    state = session(LEEDS, "K7QM-2F", rewritten)
    store.rewrite(state, rewritten, len(story))
    assert list(reopen().load(LEEDS).events) == rewritten
    assert reopen().heads(Query()).heads == (head_of(state),)
    with pytest.raises(NotFound):
        store.blob(LEEDS, LPSTAT_DIGEST)
    assert reopen().check() == []


def test_a_rewrite_keeps_contents_that_are_still_named(store: Store) -> None:
    story = whole_story()
    state = put(store, story, blobs={LPSTAT_DIGEST: LPSTAT})
    store.rewrite(state, story, len(story))
    assert store.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT


def test_a_rewrite_changes_the_revision_but_not_the_version(store: Store, reopen: Reopen) -> None:
    story = whole_story()
    state, seen = put(store, story), set()
    for _ in range(3):
        store.rewrite(state, story, len(story))
        standing = reopen().standing(LEEDS)
        assert standing is not None
        assert standing == store.standing(LEEDS)
        assert standing.version == len(story)
        seen.add(standing.revision)
    assert len(seen) == 3


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "memory"])
def test_how_often_a_session_was_rewritten_is_forgotten_with_it(store: Store) -> None:
    story = whole_story()
    store.rewrite(put(store, story), story, len(story))
    store.delete(LEEDS)
    put(store, story)
    standing = store.standing(LEEDS)
    assert standing is not None
    assert standing.revision == str(len(story))


def test_a_rewrite_that_saw_another_version_is_stale(store: Store) -> None:
    story = short_story("VPN drops", "first", "second")
    state = put(store, story)
    with pytest.raises(Stale):
        store.rewrite(state, story, 2)


def test_what_was_decided_before_a_rewrite_is_stale_and_brings_nothing_back(store: Store, reopen: Reopen) -> None:
    """The version is the same: erasing a person changes names only."""
    story = short_story("VPN drops, as Ben says", "first")
    put(store, story)
    read, read_whole = store.latest(LEEDS), store.load(LEEDS)
    clean = short_story("VPN drops, as a former member says", "first")
    reopen().rewrite(session(LEEDS, "K7QM-2F", clean), clean, 2, read_whole.stamp)
    added = more(story, NoteAdded(text="Certificate had run out"))
    for log in (read, read_whole):
        with pytest.raises(Stale):
            store.append(replay(added, log.session), added, 2, {"0" * 64: b"lost"}, stamp=log.stamp)
        with pytest.raises(Stale):
            store.rewrite(log.session.load_all(), story, 2, log.stamp)
    assert list(store.load(LEEDS).events) == clean
    assert reopen().heads(Query()).heads == (head_of(session(LEEDS, "K7QM-2F", clean)),)
    again = store.latest(LEEDS)
    store.append(replay(added, again.session), added, 2, {}, stamp=again.stamp)
    assert list(reopen().load(LEEDS).events) == clean + added
    assert reopen().heads(Query()).heads[0].title == "VPN drops, as a former member says"
    assert reopen().check() == []


def test_a_session_that_is_not_rewritten_keeps_its_stamp_whatever_is_read_and_appended_elsewhere(store: Store) -> None:
    story = short_story("VPN drops", "first")
    put(store, story)
    log = store.load(LEEDS)
    put(store, short_story("Till is dark"), code="P3XW-9T", session_id=VPN)
    assert {store.load(LEEDS, 1).stamp, store.latest(LEEDS).stamp} == {log.stamp}
    added = more(story, NoteAdded(text="Certificate had run out"))
    store.append(replay(added, log.session), added, 2, {}, stamp=log.stamp)
    assert list(store.load(LEEDS).events) == story + added


def test_a_rewritten_session_goes_on(store: Store, reopen: Reopen) -> None:
    story = short_story("VPN drops", "password is hunter2")
    put(store, story)
    clean = short_story("VPN drops", "[removed]")
    store.rewrite(session(LEEDS, "K7QM-2F", clean), clean, 2)
    added = more(clean, NoteAdded(text="Certificate had run out"))
    store.append(session(LEEDS, "K7QM-2F", clean + added), added, 2, {})
    assert list(reopen().load(LEEDS).events) == clean + added
    assert reopen().check() == []


def test_a_deleted_session_is_gone_and_its_code_free_again(store: Store, reopen: Reopen) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    store.delete(LEEDS)
    assert list(reopen().ids()) == []
    assert reopen().heads(Query()).heads == ()
    info = reopen().info()
    assert (info.sessions, info.events, info.blobs) == (0, 0, 0)
    put(store, short_story())
    assert reopen().check() == []


# Trees


def test_a_tree_that_was_added_reads_back_by_name_and_by_digest(store: Store, reopen: Reopen) -> None:
    assert store.add_tree(canonical(PRINTER), MORNING)
    assert named_tree(reopen(), "label-printer") == PRINTER
    assert tree_version(reopen(), digest(PRINTER)) == PRINTER
    assert reopen().tree_digest("label-printer") == digest(PRINTER)
    (name,) = reopen().tree_names()
    assert (name.id, name.title, name.digest) == ("label-printer", PRINTER.title, digest(PRINTER))
    assert (name.nodes, name.added_at) == (6, MORNING)


def test_adding_the_same_version_again_changes_nothing(store: Store) -> None:
    store.add_tree(canonical(PRINTER), MORNING)
    assert not store.add_tree(canonical(PRINTER), MORNING + timedelta(days=1))
    assert store.tree_names()[0].added_at == MORNING


SHORTER = Tree(
    id="label-printer", title="A shorter one", start="end", nodes={"end": End(text="Call Leeds", outcome="escalate")}
)


def test_a_new_version_becomes_current_and_the_old_one_stays(store: Store, reopen: Reopen) -> None:
    store.add_tree(canonical(PRINTER), MORNING)
    assert store.add_tree(canonical(SHORTER), MORNING + timedelta(days=1))
    assert named_tree(reopen(), "label-printer") == SHORTER
    assert tree_version(reopen(), digest(PRINTER)) == PRINTER
    assert store.add_tree(canonical(PRINTER), MORNING + timedelta(days=2))
    assert named_tree(reopen(), "label-printer") == PRINTER
    assert set(digests_in(reopen())) == {digest(PRINTER), digest(SHORTER)}


def test_a_version_can_be_kept_without_becoming_current(store: Store, reopen: Reopen) -> None:
    store.put_tree(canonical(PRINTER))
    store.put_tree(canonical(PRINTER))
    assert tree_version(reopen(), digest(PRINTER)) == PRINTER
    assert reopen().tree_names() == []
    assert named_tree(reopen(), "label-printer") is None


def test_removing_a_tree_takes_only_its_name(store: Store, reopen: Reopen) -> None:
    store.add_tree(canonical(PRINTER), MORNING)
    assert store.remove_tree("label-printer")
    assert not store.remove_tree("label-printer")
    assert named_tree(reopen(), "label-printer") is None
    assert reopen().tree_digest("label-printer") is None
    assert tree_version(reopen(), digest(PRINTER)) == PRINTER


def test_a_tree_that_is_not_there_is_none(store: Store) -> None:
    assert tree_version(store, "0" * 64) is None
    assert tree_version(store, "../rflow\udcff") is None
    assert named_tree(store, "vpn") is None


# Looking after a store


def test_a_new_store_is_empty_and_sound(store: Store) -> None:
    assert list(store.ids()) == list(digests_in(store)) == []
    assert store.heads(Query()).heads == ()
    assert [store.find("K7"), store.people(), store.tree_names(), store.check()] == [[], [], [], []]
    assert store.shared == (store.kind == "postgres")


def test_only_writing_makes_files(store: Store, tmp_path: Path) -> None:
    store.heads(Query())
    store.info()
    assert list(tmp_path.iterdir()) == []


def test_info_counts_what_is_there(store: Store, kind: str, tmp_path: Path) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    put(store, short_story(), code="P3XW-9T", session_id=VPN)
    store.add_tree(canonical(PRINTER), MORNING)
    info = store.info()
    assert (info.sessions, info.events, info.trees, info.blobs) == (2, len(whole_story()) + 1, 1, 1)
    format_ = {"postgres": 2, "sqlite": 5}.get(kind, 3)
    assert (info.kind, info.format, info.records, info.url) == (kind, format_, 3, url_in(tmp_path, kind))
    assert info.size > len(LPSTAT)


def test_a_store_can_be_opened_by_the_url_it_gives(store: Store) -> None:
    put(store, short_story())
    again = open_store(store.url)
    assert list(again.ids()) == [LEEDS]
    again.close()


def test_a_full_store_is_sound(store: Store) -> None:
    store.add_tree(canonical(PRINTER), MORNING)
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    assert store.check() == []


def test_an_event_whose_content_is_missing_is_reported(store: Store) -> None:
    put(store, events([SessionStarted(title="Label printer"), evidence(LPSTAT)]))
    (fault,) = store.check()
    assert (fault.severity, fault.where) == ("warning", "K7QM-2F")
    assert "entry 2" in fault.what


def test_a_tree_that_sessions_stand_in_but_is_not_there_is_mentioned(store: Store) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    assert [fault.severity for fault in store.check()] == ["info"]


def test_a_backup_is_a_store_of_its_own(store: Store, kind: str, tmp_path: Path) -> None:
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    store.add_tree(canonical(PRINTER), MORNING)
    path = tmp_path / ("monday.db" if kind in ("sqlite", "postgres") else "monday")
    store.backup(path)
    put(store, short_story(), code="P3XW-9T", session_id=VPN)
    copied = open_store(str(path))
    assert list(copied.ids()) == [LEEDS]
    assert list(copied.load(LEEDS).events) == whole_story()
    assert copied.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
    assert named_tree(copied, "label-printer") == PRINTER
    assert copied.check() == []
    copied.close()


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    put(store, short_story())
    path = tmp_path / "monday.db"
    path.write_text("precious")
    with pytest.raises(UsageProblem, match="overwrites nothing"):
        store.backup(path)
    assert path.read_text() == "precious"
    assert [file.name for file in tmp_path.iterdir() if "new" in file.name] == []


def test_a_store_can_be_closed_twice_and_used_again(store: Store) -> None:
    put(store, short_story())
    store.close()
    store.close()
    assert list(store.ids()) == [LEEDS]


# What this version can't read

NEWER = seal(msgspec.json.encode(short_story("VPN", "note of a newer rflow")[1]).replace(b"note_added", b"note_sung"))
UNREADABLE = [
    Unreadable(seq=2, reason="newer", raw=NEWER),
    Unreadable(seq=2, reason="damaged", raw=b'{"seq":2,"at":'),
    Unreadable(seq=2, reason="damaged", raw=b"\x00\xff two\nlines\r"),
    Unreadable(seq=2, reason="damaged", raw=b""),
]


@pytest.mark.parametrize("strange", UNREADABLE, ids=["newer", "cut", "binary", "missing"])
def test_an_unreadable_event_is_kept_as_it_is_in_every_store(store: Store, reopen: Reopen, strange: Unreadable) -> None:
    story: list[Stored] = [*short_story("VPN drops every hour")[:1], strange]
    state = session(LEEDS, "K7QM-2F", story)
    store.create(state, story, {})
    put(store, short_story(), code="P3XW-9T", session_id=VPN)
    assert list(reopen().load(LEEDS).events) == story
    assert codes(reopen().heads(Query(owner="ana ruiz")).heads) == ["P3XW-9T", "K7QM-2F"]
    faults = reopen().check()
    assert [(fault.where, fault.severity) for fault in faults] == [
        ("K7QM-2F", "info" if strange.reason == "newer" else "error")
    ]


def test_a_session_whose_beginning_is_unreadable_is_listed(store: Store, reopen: Reopen) -> None:
    story: list[Stored] = [Unreadable(seq=1, reason="damaged", raw=b"?"), *short_story("x", "still readable")[1:]]
    store.create(session(LEEDS, "K7QM-2F", story), story, {})
    assert [head.title for head in reopen().heads(Query()).heads] == ["(unreadable)"]
    assert list(reopen().load(LEEDS).events) == story


# Copying


@pytest.fixture(params=EVERY_KIND)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Another store to copy to."""
    opened = open_store(url_in(tmp_path, str(request.param), "target"))
    yield opened
    opened.close()


def fresh_codes() -> Iterator[str]:
    """Give codes that nobody has."""
    return (f"NEW-{number}" for number in range(1000))


def test_a_copy_holds_everything(store: Store, target: Store) -> None:
    store.add_tree(canonical(SHORTER), MORNING)
    store.add_tree(canonical(PRINTER), MORNING)
    put(store, whole_story(), blobs={LPSTAT_DIGEST: LPSTAT})
    strange: list[Stored] = [*short_story("VPN")[:1], *UNREADABLE[2:3]]
    store.create(session(VPN, "P3XW-9T", strange), strange, {})
    counts = copy_store(store, target, fresh_codes())
    assert (counts.sessions, counts.skipped, counts.trees, counts.blobs) == (2, 0, 2, 1)
    assert {one: list(target.load(one).events) for one in target.ids()} == {LEEDS: whole_story(), VPN: strange}
    assert target.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
    assert target.tree_names() == store.tree_names()
    assert set(digests_in(target)) == set(digests_in(store))
    assert target.heads(Query()) == store.heads(Query())


def test_copying_again_changes_nothing(store: Store, target: Store) -> None:
    three(store)
    copy_store(store, target, fresh_codes())
    before = target.info()
    counts = copy_store(store, target, fresh_codes())
    assert (counts.sessions, counts.extended, counts.skipped, counts.trees) == (0, 0, 3, 0)
    assert target.info() == before


def test_a_session_that_went_on_is_continued_in_the_copy(store: Store, target: Store) -> None:
    story = short_story("Label printer in Leeds")
    state = put(store, story)
    copy_store(store, target, fresh_codes())
    added = more(story, evidence(LPSTAT))
    store.append(replay(added, state), added, 1, {LPSTAT_DIGEST: LPSTAT})
    assert copy_store(store, target, fresh_codes()).extended == 1
    assert list(target.load(LEEDS).events) == story + added
    assert target.blob(LEEDS, LPSTAT_DIGEST) == LPSTAT
    assert target.check() == []


def test_a_copy_that_is_further_than_its_source_stays(store: Store, target: Store) -> None:
    story = short_story("Label printer", "in Leeds")
    put(store, story[:1])
    put(target, story)
    assert copy_store(store, target, fresh_codes()).skipped == 1
    assert list(target.load(LEEDS).events) == story


def test_sessions_that_went_different_ways_are_named_and_nothing_is_copied(store: Store, target: Store) -> None:
    three(store)
    put(target, short_story("Another beginning"), code="K7QM-2F", session_id=LEEDS)
    with pytest.raises(Exception, match="K7QM-2F continued differently") as caught:
        copy_store(store, target, fresh_codes())
    assert getattr(caught.value, "exit_code", 0) == 8
    assert list(target.ids()) == [LEEDS]


def test_a_code_in_use_in_the_target_is_replaced_and_reported(store: Store, target: Store) -> None:
    put(store, short_story("Label printer"))
    put(target, short_story("VPN"), code="K7QM-2F", session_id=VPN)
    counts = copy_store(store, target, fresh_codes())
    assert counts.recoded == {"K7QM-2F": "NEW-0"}
    assert "K7QM-2F is NEW-0 there" in str(counts)
    assert target.load(LEEDS).code == "NEW-0"
    assert target.check() == []


def test_the_tree_that_was_added_last_stays_current_in_a_copy(store: Store, target: Store) -> None:
    store.add_tree(canonical(PRINTER), MORNING)
    target.add_tree(canonical(SHORTER), MORNING + timedelta(days=1))
    copy_store(store, target, fresh_codes())
    assert named_tree(target, "label-printer") == SHORTER
    assert tree_version(target, digest(PRINTER)) == PRINTER
