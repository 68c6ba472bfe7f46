"""What a handoff brings along, from the sender to the receiver."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rflow.core.actors import Actor
from rflow.core.people import RFLOW
from rflow.core.session.commands import ExpireHandoff
from rflow.service.local.workspace import LocalWorkspace
from rflow.stores import open_store
from support.program import Program

BEN = "Ben Okafor"
AGREED = ("--if", "no answer by 09:30", "--then", "call the vendor")


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    return Program(tmp_path, user="Ana Ruiz", cwd=tmp_path)


def test_what_comes_with_a_handoff_is_shown_where_it_arrives(ana: Program) -> None:
    """In the inbox, when it is accepted, and after an import; a closed session asks for nothing any more."""
    ben = ana.at(user=BEN, terminal="ben")
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", BEN, "--note", "Robin has the keys", "--warn", "do NOT reboot it", *AGREED)
    given = ("note: Robin has the keys", "caution: do NOT reboot it", "if no answer by 09:30: call the vendor")
    waiting = ben.ok("inbox").out
    assert [text for text in given if text not in waiting] == []
    ana.ok("export", code, "-o", "till.jsonl")
    elsewhere = ben.at(store="elsewhere.db")
    imported = elsewhere.ok("import", "till.jsonl").err
    assert "Ana Ruiz hands it to you." in imported and f"To accept it: rflow accept {code}" in imported
    accepted = ben.ok("accept").out
    assert accepted.startswith(f"{code}  Till 3 is slow\n")
    assert [text for text in given if f"\n  {text}\n" not in accepted] == []
    assert "call the vendor" in ben.ok("progress", "-f", "text").out
    ben.ok("close", "--outcome", "resolved")
    assert "call the vendor" not in ben.ok("progress", code, "-f", "text").out


def test_the_inbox_shows_all_that_a_session_waits_for_what_is_due_first_before_the_others(ana: Program) -> None:
    ana.start("--title", "Till 3 is slow")
    ana.ok("wait", "the vendor: a new drive")
    ana.ok("wait", "the network team, who look at the switch behind the tills of the second floor", "--until", "2h")
    ana.ok("wait", "Robin", "--until", "30m")
    ana.ok("handoff", BEN)
    lines = ana.at(user=BEN, terminal="ben").ok("inbox").out.splitlines()
    waits = [re.sub(r"\d\d\d\d-\d\d-\d\d |\d\d:\d\d", "", line).strip() for line in lines if "waiting" in line]
    assert [wait.partition(",")[0] for wait in waits] == [
        "waiting until : Robin",
        "waiting until : the network team",
        "waiting: the vendor: a new drive",
    ]
    assert max(map(len, lines)) <= 80
    assert lines.index("Next:") > max(number for number, line in enumerate(lines) if "waiting" in line)


def test_a_damaged_session_stops_no_inbox(ana: Program, tmp_path: Path) -> None:
    store = tmp_path / "shift.db"
    ana, ben = ana.at(store=str(store)), ana.at(store=str(store), user=BEN, terminal="ben")
    code = ""
    for title in ("Till 3 is slow", "Fan of rack 4"):
        code = ana.start("--title", title)
        ana.ok("handoff", BEN, "--note", f"about {title}")
    with closing(sqlite3.connect(store)) as db, db:
        db.execute(
            "DELETE FROM events WHERE seq = 1 AND session_id = (SELECT id FROM sessions WHERE code = ?)",
            (code,),
        )
    listed = ben.ok("inbox").out
    assert "note: about Till 3 is slow" in listed
    assert "Fan of rack 4" in listed


@pytest.mark.parametrize("all_", [False, True])
def test_the_sender_sees_the_outcome_of_a_handoff_until_the_inbox_has_shown_it(ana: Program, all_: bool) -> None:
    ben = ana.at(user=BEN, terminal="ben")
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", BEN, *(("--all", "--yes") if all_ else ()))
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
    ana.start("--title", "Fan of rack 4")
    ben.ok("decline", code, "--reason", "I am at lunch")
    assert f"\nBen Okafor declined your handoff of {code}: rflow inbox\n" in ana.ok().out
    told = ana.ok("inbox").out
    assert f"{code}  Till 3 is slow\n         Ben Okafor declined your handoff, now: I am at lunch\n" in told
    assert f"         It is yours again: rflow resume {code}\n" in told
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
    assert "rflow inbox" not in ana.ok().out


def test_what_rflow_has_shown_of_a_declined_handoff_the_inbox_does_not_repeat(ana: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", BEN)
    ana.at(user=BEN, terminal="ben").ok("decline", code, "--reason", "I am at lunch")
    shown = ana.ok().out
    assert "Ben Okafor declined" in shown and "rflow inbox" not in shown
    assert ana.ok("inbox").err == "Your inbox is empty.\n"


def test_the_sender_sees_who_accepted_and_what_they_understood(ana: Program) -> None:
    ben = ana.at(user=BEN, terminal="ben")
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", "@tier2")
    ana.start("--title", "Fan of rack 4")
    ana.ok("question", BEN, "Which rack?", "--new-user")
    ben.ok("accept", code, "--read-back", "restart nothing")
    ben.ok("reply", "-s", ana.show()["code"], "rack 4")
    assert f"\nBen Okafor accepted your handoff of {code}, and 1 more: rflow inbox\n" in ana.ok().out
    told = ana.ok("inbox").out
    assert "Ben Okafor accepted your handoff, now: restart nothing\n" in told
    assert "It is yours again" not in told
    assert 'answered "Which rack?", now: rack 4' in told


def test_the_sender_sees_that_nobody_accepted_in_time(ana: Program, tmp_path: Path) -> None:
    ana = ana.at(store=str(tmp_path / "shift.db"))
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", BEN)
    with closing(open_store(ana.store)) as store:  # as the server of the store does
        rflow = LocalWorkspace(store, Actor(person=RFLOW), clock=lambda: datetime.now(UTC))
        rflow.send(rflow.find(code).id, ExpireHandoff())
    assert f"\nNobody accepted your handoff of {code} in time: rflow inbox\n" in ana.ok().out
    told = ana.ok("inbox").out
    assert f"nobody accepted your handoff in time, now\n         It is yours again: rflow resume {code}\n" in told
    assert ana.ok("inbox").err == "Your inbox is empty.\n"


def test_undone_or_deleted_entries_are_not_news(ana: Program) -> None:
    code = ana.start("--title", "Till 3 is slow")
    ana.ok("handoff", BEN)
    ana.ok("handoff", "--cancel")
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
    ana.ok("handoff", BEN)
    ana.at(user=BEN, terminal="ben").ok("decline", code, "--reason", "no")
    ana.ok("delete", code, "--yes")
    assert "inbox" not in ana.ok().out
    assert ana.ok("inbox").err == "Your inbox is empty.\n"
