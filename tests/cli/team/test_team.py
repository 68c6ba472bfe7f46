"""Accounts, spaces, tokens and the audit at the command line, as the one who sets a team up uses it."""

import os
import re
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from support.program import SCRIPT, Program

PASSWORD = "nine green bottles"
SECRET = re.compile(r"rf[tir]_[0-9A-Za-z]{39}")


@pytest.fixture
def root(tmp_path: Path) -> Program:
    (tmp_path / "home").mkdir()
    return Program(tmp_path / "home", user="Root", store=str(tmp_path / "team.db"))


@pytest.fixture
def team(root: Program) -> Program:
    """The same, with an admin, Ben in Leeds, and an agent."""
    root.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    root.ok("user", "add", "Ben Okafor", "--password-stdin", stdin=f"{PASSWORD}\n")
    root.ok("user", "add", "triage-bot", "--agent")
    root.ok("space", "add", "Leeds")
    root.ok("space", "members", "Leeds", "--add", "Ben Okafor", "--role", "member")
    return root


def test_the_first_account_is_an_admin_and_nobody_is_asked_for_one_who_works_alone(root: Program) -> None:
    assert "rflow user add NAME --admin" in root.ok("user", "list").err
    assert "The first account must be an admin" in root.refused(2, "user", "add", "Ben")
    code = root.json("start", "--title", "Label printer", "--json")["code"]
    root.ok("handoff", "Ben")
    assert root.ok("audit").out == ""
    assert root.ok("space", "list").out.splitlines()[1].split() == ["default", "lead", "public", "links"]
    assert root.show(code)["owner"]["name"] == "Ben"


def test_accounts_are_listed_with_what_they_are(team: Program) -> None:
    team.ok("user", "add", "Chloé Martin")
    listed = {user["name"]: user for user in team.json("user", "list", "--json")}
    assert {name: (user["kind"], user["admin"], user["password"]) for name, user in listed.items()} == {
        "Ben Okafor": ("person", False, True),
        "Chloé Martin": ("person", False, False),
        "Root": ("person", True, True),
        "triage-bot": ("agent", False, False),
    }
    assert listed["Ben Okafor"]["roles"] == {"leeds": "member"}
    shown = team.ok("user", "list").out
    assert re.search(r"Ben Okafor +leeds \(member\)", shown)
    assert re.search(r"Chloé Martin +no password yet", shown)


def test_somebody_without_a_password_gets_a_link_to_set_one(team: Program) -> None:
    added = team.ok("user", "add", "Chloé Martin")
    assert re.fullmatch(r"http://127.0.0.1:8765/set-password/rfi_[0-9A-Za-z]{39}\n", added.out)
    assert "works once" in added.err
    assert "rflow space members default --add" in added.err
    reset = team.json("user", "password", "Ben Okafor", "--link", "--json")
    assert (reset["kind"], reset["token"][:4]) == ("reset", "rfr_")
    assert reset["url"].endswith(f"/set-password/{reset['token']}")


@pytest.mark.parametrize("stdin", ["", "\n", "short\n", f"{PASSWORD}\nmore\n", b"\xff" * 12, "x" * 5000])
def test_an_invalid_password_changes_nothing(team: Program, stdin: str | bytes) -> None:
    before = team.ok("audit").out
    assert team.run("user", "password", "Ben Okafor", "--password-stdin", stdin=stdin).code in (2, 6)
    assert team.run("user", "add", "Zoe", "--password-stdin", stdin=stdin).code in (2, 6)
    assert team.ok("audit").out == before


def test_without_a_terminal_nobody_is_asked_for_a_password(team: Program) -> None:
    assert "--password-stdin" in team.refused(2, "user", "password", "Ben Okafor", stdin=PASSWORD)


def test_the_last_admin_stays(team: Program) -> None:
    for words in (("role", "Root", "user"), ("disable", "Root"), ("erase", "Root", "--yes")):
        assert "At least one admin" in team.refused(5, "user", *words)
    assert team.ok("user", "role", "Ben Okafor", "admin").err == "Ben Okafor is an admin now.\n"
    assert team.ok("user", "role", "root", "user").err == "Root is no admin any longer.\n"


def test_a_name_that_is_nearly_right_is_not_taken_for_it(team: Program) -> None:
    assert 'Did you mean "Ben Okafor"?' in team.refused(3, "user", "disable", "Ben Okafr")
    assert 'Did you mean "Leeds"?' in team.refused(3, "space", "policy", "Leed")
    assert 'Did you mean "Leeds"?' in team.refused(3, "start", "--title", "x", "--space", "Leed")
    assert "already" in team.refused(2, "user", "add", "ben  okafor")
    assert "already" in team.refused(2, "space", "add", "LEEDS")
    for name in ("", "@tier2", "#x", "x" * 81):
        assert team.run("user", "add", name).code == 2
        assert team.run("space", "add", name if name != "#x" else "@x").code == 2


