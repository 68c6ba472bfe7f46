"""Notices, policies and erasure at the command line, as the one who runs a server uses them."""

from pathlib import Path

import pytest

from support.program import Program

PASSWORD = "nine green bottles"
SECRET = "correct-horse-battery"


@pytest.fixture
def root(tmp_path: Path) -> Program:
    """Root's terminal, with accounts for Root and Ben, who is a member of the default space."""
    (tmp_path / "home").mkdir()
    me = Program(tmp_path / "home", user="Root", store=str(tmp_path / "team.db"))
    me.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=PASSWORD)
    me.ok("user", "add", "Ben Okafor", "--password-stdin", stdin=PASSWORD)
    me.ok("space", "members", "default", "--add", "Ben Okafor", "--role", "member")
    return me


def test_an_address_is_set_shown_switched_off_and_removed(root: Program) -> None:
    assert root.ok("user", "mail", "ben okafor").out == "Ben Okafor: no address yet\n"
    assert root.ok("user", "mail", "Ben Okafor", "ben@example.com").out == "Ben Okafor: notices to ben@example.com\n"
    assert "no notices" in root.ok("user", "mail", "Ben Okafor", "--off").out
    listed = {user["name"]: user for user in root.json("user", "list", "--json")}
    assert (listed["Ben Okafor"]["email"], listed["Ben Okafor"]["notices"]) == ("ben@example.com", False)
    assert root.json("user", "mail", "Ben Okafor", "", "--on", "--json")["email"] == ""
    assert "not an e-mail address" in root.refused(2, "user", "mail", "Ben Okafor", "ben")
    assert "exclude" in root.refused(2, "user", "mail", "Ben Okafor", "--on", "--off")
    assert "ben@example.com" not in root.ok("audit").out


def test_notices_wait_in_the_store_until_a_server_sends_them(root: Program) -> None:
    assert root.ok("store", "notices").err == "There are no notices.\n"
    root.start("--title", "Label printer")
    root.ok("handoff", "Ben Okafor")
    assert "1 notice waiting to be sent" in root.ok("store", "info").out
    header, row = root.ok("store", "notices").out.splitlines()
    assert header.split() == ["SESSION", "NOTICE", "TO", "STATE"]
    assert row.split()[1:] == ["handoff", "Ben", "Okafor", "waits"]
    assert root.json("store", "notices", "--json")[0]["to"]["name"] == "Ben Okafor"
    assert root.ok("store", "notices", "--again").err == "To be tried again: 0 notices.\n"


def test_without_accounts_there_are_no_notices(tmp_path: Path) -> None:
    for store in ("alone.db", "folder"):
        me = Program(tmp_path, store=str(tmp_path / store))
        me.start("--title", "Label printer")
        me.ok("handoff", "Ben Okafor")
        assert me.ok("store", "notices").err == "There are no notices.\n"


def test_a_space_says_what_becomes_of_its_handoffs(root: Program) -> None:
    words = ("--notice-texts", "yes", "--remind-after", "15m", "--handoff-life", "4h")
    shown = root.ok("space", "policy", "default", *words).out
    assert shown.endswith("notices show texts, reminders after 15m, handoffs go back after 4h\n")
    never = root.ok("space", "policy", "default", "--remind-after", "never", "--handoff-life", "default").out
    assert never.endswith("notices show texts, reminders never\n")
    policy = root.json("space", "policy", "default", "--json")
    assert (policy["notice_texts"], policy["remind_after"], policy["handoff_life"]) == (True, 0, None)
    assert "not a time span" in root.refused(2, "space", "policy", "default", "--remind-after", "soon")


def test_the_sessions_of_a_customer_are_erased_with_their_links_and_the_audit_says_so(root: Program) -> None:
    gone = root.start("--title", "Till", "--customer", "Contoso")
    root.ok("share", "create")
    kept = root.start("--title", "Till", "--customer", "Fabrikam")
    assert "--yes" in root.refused(2, "space", "erase", "default", "--customer", "contoso")
    assert root.json("space", "erase", "default", "--customer", "contoso", "--yes", "--json") == [gone]
    assert [head["code"] for head in root.json("list", "--all", "--json")] == [kept]
    assert root.json("share", "list", "--all", "--json") == []
    assert f"code={gone}" in root.ok("audit").out
    assert "Contoso" not in root.ok("audit").out
    assert root.ok("space", "erase", "default", "--customer", "Contoso", "--yes").err == "Deleted 0 sessions.\n"
    assert "Which customer?" in root.refused(2, "space", "erase", "default", "--customer", " ", "--yes")


def test_the_password_of_the_mail_server_is_shown_nowhere(root: Program) -> None:
    said = root.ok("config", "set", "mail.password", "-", stdin=SECRET)
    shown = [said, root.ok("config", "list"), root.ok("config", "get", "mail.password")]
    shown += [
        root.ok("config", "list", "--json"),
        root.ok("config", "get", "mail.password", RFLOW_MAIL_PASSWORD=SECRET),
    ]
    assert [result for result in shown if SECRET in result.out + result.err] == []
    assert "password is in your shell's history" in root.ok("config", "set", "mail.password", SECRET).err


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"RFLOW_MAIL_SERVER": "smtp.example.com"}, "mail.from is missing"),
        ({"RFLOW_MAIL_SERVER": "smtp.example.com:0", "RFLOW_MAIL_FROM": "a@example.com"}, "mail.server is no host"),
        ({"RFLOW_MAIL_SERVER": "smtp.example.com", "RFLOW_MAIL_FROM": "a"}, "not an e-mail address"),
        ({"RFLOW_NOTICES_TARGET": "ops"}, 'no target "ops"'),
        ({"RFLOW_NOTICES_REMIND_AFTER": "soon"}, "not a time span"),
        (
            {
                "RFLOW_MAIL_SERVER": "smtp.example.com",
                "RFLOW_MAIL_FROM": "a@example.com",
                "RFLOW_MAIL_SECURITY": "none",
                "RFLOW_MAIL_PASSWORD": SECRET,
            },
            "sent in clear",
        ),
        (
            {
                "RFLOW_MAIL_SERVER": "smtp.example.com",
                "RFLOW_MAIL_FROM": "a@example.com",
                "RFLOW_MAIL_PASSWORD_FILE": "/nowhere/password",
            },
            "can't be read",
        ),
    ],
)
def test_a_server_does_not_start_with_settings_that_can_not_work(
    root: Program, settings: dict[str, str], complaint: str
) -> None:
    said = root.refused(2, "serve", **settings)
    assert complaint in said
    assert SECRET not in said


def test_only_ways_that_there_are_can_be_set(root: Program) -> None:
    assert "starttls, tls, none" in root.refused(2, "config", "set", "mail.security", "ssl")
    assert "not a time span" in root.refused(2, "config", "set", "notices.handoff_life", "soon")
    root.ok("config", "set", "notices.handoff_life", "4h")
