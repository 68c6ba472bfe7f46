"""`rflow search` at the command line: what it prints, and what it says where there is little or nothing to print."""

import re
from pathlib import Path

import pytest

from rflow.core.text import columns
from support.program import Program
from support.stores.faults import files_with

SECRET = "hunter2passwordofthetill"
REFUSED = "curl: (7) Failed to connect to 10.0.0.12 port 443 after 2 ms: Connection refused"


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana, with two sessions that are closed and one that is open."""
    me = Program(tmp_path)
    for title, customer, note, summary in (
        ("VPN drops after update", "Harrow Foods", REFUSED, "The firewall rule of the guest network had expired"),
        ("Label printer in Leeds", "Norddeutsche Käserei", "Die Größe des Pools: ORA-01555", "A new roll"),
        ("プリンタが印刷できない", "Harrow Foods", "再起動しても変わらない", ""),
    ):
        me.start("--title", title, "--customer", customer)
        me.ok("note", note)
        if summary:
            me.ok("close", "--outcome", "resolved", "--summary", summary)
    return me


def many(me: Program, count: int) -> None:
    """Start a number of sessions about a fax."""
    for number in range(count):
        me.start("--title", f"Fax {number} is silent")


def test_a_session_is_shown_with_its_state_its_outcome_and_the_text_that_matches(ana: Program) -> None:
    result = ana.ok("search", "connection refused")
    code = result.out[:7]
    assert result.out.splitlines() == [
        f"{code}  VPN drops after update · Harrow Foods",
        "  resolved, you, now: The firewall rule of the guest network had expired",
        "  note 2        …to connect to 10.0.0.12 port 443 after 2 ms: Connection refused",
    ]
    assert result.err.splitlines() == [
        "1 session, the best match first.",
        f"To see one: rflow show {code}. Nothing here is redacted.",
    ]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["ora-01555"], "Label printer in Leeds"),
        (["GROSSE", "pools"], "Label printer in Leeds"),
        (["印刷"], "プリンタが印刷できない"),
        (["10.0.0.12"], "VPN drops after update"),
        (["refu*", "conn"], "VPN drops after update"),
        (["conn", "--customer", "harrow foods"], "VPN drops after update"),
        (["firewall", "--mine", "--owner", "ana ruiz"], "VPN drops after update"),
        (["harrow", "--open"], "プリンタが印刷できない"),
        (['"guest network" vpn'], "VPN drops after update"),
    ],
    ids=str,
)
def test_words_and_filters(words: list[str], title: str, ana: Program) -> None:
    assert [hit["title"] for hit in ana.json("search", *words, "--json")] == [title]


def test_what_matches_nothing_is_explained(ana: Program) -> None:
    assert ana.ok("search", "refusd", "connection") == (
        0,
        "",
        "Nothing matches refusd connection.\n"
        "Each alone: refusd in 0 sessions, connection in 1 session.\n"
        "Try fewer words, or only the beginning of one (conn*).\n",
    )
    assert ana.ok("search", "refused connection").err == (
        'Nothing matches "refused connection".\nIn any order: 1 session. To see them: rflow search refused connection\n'
    )
    assert ana.ok("search", "harrow", "--ticket", "INC-1").err == (
        "Nothing matches harrow with these filters.\nWithout the filters: 2 sessions.\n"
    )
    assert ana.ok("search", "harrow", "--page", "7").err == (
        "That page is empty. 2 sessions match: use a lower --page, or more words.\n"
    )
    assert ana.json("search", "refusd", "--json") == []


def test_a_store_in_which_nothing_was_written_yet_has_nothing(tmp_path: Path) -> None:
    me = Program(tmp_path)
    assert me.ok("search", "printer").out == ""
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", ["", '""', "***", "\N{BULLET}"])
def test_a_search_without_a_word_says_how_to_search(words: str, ana: Program) -> None:
    assert ana.refused(2, "search", words) == (
        'rflow: There is no word to search for.\n       For example: rflow search "connection refused"\n'
    )


@pytest.mark.slow
def test_of_many_sessions_ten_are_shown_and_the_others_are_on_pages(ana: Program) -> None:
    many(ana, 23)
    first = ana.ok("search", "fax")
    assert first.err.startswith("1 to 10 of 23 sessions, the best match first. More: add --page 2, or another word.\n")
    last = ana.ok("search", "fax", "--page", "3")
    assert last.err.startswith("21 to 23 of 23 sessions, the best match first.\n")
    pages = [ana.json("search", "fax", "--page", f"{page}", "--json") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [10, 10, 3]
    assert len({hit["code"] for page in pages for hit in page}) == 23
    assert len(ana.json("search", "fax", "--limit", "100", "--json")) == 23


def test_no_line_is_wider_than_the_screen_and_the_match_is_in_it(ana: Program) -> None:
    long = "長い説明" * 60
    ana.start("--title", f"Till {'x' * 150}", "--customer", "Y" * 200)
    ana.ok("note", f"{long}白紙のラベル{long}")
    ana.ok("note", f"{'w' * 300} blank label")
    for words in ("白紙", "blank", "till"):
        lines = ana.ok("search", words).out.splitlines()
        assert lines
        assert max(map(columns, lines)) <= 80
    assert "白紙のラベル" in ana.ok("search", "白紙").out
    assert "blank label" in ana.ok("search", "blank").out


def test_json_has_the_state_the_outcome_and_where_the_words_are(ana: Program) -> None:
    (hit,) = ana.json("search", "conn*", "refused", "--json")
    assert (hit["status"], hit["outcome"], hit["more_matches"]) == ("closed", "resolved", 0)
    (match,) = hit["matches"]
    assert (match["entry"], match["what"], match["text"]) == (2, "note", REFUSED)
    assert [match["text"][first:last] for first, last in match["marks"]] == ["connect", "Connection", "refused"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "json"])
def test_after_redact_and_delete_the_word_is_in_none_of_the_files(kind: str, tmp_path: Path) -> None:
    me = Program(tmp_path, store=str(tmp_path / ("night.db" if kind == "sqlite" else "night")))
    code = me.start("--title", "Till 4 is dark")
    me.ok("note", f"The password is {SECRET}")
    other = me.start("--title", f"The {SECRET} again")
    assert len(me.json("search", SECRET, "--json")) == 2
    if kind == "sqlite":
        assert (tmp_path / "night.db-search").name in files_with(tmp_path, SECRET.encode())
    me.ok("-s", code, "redact", "2", "--yes")
    assert [hit["code"] for hit in me.json("search", SECRET, "--json")] == [other]
    me.ok("delete", other, "--yes")
    assert files_with(tmp_path, SECRET.encode()) == []
    assert me.json("search", SECRET, "--json") == []
    assert files_with(tmp_path, SECRET.encode()) == []


@pytest.mark.slow
@pytest.mark.parametrize("entry", ["2", "3"], ids=["the wait", "the one that took its place"])
@pytest.mark.parametrize("kind", ["sqlite", "json"])
def test_a_plan_that_is_redacted_is_in_no_other_wait_that_kept_it(kind: str, entry: str, tmp_path: Path) -> None:
    me = Program(tmp_path, store=str(tmp_path / ("night.db" if kind == "sqlite" else "night")))
    code = me.start("--title", "Till 4 is dark")
    me.ok("wait", "Bob: looks", "--if", f"the password is {SECRET}", "--then", "log in")
    me.ok("wait", "Bob: calls", "--until", "2h")
    assert len(me.json("search", SECRET, "--json")) == 1
    said = me.ok("redact", entry, "--yes").err
    assert f"texts of entry {entry} are erased.\nErased too, where it said the same: {5 - int(entry)}.\n" in said
    assert me.json("search", SECRET, "--json") == []
    assert files_with(tmp_path, SECRET.encode()) == []
    assert ("Bob: calls" in me.ok("show").out) == (entry == "2"), "what only the other says stays"
    me.ok("undo")
    assert SECRET not in me.ok("export", code).out
    assert files_with(tmp_path, SECRET.encode()) == []


def test_info_names_the_index_and_check_is_content_with_it(ana: Program) -> None:
    assert "search index" not in ana.ok("store", "info").out
    ana.ok("search", "vpn")
    assert re.search(r"^  search index: \d+ KiB \(", ana.ok("store", "info").out, re.MULTILINE)
    assert ana.ok("store", "check").err == "The store is sound.\n"


def test_an_output_file_may_not_replace_the_index(ana: Program) -> None:
    ana.ok("search", "vpn")
    (index,) = ana.home.rglob("*-search")
    said = ana.refused(2, "progress", ana.json("list", "--json")[0]["code"], "-o", str(index))
    assert "belongs to the store at" in said