def test_a_disabled_account_loses_what_it_had_and_its_sessions_move_on(team: Program) -> None:
    ben = team.at(user="Ben Okafor", terminal="Ben's")
    code = ben.json("start", "--title", "Label printer", "--space", "leeds", "--json")["code"]
    ben.ok("share", "create")
    team.ok("token", "create", "--user", "Ben Okafor")
    left = team.ok("user", "disable", "Ben Okafor", "--heir", "@tier2").err
    assert "links to sessions: 1" in left
    assert f"{code} → @tier2" in left
    assert team.json("token", "list", "--json") == []
    assert team.show(code)["owner"]["name"] == "@tier2"
    assert "can sign in again" in team.ok("user", "enable", "Ben Okafor").err


def test_somebody_who_is_erased_is_named_nowhere(team: Program) -> None:
    ben = team.at(user="Ben Okafor", terminal="Ben's")
    code = ben.json("start", "--title", "As Ben Okafor said", "--json")["code"]
    assert "--yes" in team.refused(2, "user", "erase", "Ben Okafor")
    assert team.ok("user", "erase", "Ben Okafor", "--yes").err.startswith("Erased from 1 session.")
    assert team.show(code)["title"] == "As Former member said"
    assert "okafor" not in (team.ok("audit").out + team.ok("user", "list").out).casefold()
    assert team.ok("store", "check").err == "The store is sound.\n"


def test_a_space_has_members_and_a_policy(team: Program) -> None:
    assert team.json("space", "members", "leeds", "--json") == [
        {"id": "ben okafor", "name": "Ben Okafor", "role": "member"}
    ]
    team.ok("space", "members", "leeds", "--remove", "ben okafor")
    assert "Nobody is in" in team.ok("space", "members", "leeds").err
    set_to = team.ok("space", "policy", "leeds", "--links", "signed-in", "--longest-link", "12h", "--retention", "90d")
    assert set_to.out == "Leeds: links for signed-in people, for 12h at most, closed sessions kept 90 days\n"
    assert team.json("space", "policy", "leeds", "--json") == {
        "id": "leeds",
        "name": "Leeds",
        "role": "lead",
        "links": "signed_in",
        "longest_link": 43200,
        "retention_days": 90,
        "notice_texts": False,
        "remind_after": None,
        "handoff_life": None,
    }
    again = team.ok("space", "policy", "leeds", "--longest-link", "never", "--retention", "never", "--links", "public")
    assert again.out == "Leeds: public links\n"
    for words in (("--retention", "90h"), ("--retention", "0d"), ("--longest-link", "soon"), ("--links", "some")):
        team.refused(2, "space", "policy", "leeds", *words)
    assert team.ok("space", "clean").err == "Deleted 0 sessions.\n"


def test_people_with_an_account_can_be_named(team: Program) -> None:
    team.start("--title", "Label printer", "--space", "Leeds")
    assert "Did you mean Ben Okafor?" in team.refused(2, "question", "Ben Okafr", "Is it on?")
    assert "has used this store" not in team.ok("handoff", "Ben Okafor").err


def test_a_session_and_a_tree_are_in_the_space_that_is_named(team: Program) -> None:
    file = team.home / "till.toml"
    file.write_text('id = "till"\ntitle = "A till"\nstart = "x"\n[nodes.x]\ntext = "Swap it"\noutcome = "escalate"\n')
    team.ok("tree", "add", str(file), "--space", "Leeds")
    assert team.run("start", "till").code == 3
    code = team.json("start", "till", "--space", "leeds", "--json")["code"]
    team.start("--title", "Elsewhere")
    assert team.show(code)["tree"]["id"] == "till"
    assert [head["code"] for head in team.json("list", "--space", "leeds", "--json")] == [code]
    assert 'Did you mean "Leeds"?' in team.refused(3, "list", "--space", "leds")


def test_the_policy_of_its_space_holds_for_a_link(team: Program) -> None:
    team.json("start", "--title", "Label printer", "--space", "leeds", "--json")
    team.ok("space", "policy", "leeds", "--longest-link", "2h")
    assert "Use --expires 2h" in team.refused(5, "share", "create", "--expires", "24h")
    assert team.ok("share", "create").code == 0  # for as long as it may
    team.ok("space", "policy", "leeds", "--links", "off")
    assert "switched off" in team.refused(5, "share", "create")
    assert "switched off" in team.refused(5, "progress", "--link")


def test_a_link_may_have_a_password_and_a_limit_of_views(team: Program) -> None:
    team.json("start", "--title", "Label printer", "--json")
    said = team.ok("share", "create", "--password-stdin", "--max-views", "3", stdin="open sesame").err
    assert "Anyone with it and its password can read" in said
    assert "It can be opened 3 times." in said
    assert "terminal" in team.refused(2, "share", "create", "--password")
    (link,) = team.json("share", "list", "--json")
    assert (link["password"], link["max_views"], link["audience"]) == (True, 3, "public")
    assert "protected by a password and 3 views" in team.ok("share", "show", link["id"]).out
    assert team.ok("share", "password", link["id"], "--password-stdin", stdin="open barley").err.endswith("set.\n")
    team.ok("share", "password", link["id"], "--remove")
    assert team.json("share", "list", "--json")[0]["password"] is False
    team.refused(2, "share", "create", "--max-views", "0")


