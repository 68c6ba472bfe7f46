"""What have you tried so far? Summaries as they are printed, copied, written to files, and kept short."""

import re
from html import unescape
from pathlib import Path

import pytest

from rflow.core.text import columns
from rflow.formats import FORMATS
from support.clipboard_world import OVER_SSH, script
from support.program import NOON, Program

SESSIONS = Path(__file__).parents[3] / "examples" / "sessions"
RECORDED = ["postgres-refused.jsonl", "dns-refused.jsonl", "printer-document.json"]
PASTED = ["markdown", "text", "slack", "teams"]
PASSWORD = "Sommer-2026-Leeds"
BEN = "Ben Okafor"


NO_ASK = 'Note: the summary does not say what you need. To add it: rflow brief --ask "…"\n'


@pytest.fixture
def ana(tmp_path: Path) -> Program:
    """Ana with two steps made, a clipboard not for a file, and an empty folder to work in."""
    (tmp_path / "here").mkdir()
    copying = {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'", "TERM": "dumb"}  # not by this very terminal
    me = Program(tmp_path, environ=copying, cwd=tmp_path / "here", clock=NOON)
    me.with_tree().start()
    me.ok("choose", "green")
    me.ok("done", "two jobs were stuck")
    return me


def clipboard(me: Program) -> str:
    return (me.home / "clipboard").read_text("utf-8")


RESTORE = "curl -d @agent.json https://leeds.example/a_b*c\\{1}"


@pytest.mark.parametrize("name", ["markdown", "text", "slack", "teams", "jira", "slack-blocks", "teams-card"])
def test_how_to_revert_a_change_can_be_copied_out_of_every_format_as_it_was_typed(ana: Program, name: str) -> None:
    """Escaped, set in, or with an invisible character in it, it would do something else when it is pasted."""
    ana.ok("change", "Agent of print-01 replaced by the one of the test bench", "--revert", RESTORE)
    ana.ok("change", "Ribbon changed", "--revert", "put the old one back")
    for form in ([], ["--brief"]):
        out = ana.ok("progress", "-f", name, *form).out
        assert RESTORE in (out.replace("\\\\", "\\") if out.startswith("{") else out)


def test_of_a_stack_trace_every_format_shows_the_message_and_the_page_the_message_above_the_last_frames(
    ana: Program,
) -> None:
    frames = "".join(f"\tat com.acme.Pool.m{number}(Pool.java:{number})\n" for number in range(30))
    ana.ok("step", "Looked at the log")
    log = f"Started\nPoolError: exhausted\n{frames}\t... 23 more\n"
    ana.ok("attach", "-", "--label", "server.log", "--on", "5", stdin=log)
    for name in FORMATS:
        assert "PoolError: exhausted" in ana.ok("progress", "-f", name).out, name
    assert "server.log: PoolError: exhausted\n" in ana.ok("progress", "-f", "text").out
    assert re.search(r"<pre[^>]*>\n?PoolError: exhausted\n…\n", ana.ok("progress", "-f", "html").out)


def test_japanese_is_wrapped_at_80_columns_and_a_path_in_it_stays_whole(ana: Program) -> None:
    ana.ok("note", "--warn", "本番のプリンターを再起動しないでください。" * 4)
    ana.ok("step", "再起動しても印刷しません。" * 9, "--result", "ログは /var/log/印刷/エラー.log にあります")
    out = ana.ok("progress", "-f", "text").out
    assert all(columns(line) <= 80 for line in out.splitlines())
    assert "/var/log/印刷/エラー.log" in out
    assert "本番のプリンターを再起動しないでください。" * 4 in "".join(out.split())


@pytest.mark.parametrize("name", ["markdown", "text", "slack", "teams", "jira"])
def test_in_a_digest_the_further_lines_of_a_text_are_not_taken_for_facts(ana: Program, name: str) -> None:
    ana.ok("brief", "--ask", "Please look at print-01\nCaution: none")
    out = ana.ok("digest", "-f", name).out
    assert not re.search(r"(?m)^ {0,2}Caution", out)
    assert "Caution: none" in out


def test_a_file_that_its_program_could_not_open_is_refused_unless_the_format_is_named(ana: Program) -> None:
    for command in ("progress", "digest"):
        refused = ana.refused(2, command, "-o", "leeds 2.PDF")
        assert refused == (
            "rflow: There is no format for .PDF files.\n"
            "       A page opens in every browser, which can print it as PDF: -o 'leeds 2.html'\n"
        )
    assert list((ana.home / "here").iterdir()) == []
    ana.ok("progress", "-f", "html", "-o", "leeds.doc")


def test_in_a_digest_nothing_stands_behind_the_way_to_revert_a_change(ana: Program) -> None:
    ana.ok("change", "Spooler stopped", "--revert", "systemctl start cups")
    ana.ok("change", "Port closed", "--revert", "nft delete rule inet a b handle 7")
    lines = ana.ok("digest", "-f", "teams").out.splitlines()
    assert [line.partition("Revert: ")[2] for line in lines if "Revert: " in line] == [
        "systemctl start cups",
        "nft delete rule inet a b handle 7",
    ]


def test_a_digest_counts_the_waits_that_it_has_no_room_for(ana: Program) -> None:
    for number in range(12):
        ana.ok(
            "wait", f"carrier {number}: an answer about the line to Leeds, with the times of its work", "--until", "2h"
        )
    out = ana.ok("digest", "-f", "text").out
    shown, counted = (
        out.count("an answer about the line"),
        re.search(r"Omitted: .*?(\d+) waits?", " ".join(out.split())),
    )
    assert 0 < shown < 12
    assert counted
    assert int(counted[1]) == 12 - shown


def deliveries(me: Program) -> list[str]:
    """Where summaries of the current session went, as it is recorded."""
    return re.findall(r'"type":"progress_shared".*?"destination":"(\w+)"', me.ok("export").out)


def letters(text: str) -> str:
    """A text without markup, punctuation and blanks."""
    return re.sub(r"[\W_]+", "", text).casefold()


@pytest.mark.slow
def test_it_goes_to_the_screen_and_nothing_is_recorded(ana: Program) -> None:
    for name in FORMATS:
        result = ana.ok("progress", "-f", name)
        assert "two jobs were stuck" in result.out
        assert result.out.endswith("\n")
        assert result.err == ""
    assert deliveries(ana) == []


def test_copied_it_says_which_session_and_how_and_records_it(ana: Program) -> None:
    code = ana.show()["code"]
    result = ana.ok("progress", "--copy", "-f", "slack")
    size = len(clipboard(ana).encode())
    assert result == (
        0,
        "",
        f"{code} · A label printer prints nothing · Leeds: copied with RFLOW_CLIPBOARD_CMD "
        f"({size} bytes, plain text only).\n{NO_ASK}",
    )
    assert clipboard(ana).strip() == ana.ok("progress", "-f", "slack").out.strip()
    assert deliveries(ana) == ["clipboard"]


def test_written_to_a_file_it_is_recorded_too(ana: Program) -> None:
    code = ana.show()["code"]
    result = ana.ok("progress", "-o", "summary.md")
    assert result == (0, "", f"{code} · A label printer prints nothing · Leeds: written to summary.md.\n{NO_ASK}")
    assert ana.cwd is not None
    written = (ana.cwd / "summary.md").read_text("utf-8")
    assert written == ana.ok("progress").out
    assert deliveries(ana) == ["file"]
    ana.ok("progress", "-o", "summary.md", "--overwrite", "--copy")
    assert deliveries(ana) == ["file", "file", "clipboard"]


@pytest.mark.slow
def test_output_may_be_a_device(ana: Program) -> None:
    for words in (("progress", "-o", "/dev/stdout"), ("export", "-o", "/dev/stdout")):
        result = ana.at(real=True).ok(*words)
        assert "two jobs were stuck" in result.out
    assert Path("/dev/stdout").is_symlink()


def test_an_export_is_for_its_owner_only(ana: Program) -> None:
    ana.ok("export", "-o", "session.jsonl")
    assert ana.cwd is not None
    assert (ana.cwd / "session.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_clipboard_that_fails_claims_nothing_and_loses_nothing(ana: Program) -> None:
    result = ana.run("progress", "--copy", RFLOW_CLIPBOARD_CMD="exit 3")
    assert result.code == 7
    assert "two jobs were stuck" in result.out
    assert "Nothing was copied; tried: RFLOW_CLIPBOARD_CMD (exit status 3)" in result.err
    assert "copied with" not in result.err
    assert deliveries(ana) == []
    both = ana.run("progress", "--copy", "-o", "summary.md", RFLOW_CLIPBOARD_CMD="exit 3")
    assert both.code == 7
    assert deliveries(ana) == ["file"]


def test_without_any_clipboard_it_says_what_would_give_one(ana: Program) -> None:
    result = ana.run("progress", "--copy", RFLOW_CLIPBOARD_CMD="")
    assert result.code == 7
    assert "two jobs were stuck" in result.out
    assert "set RFLOW_CLIPBOARD_CMD" in result.err


def test_the_clipboards_command_may_stand_in_the_configuration(ana: Program) -> None:
    ana.ok("config", "set", "clipboard.command", f"cat > '{ana.home}/other'")
    ana.at(environ={}).ok("progress", "--copy")
    assert "two jobs were stuck" in (ana.home / "other").read_text("utf-8")


@pytest.mark.slow
def test_from_a_store_that_can_only_be_read_it_is_copied_with_a_word(ana: Program) -> None:
    store = ana.home / "data" / "rflow"
    (store / "rflow.db").chmod(0o400)
    store.chmod(0o500)
    me = ana.with_limited_permissions()
    try:
        copied = me.ok("progress", "--copy")
        me.ok()
        assert "read-only disk" in me.refused(8, "note", "x")
    finally:
        store.chmod(0o700)
        (store / "rflow.db").chmod(0o600)
    assert "two jobs were stuck" in clipboard(ana)
    assert "copied with RFLOW_CLIPBOARD_CMD" in copied.err
    assert "Note: the delivery could not be recorded: This user may not read or write" in copied.err


def test_since_the_last_one_to_the_same_place(ana: Program) -> None:
    ana.ok("progress", "--copy")
    ana.ok("step", "Tried another cable", "--result", "no change")
    told = ana.json("progress", "--since", "last", "-f", "json")
    assert [step["text"] for step in told["tried"]] == ["Tried another cable"]
    assert told["earlier"] == 2
    assert told["since"]
    assert "to the file" in ana.refused(2, "progress", "--since", "last", "-o", "summary.md")
    ana.ok("progress", "--since", "last", "--copy", "-f", "text")
    assert "Tried another cable" in clipboard(ana)
    assert "two jobs were stuck" not in clipboard(ana)
    ana.ok("progress", "--since", "last", "--copy", "-f", "text")
    assert "Tried another cable" not in clipboard(ana)


def test_last_means_ones_own_last(ana: Program) -> None:
    ana.ok("progress", "--copy")
    ben = ana.at(user=BEN)
    assert "You have not delivered" in ben.refused(2, "progress", ana.show()["code"], "--since", "last")


def test_since_a_time(ana: Program) -> None:
    assert len(ana.json("progress", "--since", "1h", "-f", "json")["tried"]) == 2
    assert ana.json("progress", "--since", "0m", "-f", "json")["tried"] == []
    assert ana.json("progress", "--since", "2026-01-01 00:00", "-f", "json")["earlier"] == 0


def test_an_ask_may_be_for_this_summary_only(ana: Program) -> None:
    assert "Which lamp" not in ana.json("progress", "-f", "json")["position"]["text"]
    ana.ok("brief", "--ask", "Can you drive to Leeds?")
    for name in PASTED:
        recorded, asked = (ana.ok("progress", "-f", name, *words).out for words in ((), ("--ask", "Who has a spare?")))
        assert letters("Can you drive to Leeds?") in letters(recorded)
        assert letters("Who has a spare?") in letters(asked)
        assert letters("drive to Leeds") not in letters(asked)
        assert letters(recorded).index(letters("drive to Leeds")) < letters(recorded).index(letters("two jobs"))
    assert ana.json("progress", "-f", "json")["ask"] == "Can you drive to Leeds?"


@pytest.mark.parametrize("name", PASTED)
@pytest.mark.parametrize("file", RECORDED)
def test_brief_has_at_most_200_words_and_still_says_what_matters(file: str, name: str, ana: Program) -> None:
    path = str(SESSIONS / file)
    progress = ana.json("progress", path, "--brief", "-f", "json")
    text = ana.ok("progress", path, "--brief", "-f", name).out
    assert len(re.findall(r"\S*\w\S*", text)) <= 200, text
    said = letters(text)
    place = progress["position"]
    needed = [progress["ask"], *(change["revert"] for change in progress["changes"])]
    needed += [place["text"]] if place["kind"] != "end" else ["end of the tree"]
    assert [text for text in needed if letters(text or "") not in said] == []
    assert len(next(section for section in progress["sections"] if section["key"] == "tried")["entries"]) >= 3


@pytest.mark.parametrize("file", RECORDED)
def test_a_recorded_session_is_summarised_from_its_file_and_from_standard_input(file: str, ana: Program) -> None:
    path = SESSIONS / file
    from_file = ana.ok("progress", str(path)).out
    from_stdin = ana.ok("progress", "-", stdin=path.read_bytes()).out
    title = ana.json("progress", str(path), "-f", "json")["session"]["title"]
    assert letters(title) in letters(from_file)
    assert from_stdin == from_file.replace(str(path), "standard input")
    assert ana.json("list", "--all", "--json")[0]["title"] == "A label printer prints nothing"
    assert "not copied" not in ana.ok("progress", str(path), "--copy").err
    assert letters(title) in letters(clipboard(ana))
    assert deliveries(ana) == []
    assert "not for a file" in ana.refused(2, "progress", str(path), "--since", "1h")


def test_secrets_are_left_out_and_counted_unless_the_reader_may_see_them(ana: Program) -> None:
    ana.ok("note", f"password={PASSWORD}")
    ana.ok("step", "Logged in", "--result", f"postgresql://app:{PASSWORD}@db.leeds.example/labels")
    for words in (("progress",), ("digest",), ("handoff", BEN)):
        for name in PASTED:
            if words[0] == "handoff":
                ana.run("handoff", "--cancel")
            result = ana.ok(*words, "-f", name)
            assert PASSWORD not in result.out, words
            assert "Hidden: " in result.err, words
    ana.ok("handoff", "--cancel")
    assert ana.ok("progress").err == "Hidden: 2 passwords.\n"
    assert ana.json("progress", "-f", "json")["redacted_kinds"] == [{"kind": "password", "count": 2}]
    assert "Hidden: 2 passwords." in ana.ok("progress", "--copy").err
    assert PASSWORD not in clipboard(ana)
    open_ = ana.ok("progress", "--no-redact")
    assert open_.out.count(PASSWORD) == 2
    assert open_.err == ""
    assert PASSWORD in ana.ok("show").out
    assert PASSWORD in ana.ok("export").out


def test_a_secret_is_known_by_the_lines_of_a_text_that_is_shown_on_one(ana: Program) -> None:
    ana.ok("step", f"kubectl get pod -o yaml said\n- name: DB_PASSWORD\n  value: {PASSWORD}")
    shown = ana.ok("progress")
    assert PASSWORD not in shown.out
    assert "Hidden: 1 password." in shown.err


def test_ones_own_patterns_from_the_configuration_and_the_environment(ana: Program) -> None:
    ana.ok("note", "Customer number 4711-0815, door code 99-12")
    ana.ok("config", "set", "redact.patterns", r"\d{4}-\d{4}", r"door code (?P<secret>\S+)")
    told = ana.ok("progress", "-f", "text")
    assert "4711-0815" not in told.out
    assert "99-12" not in told.out
    assert "door code" in told.out
    assert told.err == "Hidden: 2 values of your own patterns.\n"
    assert "4711-0815" in ana.ok("progress", RFLOW_REDACT_PATTERNS="door").out


def test_the_usual_format_can_be_set(ana: Program) -> None:
    slack = ana.ok("progress", "-f", "slack").out
    assert ana.ok("progress").out != slack
    ana.ok("config", "set", "progress.format", "slack")
    assert ana.ok("progress").out == slack
    assert ana.ok("progress", RFLOW_FORMAT="text").out == ana.ok("progress", "-f", "text").out


def test_progress_works_on_closed_sessions_and_on_others(ana: Program) -> None:
    code = ana.show()["code"]
    ana.ok("close", "--outcome", "escalated", "--summary", "The vendor comes on Monday")
    assert "The vendor comes on Monday" in ana.ok("progress", code).out
    assert "The vendor comes on Monday" in ana.at(user=BEN).ok("progress", code).out
    ana.ok("progress", code, "--copy")
    assert ana.show(code)["status"] == "closed"


def test_a_digest_covers_my_sessions_or_all(ana: Program) -> None:
    ana.ok("start", "--title", "The till in Leeds is slow")
    ana.ok("start", "--title", "The door is stuck")
    ana.ok("close", "--outcome", "resolved")
    ben = ana.at(user=BEN, terminal="Ben's")
    ben.ok("start", "--title", "The lift stands still")
    for name in PASTED:
        mine = ana.ok("digest", "-f", name)
        assert mine.err == ""
        assert letters("A label printer prints nothing") in letters(mine.out)
        assert letters("The till in Leeds is slow") in letters(mine.out)
        assert letters("The door is stuck") not in letters(mine.out)
        assert letters("The lift stands still") not in letters(mine.out)
        assert ana.ok("digest", "--mine", "-f", name).out == mine.out
        assert letters("The lift stands still") in letters(ana.ok("digest", "--all", "-f", name).out)
    ana.ok("digest", "--all", "--copy")
    assert "The lift stands still" in clipboard(ana)
    ana.ok("digest", "-o", "digest.md")
    assert ana.at(user="Chloé").ok("digest").err == "You have no open session. Everybody's: rflow digest --all\n"


def test_a_handoff_offers_the_summary_or_prints_or_copies_it(ana: Program) -> None:
    code = ana.show()["code"]
    said, offer = ana.ok("handoff", BEN, "--new-user").err.split("\n\nNext:\n")
    said, note = said.split("\n", 1)
    assert said.endswith("handed to Ben Okafor, who hasn't accepted it yet.")
    assert note.startswith("Note: the summary does not say what is wrong, since when, and who is affected.")
    assert note.endswith(f'To add it: rflow -s {code} brief --situation "…" --impact "…"')
    assert offer.startswith(f"    rflow progress {code} --copy  ")
    ana.ok("handoff", "--cancel")
    printed = ana.ok("handoff", BEN, "--note", "The courier comes at five", "-f", "text")
    assert "rflow progress" not in printed.err
    assert "two jobs were stuck" in printed.out
    assert "The courier comes at five" in " ".join(printed.out.split())
    ana.ok("handoff", "--cancel")
    copied = ana.ok("handoff", BEN, "--copy", "-f", "teams")
    assert copied.out == ""
    assert "two jobs were stuck" in clipboard(ana)
    ana.ok("handoff", "--cancel")
    failed = ana.run("handoff", BEN, "--copy", RFLOW_CLIPBOARD_CMD="exit 3")
    assert failed.code == 7
    assert "handed to Ben Okafor" in failed.err
    assert "two jobs were stuck" in failed.out


@pytest.mark.parametrize("name", FORMATS)
def test_format_show_gives_an_example(name: str, ana: Program) -> None:
    shown = ana.ok("format", "show", name)
    assert shown.err.startswith(f"{name}: ")
    assert letters("checkout can't reach its database") in letters(unescape(shown.out))


def test_wide_characters_take_two_of_the_80_columns(ana: Program) -> None:
    ana.ok("start", "--title", "ラベルプリンターが動かない", "--customer", "東京")
    ana.ok("step", "電源を入れ直した " * 8, "--result", "変化なし " * 8)
    printed = ana.ok("progress", "-f", "text").out
    assert max(map(columns, printed.splitlines())) <= 80
    assert "電源を入れ直した" in printed


def test_a_list_with_wide_names_stays_in_columns(ana: Program) -> None:
    ana.at(user="田中さくら").ok("start", "--title", "ラベルプリンター" * 8)
    heading, *rows = ana.ok("list", "--all").out.splitlines()
    assert len(rows) == 2
    starts = [columns(row[: re.search(r"\s(open|handed)\s", row).start(1)]) for row in rows]  # type: ignore[union-attr]
    assert starts == [heading.index("STATE")] * 2
    assert max(map(columns, rows)) <= 80


def test_a_clipboard_command_that_fails_is_named_though_another_way_works(ana: Program) -> None:
    """Here tmux takes the text: with a mistyped command, it would be copied there each time, and nobody told."""
    (ana.home / "bin").mkdir()
    tmux = script(ana.home / "bin/tmux", f"cat > '{ana.home}/buffer'")
    there = {"PATH": f"{tmux.parent}:{ana.variables['PATH']}", "TMUX": "/nowhere,1,0", "DISPLAY": "", **OVER_SSH}
    for words in (("progress", "--copy"), ("share", "create", "--copy")):
        said = ana.ok(*words, RFLOW_CLIPBOARD_CMD="no-such-program", **there).err
        assert "Your clipboard command failed: exit status 127" in said, words
        assert "copied to tmux" in said
    ana.ok("note", "hold the paper tray")
    said = ana.ok("progress", "--copy", RFLOW_CLIPBOARD_CMD="cat >&2; exit 3", **there).err
    assert "Your clipboard command failed: exit status 3.\n" in said
    assert "paper tray" not in said
    assert "paper tray" in (ana.home / "buffer").read_text("utf-8")
    assert "command failed" not in ana.ok("progress", "--copy", **there).err


def test_many_warnings_leave_the_whole_form_no_less_room_than_the_brief_form(ana: Program) -> None:
    ana.ok("brief", "--situation", "The tills are slow", "--ask", " ".join(f"word{number}" for number in range(60)))
    ana.ok("step", "Asked the vendor", "--result", "no fault", "--pin")
    ana.ok("change", "Pool size 50", "--revert", "poolctl size 500")
    for number in range(20):
        ana.ok("warn", f"never restart till {number} " + "or what is behind it " * 7)
    for form in ((), ("--brief",)):
        shown = ana.ok("progress", "-f", "text", *form).out
        missing = [text for text in ("The tills are slow", "no fault", "poolctl size 500") if text not in shown]
        assert missing == [], form
