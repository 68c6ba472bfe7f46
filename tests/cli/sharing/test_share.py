"""Read-only links at the command line: made, listed, shown, revoked. What they open is in test_web.py."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.program import NOON, Program
from support.screens import lines_at_terminal
from support.web.webhook_server import Server, reply

TOKEN = re.compile(r"rfs_[0-9A-Za-z]{39}")


@pytest.fixture(params=["sqlite", "json"])
def ana(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    store = str(tmp_path / ("shift.db" if request.param == "sqlite" else "shift"))
    (tmp_path / "home").mkdir()
    return Program(tmp_path / "home", store=store).with_tree()


@pytest.fixture
def ben(ana: Program) -> Program:
    return ana.at(user="Ben Okafor", terminal="Ben's")


def made(run: Program, *words: str) -> dict[str, Any]:
    return dict(run.ok("share", "create", "--json", *words).json)


def listed(run: Program, *words: str) -> list[dict[str, Any]]:
    return list(run.ok("share", "list", "--json", *words).json)


def test_a_link_is_shown_once_with_what_it_gives_away(ana: Program) -> None:
    code = ana.start()
    ana.ok("choose", "green")
    ana.ok("note", "password=hunter2")
    result = ana.ok("share", "create")
    (url,) = result.out.splitlines()
    assert re.fullmatch(r"http://127\.0\.0\.1:8765/share/rfs_[0-9A-Za-z]{39}", url)
    assert code in result.err
    assert "1 step, 1 note; 1 value redacted, and later entries as they are added" in result.err
    assert "works only on this machine, once `rflow serve` runs" in result.err
    assert TOKEN.search(result.err) is None


def test_what_a_link_would_show_is_seen_before_there_is_one(ana: Program) -> None:
    ana.start()
    ana.ok("note", "password=hunter2 of the print server")
    shown = ana.ok("share", "create", "--dry-run")
    assert "[redacted] of the print server" in shown.out
    assert "hunter2" not in shown.out
    assert shown.out.startswith("<!doctype html>")
    assert "None was created" in shown.err
    for words in (["--json"], ["--copy"], ["--expires", "nonsense"]):
        assert ana.refused(2, "share", "create", "--dry-run", *words)
    assert listed(ana) == []
    assert "To see that: rflow share create --dry-run > FILE" in ana.ok("share", "create").err.replace("\n", " ")


def test_on_a_terminal_a_dry_run_says_what_a_link_would_show_and_where_to_see_it(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    code = ana.start()
    ana.ok("note", "password=hunter2 of the print server")
    words = ("share", "create", "--dry-run", "--expires", "2h", "--snapshot", "--password", "--max-views", "3")
    lines = lines_at_terminal(ana, "-s", code, *words)
    said = " ".join(" ".join(lines).split())
    assert "doctype" not in said and "hunter2" not in said
    assert re.search(rf"{code} · .*: a link would work until \w+ \d{{4}}-\d\d-\d\d \d\d:\d\d", said)
    assert "Anyone with it and its password can read 1 note, without later entries." in said
    assert "It can be opened 3 times. Hidden: 1 password." in said
    assert said.endswith(f"No link was created. To see the page: rflow -s {code} share create --dry-run > page.html")
    assert max(map(len, lines)) <= 80
    assert listed(ana) == []


def test_a_dry_run_is_refused_where_the_link_would_be(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    ana.start()
    ana.ok("space", "policy", "default", "--links", "off")
    refused = ana.refused(5, "share", "create", "--dry-run")
    assert refused == ana.refused(5, "share", "create")


@pytest.mark.parametrize("protection", [("--password",), ("--password-stdin",), ("--max-views", "3")], ids=" ".join)
def test_a_dry_run_with_a_protection_is_refused_where_the_store_has_no_accounts(
    protection: tuple[str, ...], tmp_path: Path
) -> None:
    ana = Program(tmp_path, store=str(tmp_path / "shift")).with_tree()
    ana.start()
    refused = ana.refused(2, "share", "create", "--dry-run", *protection)
    assert "protected links need a SQLite store" in refused
    if protection != ("--password",):  # there is no terminal to ask at
        assert refused == ana.refused(2, "share", "create", *protection, stdin="three words here")


@pytest.mark.slow
def test_a_dry_run_names_all_that_a_summary_shows(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    code = ana.start()
    ana.ok("note", "It hums")
    ana.ok("brief", "--ask", "Can you check the switch?", "--situation", "Nothing prints since 09:10")
    ana.ok("warn", "Do not restart the server")
    ana.ok("question", "Ben", "Is there a second printer?", "--new-user")
    ana.ok("wait", "the vendor")
    ana.ok("change", "Set the queue to hold", "--revert", "release it")
    shown = {
        "--brief": "can read the brief summary: the ask, the situation, 1 warning, 1 wait, 1 question, 1 change,",
        "--snapshot": "can read the ask, the situation, 1 wait, 1 question, 1 change, 2 notes,",
    }
    for option, expected in shown.items():
        said = " ".join(lines_at_terminal(ana, "-s", code, "share", "create", "--dry-run", option))
        assert expected in " ".join(said.split())


def test_a_dry_run_names_the_last_note_of_a_brief_summary(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    code = ana.start()
    ana.ok("note", "It hums")
    said = " ".join(lines_at_terminal(ana, "-s", code, "share", "create", "--dry-run", "--brief"))
    assert "can read the brief summary: the last note, and later entries" in " ".join(said.split())


def test_a_dry_run_names_a_reason_for_declining_as_such(tmp_path: Path) -> None:
    ana = Program(tmp_path).with_tree()
    code = ana.start()
    ana.ok("handoff", "Ben", "--new-user")
    ana.at(user="Ben").ok("decline", code, "--reason", "I am at lunch")
    said = " ".join(" ".join(lines_at_terminal(ana, "-s", code, "share", "create", "--dry-run")).split())
    assert "1 reason for declining" in said and "handoff note" not in said


def test_an_undone_closing_is_not_a_handover(tmp_path: Path) -> None:
    ana = Program(tmp_path)
    ana.start("--title", "Till 3 is slow")
    ana.ok("close", "--outcome", "resolved")
    ana.ok("undo")
    for form in ("text", "html"):
        said = ana.ok("progress", "-f", form).out
        assert "Till 3 is slow" in said
        assert "handed over" not in said.casefold() and "reopened" not in said


def test_for_programs_it_is_json(ana: Program) -> None:
    ana = ana.at(clock=NOON)
    ana.start()
    link = made(ana, "--expires", "2h", "--label", "for the network team")
    assert list(link) == ["id", "token", "url", "expires_at"]
    assert link["url"].endswith(f"/share/{link['token']}")
    assert datetime.fromisoformat(link["expires_at"]) == NOON + timedelta(hours=2)
    assert made(ana, "--expires", "never")["expires_at"] is None


def test_links_are_listed_over_all_sessions_and_nowhere_with_their_token(ana: Program) -> None:
    first, second = ana.start(), ana.start()
    links = [made(ana.at(terminal=one), "--label", one) for one in ("desk", "desk")]
    ana.ok("-s", first, "share", "create", "--snapshot")
    assert {one["session"] for one in listed(ana)} == {first, second}
    assert {one["state"] for one in listed(ana)} == {"live"}
    assert [one["snapshot"] for one in listed(ana, "-s", first)] == [True]
    for words in (("share", "list"), ("share", "list", "--json"), ("share", "show", links[0]["id"]), ("show", second)):
        result = ana.ok(*words)
        assert TOKEN.search(result.out + result.err) is None
    assert {links[0]["id"], links[1]["id"]} < {one["id"] for one in listed(ana)}


def test_the_store_holds_no_token(ana: Program) -> None:
    ana.start()
    tokens = [made(ana)["token"] for _ in range(3)]
    store = Path(ana.store)
    files = [store, *store.rglob("*")] if store.is_dir() else list(store.parent.glob(store.name + "*"))
    everything = b"".join(file.read_bytes() for file in [*files, *ana.home.rglob("*")] if file.is_file())
    assert [token for token in tokens if token.encode() in everything or token[4:37].encode() in everything] == []


def test_a_colleague_sees_theirs_and_with_all_everybodys(ana: Program, ben: Program) -> None:
    code = ana.start()
    anas, bens = made(ana), made(ben, "-s", code)
    assert [one["id"] for one in listed(ben)] == [bens["id"]]
    assert {one["id"] for one in listed(ana)} == {anas["id"], bens["id"]}  # the session is hers
    assert {one["id"] for one in listed(ben, "--all")} == {anas["id"], bens["id"]}


def test_only_who_made_it_or_owns_the_session_ends_a_link(ana: Program, ben: Program) -> None:
    code = ana.start()
    anas, bens = made(ana)["id"], made(ben, "-s", code)["id"]
    refused = ben.run("share", "revoke", anas)
    assert (refused.code, refused.out) == (5, "")
    assert "not yours" in refused.err
    ana.ok("share", "revoke", bens)
    assert {one["id"]: one["state"] for one in listed(ana)} == {anas: "live", bens: "revoked"}
    assert "was revoked already" in ana.ok("share", "revoke", bens).err


def test_many_links_are_ended_at_once(ana: Program) -> None:
    first = ana.start()
    mine = [made(ana)["id"] for _ in range(2)]
    ana.start()
    other = made(ana)["id"]
    ana.ok("share", "revoke", "-s", first)
    assert {one["id"]: one["state"] for one in listed(ana)} == {mine[0]: "revoked", mine[1]: "revoked", other: "live"}
    ana.ok("share", "revoke", "--all")
    assert {one["state"] for one in listed(ana)} == {"revoked"}
    assert "no link to revoke" in ana.ok("share", "revoke", "--all").err


def test_a_link_is_named_by_the_beginning_of_its_id_or_by_itself(ana: Program) -> None:
    ana.start()
    link = made(ana, "--label", "Leeds")
    for name in (link["id"][:5], link["id"].lower(), link["token"]):
        assert "Leeds" in ana.ok("share", "show", name).out
    for nothing in ("ZZZZZZZ", "", "rfs_" + "x" * 39):
        assert ana.run("share", "show", nothing).code == 3


def test_deleting_a_session_ends_its_links(ana: Program) -> None:
    code = ana.start()
    made(ana)
    ana.ok("delete", code, "--yes")
    assert listed(ana, "--all") == []


def test_links_begin_with_what_was_set(ana: Program) -> None:
    ana.start()
    ana.ok("config", "set", "share.base_url", "https://rflow.example.com/")
    result = ana.ok("share", "create")
    assert result.out.startswith("https://rflow.example.com/share/rfs_")
    assert "only on this machine" not in result.err


@pytest.mark.parametrize("expires", ["", "soon", "0m", "-1h", "99999999d"])
def test_a_span_that_is_none_makes_no_link(expires: str, ana: Program) -> None:
    ana.start()
    result = ana.run("share", "create", "--expires", expires)
    assert (result.code, result.out) == (2, "")
    assert listed(ana) == []


def test_revoking_nothing_in_particular_asks_which(ana: Program) -> None:
    ana.start()
    assert "Which link?" in ana.run("share", "revoke").err


def test_an_empty_list_says_how_to_begin(ana: Program) -> None:
    ana.start()
    assert ana.ok("share", "list").err.strip() == "There are no links yet. To create one: rflow share create"
    assert listed(ana) == []


def test_a_summary_brings_a_fresh_link_along(ana: Program) -> None:
    ana.start()
    result = ana.ok("progress", "--link", "-f", "json")
    link = result.json["resume"]
    assert TOKEN.search(link["link"])
    assert link["link_expires"] is not None
    (one,) = listed(ana)
    assert link["link"].endswith(one["ending"])
    assert f"link {one['id']} created" in result.err
    for words in (("-f", "markdown"), ("-f", "teams-card"), ("--brief", "-f", "text")):
        assert TOKEN.search(ana.ok("progress", "--link", *words).out)
    assert len(listed(ana)) == 4


def test_no_link_is_made_where_it_would_lead_nowhere(ana: Program) -> None:
    ana.start()
    exported = ana.home / "session.jsonl"
    ana.ok("export", "-o", str(exported))
    ana.ok("config", "set", "targets.noc.url", "-", stdin="https://hooks.slack.com/services/T0/B0/none")
    for words in ((str(exported),), ("--post", "noc", "--dry-run")):
        refused = ana.run("progress", *words, "--link")
        assert (refused.code, refused.out) == (2, "")
    assert listed(ana) == []


def test_a_copied_link_is_on_the_clipboard_and_not_lost_where_there_is_none(ana: Program) -> None:
    ana.start()
    pasted = ana.home / "pasted"
    ana.ok("share", "create", "--copy", RFLOW_CLIPBOARD_CMD=f"cat > '{pasted}'")
    assert TOKEN.search(pasted.read_text("utf-8"))
    lost = ana.run("share", "create", "--copy", RFLOW_CLIPBOARD_CMD="false", DISPLAY="", WAYLAND_DISPLAY="", TMUX="")
    assert lost.code in (0, 7)
    assert TOKEN.search(lost.out)


@pytest.mark.parametrize(
    "address",
    [
        "rflow.example.com",
        "ftp://rflow.example.com",
        "https://",
        "https://rflow.example.com/?team=1",
        "https://rflow.example.com/#top",
        "https://rflow.example.com /x",
        "https://ana:secret@rflow.example.com",
        "https://[::1",
        "https://rflow.example.com:port",
    ],
)
def test_what_no_link_can_begin_with_is_refused_where_it_is_set_and_where_it_is_used(
    ana: Program, address: str
) -> None:
    ana.start()
    problem = ana.refused(2, "config", "set", "share.base_url", address)
    assert "share.base_url is not the start of a link" in problem
    assert "secret" not in problem
    assert "share.base_url" in ana.refused(2, "share", "create", "--json", RFLOW_SHARE_BASE_URL=address)
    assert "--public-url" in ana.refused(2, "serve", "--public-url", address)
    assert listed(ana) == []


def test_a_base_with_a_path_begins_links(ana: Program) -> None:
    ana.start()
    ana.ok("config", "set", "share.base_url", "https://ops.example.com/rflow/")
    assert ana.json("share", "create", "--json")["url"].startswith("https://ops.example.com/rflow/share/rfs_")


@pytest.mark.slow
def test_a_list_of_many_links_names_each_session(ana: Program) -> None:
    """More sessions than are looked up one by one."""
    titles = {f"Till {number} is slow" for number in range(23)}
    for title in titles:
        ana.start("--title", title)
        ana.ok("share", "create")
    assert {link["title"] for link in listed(ana, "--all")} == titles
    assert all(title in ana.ok("share", "list", "--all").out for title in titles)


@pytest.mark.parametrize(
    "refusal",
    ["A parameter is wrong: Object contains unknown field `limit`.", "This takes no parameters: limit."],
)
def test_a_server_from_before_lists_came_in_pages_is_to_be_upgraded(ana: Program, refusal: str) -> None:
    problem = {"type": "urn:rflow:usage", "title": "Usage", "status": 400, "detail": refusal, "exit_code": 2}
    answer = reply(400, msgspec.json.encode({**problem, "try": "See /api/v1/openapi.json"}))
    with Server(answer) as server:
        away = ana.at(store=server.base, environ={"RFLOW_TOKEN": "rfp_" + "a" * 43})
        said = away.refused(10, "share", "list")
    assert "has an rflow older than this one" in said and "The server must be upgraded" in said


def test_a_link_to_a_session_that_asks_for_nothing_says_so(tmp_path: Path) -> None:
    ana = Program(tmp_path, user="Ana Ruiz")
    ana.start("--title", "The tills are slow")
    assert 'does not say what you need. To add it: rflow brief --ask "…"\n' in ana.ok("share", "create").err
    assert "does not say" not in ana.ok("share", "create", "--json").err
    ana.ok("brief", "--ask", "Can you look?", "--situation", "Since two")
    assert "does not say" not in ana.ok("share", "create").err