def test_a_token_is_shown_once_and_named_by_its_end(team: Program) -> None:
    made = team.json("token", "create", "--user", "triage-bot", "--scope", "write, share", "--expires", "30d", "--json")
    assert set(made) == {"id", "token", "user", "scopes", "expires_at"}
    assert made["scopes"] == ["read", "write", "share"]
    (listed,) = team.json("token", "list", "--user", "triage-bot", "--json")
    assert (listed["id"], listed["ending"], listed["used_at"]) == (made["id"], made["token"][-4:], None)
    assert made["token"] not in team.ok("token", "list").out + team.ok("audit", "--json").out
    assert 'Did you mean "triage-bot"?' in team.refused(3, "token", "create", "--user=triage-bt")
    assert 'There is no scope "admin"' in team.refused(2, "token", "create", "--user", "triage-bot", "--scope", "admin")
    team.refused(2, "token", "create", "--user", "triage-bot", "--expires", "0m")
    assert team.ok("token", "revoke", made["id"][:5].lower()).err == f"{made['id']}: revoked.\n"
    assert "no such token" in team.refused(3, "token", "revoke", made["id"])


def test_the_user_of_a_token_is_not_who_creates_it(team: Program) -> None:
    team.ok("--user", "Zoe", "token", "create", "--user", "triage-bot", "--scope=read")
    last = msgspec.json.decode(team.ok("audit", "--json").out.splitlines()[-1])
    assert (last["by"]["name"], last["subject"]) == ("Zoe", "triage-bot")


def test_the_audit_is_lines_of_json_that_can_be_continued(team: Program) -> None:
    entries = [msgspec.json.decode(line) for line in team.ok("audit", "--json").out.splitlines()]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert (entries[0]["action"], entries[0]["subject"], entries[0]["by"]["name"]) == ("account_added", "root", "Root")
    team.ok("space", "add", "York")
    (new,) = team.ok("audit", "--json", "--after", str(len(entries))).out.splitlines()
    assert msgspec.json.decode(new)["action"] == "space_added"
    assert "space added  york" in team.ok("audit").out


def test_a_folder_says_that_accounts_need_sqlite(root: Program, tmp_path: Path) -> None:
    folder = root.at(store=str(tmp_path / "shifts"))
    folder.json("start", "--title", "Label printer", "--json")
    for words in (("user", "list"), ("space", "add", "Leeds"), ("audit",), ("share", "create", "--max-views", "2")):
        assert "SQLite" in folder.refused(2, *words)


@pytest.mark.slow
def test_secrets_are_in_no_file_no_message_and_no_list_of_processes(root: Program) -> None:
    """The names of processes are read while a password is being piped in."""
    team = root.at(real=True)
    team.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    token = team.json("token", "create", "--user", "Root", "--json")["token"]
    waiting = subprocess.Popen(
        [SCRIPT, "user", "password", "Root", "--password-stdin"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=team.variables,
    )
    assert waiting.stdin is not None
    waiting.stdin.write(b"ten green ")
    waiting.stdin.flush()
    running = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    _, said = waiting.communicate(b"bottles\n")
    assert waiting.returncode == 0
    files = b"".join(path.read_bytes() for path in root.home.parent.rglob("*") if path.is_file())
    shown = team.ok("audit", "--json").data + team.ok("user", "list", "--json").data + said
    for secret in (PASSWORD, "ten green bottles", token):
        assert secret.encode() not in files + shown
        assert secret.encode() not in running


@pytest.mark.slow
def test_a_terminal_is_asked_twice_and_shows_nothing(team: Program) -> None:
    import pty

    child, master = pty.fork()
    if child == 0:
        os.execve(SCRIPT, [SCRIPT, "user", "password", "Ben Okafor"], dict(team.variables))
    shown, questions = b"", 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break
        if shown.endswith(b": "):
            questions += 1
            os.write(master, b"ten green bottles\n")
    _, status = os.waitpid(child, 0)
    assert (os.waitstatus_to_exitcode(status), questions) == (0, 2)
    assert b"ten green" not in shown
    assert "password set" in shown.decode()


@pytest.mark.slow
def test_without_the_library_it_says_what_to_install(team: Program, tmp_path: Path) -> None:
    (tmp_path / "argon2").mkdir()
    (tmp_path / "argon2" / "__init__.py").write_text("raise ImportError('no argon2 here', name='argon2')")
    lean = team.at(real=True, environ={"PYTHONPATH": str(tmp_path)})
    said = lean.refused(2, "user", "password", "Root", "--password-stdin", stdin=PASSWORD)
    assert 'pip install "rflow[server]"' in said
    assert lean.ok("token", "create", "--user", "triage-bot").code == 0


@pytest.mark.slow
def test_accounts_are_loaded_only_where_they_are_wanted(team: Program) -> None:
    lean = team.at(real=True, environ={"PYTHONPROFILEIMPORTTIME": "1"})
    team.ok("start", "--title", "Label printer")
    imported = lean.ok("note", "It hums").err
    assert "rflow.stores.sqlite.store" in imported
    for module in ("rflow.core.accounts", "rflow.service.team", "rflow.stores.sqlite.accounts", "argon2"):
        assert module not in imported
