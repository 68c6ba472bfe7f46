"""Bad input, each with one sentence, the right exit code, a way on, and nothing written."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.program import SCRIPT, Program, has_advice

SAMPLES = Path(__file__).parents[2] / "samples"
RLO, ESC = "\N{RIGHT-TO-LEFT OVERRIDE}", "\x1b[2J"
NOT_UTF_8 = os.fsdecode(b"caf\xe9 \xff")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, str]:
    ana = Program(tmp_path_factory.mktemp("bad input")).with_tree()
    return ana, ana.start()


@pytest.fixture
def ana(prepared: tuple[Program, str], tmp_path: Path) -> Program:
    """Ana at the question about the lamp; `cwd` is an empty folder."""
    (tmp_path / "here").mkdir()
    home = shutil.copytree(prepared[0].home, tmp_path / "home")
    me = prepared[0].at(home=home, cwd=tmp_path / "here")
    me.ok("resume", prepared[1])
    return me


UNKNOWN: list[tuple[int, Sequence[str], str]] = [
    (
        3,
        ("start", "labl-printer"),
        'There is no tree "labl-printer" in this store.\n       Did you mean "label-printer"?',
    ),
    (3, ("start", "coffee"), 'There is no tree "coffee" in this store.\n       There are: label-printer.'),
    (3, ("enter", "coffee"), 'There is no tree "coffee"'),
    (3, ("tree", "show", "coffee"), 'There is no tree "coffee"'),
    (3, ("tree", "remove", "coffee"), 'There is no tree "coffee"'),
    (3, ("show", "ZZZZ"), 'There is no session "ZZZZ" in this store.\n       See what there is: rflow list --all'),
    (
        3,
        ("show", "471"),
        "If it is the number of an entry: rflow show lists them. The content of evidence: rflow show --evidence 471",
    ),
    (3, ("resume", "-"), 'There is no session "-"'),
    (3, ("-s", "ZZZZ", "note", "x"), 'There is no session "ZZZZ"'),
    (3, ("-s", "ZZZZ"), 'There is no session "ZZZZ"'),
    (3, ("progress", "Z" * 300), 'There is no session "ZZZ'),
    (3, ("redact", "99"), "has no entry 99."),
    (3, ("accept",), "Your inbox is empty."),
    (
        2,
        ("choose", "Purple"),
        '"Purple" is not one of the choices.\n       Choose one of: 1 Red, steady; 2 Red, blinking',
    ),
    (2, ("choose", "gren"), 'Did you mean "Green"?'),
    (
        2,
        ("choose", "red"),
        '"red" could be more than one choice.\n       Choose one of: 1 Red, steady; 2 Red, blinking.',
    ),
    (2, ("choose", "4"), '"4" is not one of the choices.'),
    (2, ("choose", "#0"), '"#0" is not one of the choices.'),
    (2, ("choose", "²"), '"²" is not one of the choices.'),
    (2, ("done", "x"), "is a question.\n       Answer it with rflow choose: 1 Red, steady"),
    (2, ("done", "x"), 'Something else that you did: rflow step "…"'),
    (2, ("skip", "--reason", "x"), "is a question."),
    (2, ("back",), "There is no move to take back"),
    (2, ("progress", "-f", "marksdown"), 'There is no format "marksdown".\n       Did you mean "markdown"?'),
    (2, ("digest", "-f", "xml"), 'There is no format "xml".\n       There are: markdown, text, slack, teams, '),
    (2, ("format", "show", "xml"), 'There is no format "xml".'),
    (2, ("config", "get", "usr.name"), 'There is no setting "usr.name".\n       Did you mean "user.name"?'),
    (2, ("config", "set", "colour", "red"), 'There is no setting "colour".\n       Known: store, user.name'),
    (2, ("config", "set", "progress.format", "xml"), 'There is no format "xml".'),
    (2, ("config", "set", "redact.patterns", "("), "is not a regular expression"),
    (2, ("nte", "x"), 'There is no command "nte".\n       Did you mean: rflow note'),
    (
        2,
        ("tree", "grow"),
        'There is no command "tree grow".\n       There are: list, show, graph, check, add, remove,',
    ),
    (2, ("--colour",), 'rflow has no option "--colour".\n       See: rflow --help'),
    (2, ("choose", "1", "--force"), 'choose has no option "--force".\n       See: rflow choose --help'),
    (2, ("show", "--evidence", "99"), "Entry 99 is not evidence.\n       Evidence of"),
    (3, ("amend", "1", "x"), "has no entry 1.\n       See the numbers:"),
    (2, ("change", "--reverted", "1"), "Entry 1 is not a change left in place.\n       Left in place: none."),
    (2, ("show", "--evidence", "first"), '--evidence takes the number of an entry (see `rflow show`), not "first".'),
    (9, ("--store", "https://rflow.example", "list"), "You are not signed in at rflow.example."),
    (2, ("--store", "ftp://rflow.example", "list"), "There is no kind of store called 'ftp'."),
    (
        8,
        ("--store", "postgresql://ana:Sommer-2026@db.invalid/rflow", "list"),
        "PostgreSQL can't be reached at postgresql://ana@db.invalid/rflow",
    ),
]

INCOMPLETE: list[tuple[int, Sequence[str], str]] = [
    (2, ("start",), "What is the session about?"),
    (2, ("start", "--title", "  "), "What is the session about?"),
    (2, ("note", ""), "The note is empty."),
    (2, ("note", " \n "), "The note is empty."),
    (2, ("note", "-"), "The note is empty."),
    (2, ("step", ""), "The step is empty."),
    (2, ("choose", ""), "The choice is empty."),
    (2, ("choose", "1", "--assume"), "The reason is empty."),
    (2, ("brief", "--title", " "), "The title is empty"),
    (2, ("change",), "The change is empty."),
    (2, ("change", "Set the fallback queue"), "How can it be reverted?"),
    (2, ("change", "Set it", "--reverted", "3"), "--reverted takes no text but its --note."),
    (2, ("wait",), "What is it waiting for?"),
    (2, ("wait", "--for", "Ben", "--over"), " waits for nothing."),
    (2, ("close",), "How did it end: resolved, escalated or abandoned?"),
    (2, ("handoff",), "To whom?"),
    (2, ("run",), "No command to run."),
    (2, ("run", "--", ""), "No command to run."),
    (2, ("run", "-c", " "), "No command to run."),
    (2, ("run", "-c", "true", "--", "false"), "No command to run."),
    (127, ("run", "--", "pgrep-of-another-machine"), 'There is no program "pgrep-of-another-machine" here;'),
    (2, ("attach", "-"), "There is nothing in it."),
    (2, ("digest", "--mine", "--all"), "--mine and --all exclude each other."),
    (2, ("tree", "add"), "No file was named."),
    (2, ("tree", "check"), "No file was named.\n       rflow tree check FILE"),
    (
        2,
        ("choose",),
        'Which answer to "Which lamp is lit?"?\n  1  Red, steady\n  2  Red, blinking\n  3  Green\n       rflow choose',
    ),
    (2, ("skip",), "Why is it skipped?"),
    (2, ("-s",), "-s needs CODE: the session to work on (RFLOW_SESSION).\n  "),
    (2, ("progress", "-f"), "-f needs NAME: see `rflow format list`.\n  markdown "),
    (2, ("export", "x", "y"), 'export does not know what to do with "y".'),
    (2, ("note", "x", "y", "-s", "CODE"), "Does -s belong to the text, or does the text end before it?"),
    (2, ("step", "moved", "--result", "no", "change"), "Does --result belong to the text"),
    (2, ("step", "x", "-r", "y"), 'step has no option "-r".'),
    (2, ("warn", "no reboot", "--until", "04:00"), 'warn has no option "--until".'),
    (2, ("note", "ran", "ls", "-la"), 'If it belongs to the text, put that in quotes: rflow note "ran ls -la" '),
    (2, ("note", "-x"), "If it belongs to the text, put that in quotes: rflow note -- -x "),
    (2, ("note",), "note needs TEXT|-: the text, or - to read it from standard input.\n       Write it as:"),
    (2, ("start",), "There are these trees:\n  label-printer  A label printer prints nothing\n"),
    (2, ("resume",), "resume needs SESSION: its code, its ticket, or a word of its title.\n  "),
    (2, ("config", "set", "format"), "progress.format needs a value: the format of summaries, unless"),
    (2, ("config", "set"), "config set needs NAME: see `rflow config list`.\n  store "),
    (2, ("progress", "teams", "-f", "md"), '"teams" is a format, and md is another one.'),
    (2, ("progress", "--json", "-f", "md"), "--json and -f exclude each other."),
    (2, ("step", "a", "--result", "--pin"), "--result needs a value, but --pin stands behind it."),
    (2, ("brief", "--ask", "--title=Till 3"), "--ask needs a value, but --title=Till 3 stands behind it."),
    (2, ("run", "--step", "--pin", "--", "true"), "--step needs a value, but --pin stands behind it."),
    (2, ("skip", "no access", "--reason", "none"), 'There are two texts: "no access", and "none" with --reason.'),
    (2, ("redact", "1"), "There is no terminal to ask at.\n       To do it, add --yes."),
    (2, ("close", "--outcome", "fine"), '--outcome takes resolved, escalated or abandoned, not "fine".'),
    (2, ("list", "--limit", "0"), '--limit takes a number from 1 to 10000, not "0".'),
    (2, ("delete", "CODE"), "There is no terminal to ask at.\n       To do it, add --yes."),
    (2, ("--user", " ", "note", "x"), "Your name is empty: who are you?"),
    (2, ("--user", "@tier2", "note", "x"), '"@tier2" is a queue: who are you?'),
    (2, ("progress", "--since", "last"), "You have not delivered a summary of this session yet."),
    (2, ("progress", "--since", "last", "--copy"), "You have not delivered a summary of this session to the clipboard"),
]

TIMES: list[tuple[int, Sequence[str], str]] = [
    (2, ("step", "Rebooted it", "--at", "25:00"), '"25:00" is not a time of day.\n       Write it as 02:10.'),
    (2, ("step", "Rebooted it", "--at", "yesterday"), '"yesterday" says no time of day.'),
    (2, ("step", "Rebooted it", "--at", "2026-02-30 02:10"), "is not a time."),
    (2, ("step", "Rebooted it", "--at", "0001-01-01"), "says no time of day."),
    (2, ("step", "Rebooted it", "--at", "2999-01-01 09:00"), "is in the future."),
    (2, ("step", "Rebooted it", "--at", "-20m"), '"-20m" is not a time.'),
    (2, ("wait", "--until", "later"), '"later" is not a time.'),
    (2, ("wait", "--until", "2020-01-01 09:00"), '"2020-01-01 09:00" is in the past.'),
    (2, ("wait", "--until", "9999-12-31T23:59-12:00"), "is not a time."),
    (2, ("progress", "--since", "noon"), '"noon" is not a time.'),
    (2, ("progress", "--since", "2999-01-01 09:00"), "is in the future."),
    (2, ("list", "--stale", "old"), '"old" is not a time span.\n       Write it as 30m, 4h or 2d.'),
    (2, ("list", "--stale", "-4h"), '"-4h" is not a time span.'),
]

FILES: list[tuple[int, Sequence[str], str]] = [
    (6, ("attach", "screenshot.png"), "screenshot.png can't be read: No such file"),
    (6, ("attach", "."), "can't be read: Is a directory."),
    (6, ("import", "session.jsonl"), "session.jsonl can't be read: No such file"),
    (6, ("import", "."), "can't be read: Is a directory."),
    (6, ("import", "-"), "standard input is empty."),
    (
        6,
        ("import", "/etc/passwd"),
        "/etc/passwd is not a session.\n       A session is a file that rflow export wrote, or",
    ),
    (6, ("progress", "session.json"), "session.json can't be read: No such file"),
    (6, ("progress", "./session"), "can't be read: No such file"),
    (6, ("progress", "-"), "standard input is empty."),
    (6, ("tree", "add", "vpn.toml"), "vpn.toml: There is no such file."),
    (6, ("tree", "check", "vpn.toml"), "vpn.toml: There is no such file."),
    (6, ("tree", "add", "vpn.doc"), '".doc" is not a format of trees.'),
    (7, ("progress", "-o", "no folder/summary.md"), "can't be written: No such file or directory."),
    (7, ("progress", "-o", "."), "can't be written: Is a directory."),
    (7, ("digest", "-o", "."), "can't be written: Is a directory."),
    (7, ("export", "-o", "no folder/session.jsonl"), "can't be written: No such file or directory."),
    (7, ("export", "-o", "/"), "can't be written: Is a directory."),
    (8, ("store", "copy", "old.db", "new.db"), "There is no store at"),
    (2, ("store", "backup", "."), "already exists, and a backup overwrites nothing."),
]


@pytest.mark.parametrize(("code", "words", "told"), UNKNOWN + INCOMPLETE + TIMES + FILES, ids=repr)
def test_it_is_refused_in_a_sentence(
    code: int, words: Sequence[str], told: str, ana: Program, prepared: tuple[Program, str]
) -> None:
    before = ana.show()
    error = ana.refused(code, *(prepared[1] if word == "CODE" else word for word in words))
    assert told in error
    assert "Sommer-2026" not in error
    assert ana.show() == before
    assert list((ana.cwd or ana.home).iterdir()) == []


def test_a_beginning_that_fits_two_sessions_names_both(ana: Program) -> None:
    """Codes are drawn by lot: sessions are started until two begin alike."""
    codes: dict[str, str] = {ana.show()["code"][0]: ana.show()["code"]}
    while (new := ana.start("--title", "The till in Leeds is slow"))[0] not in codes:
        codes[new[0]] = new
    error = ana.refused(2, "show", new[0])
    assert codes[new[0]] in error
    assert new in error
    assert "Type one more letter." in error
    for reference in (new, new.lower(), new.replace("-", ""), new[:6]):
        assert ana.show(reference)["code"] == new


def test_a_beginning_that_fits_two_trees_names_both(ana: Program) -> None:
    ana.ok("tree", "add", "--examples")
    ana.with_tree(Path(ana.home / "tree.toml").read_text("utf-8").replace("label-printer", "label-press"))
    assert "could be more than one tree" in ana.refused(2, "start", "label-p")
    assert ana.json("start", "label-pri", "--json")["tree"]["id"] == "label-printer"


def test_a_note_of_a_megabyte_is_refused_with_what_to_do_instead(ana: Program) -> None:
    for text in ("x" * 1_000_000, "é" * 33_000):
        error = ana.refused(2, "note", "-", stdin=text)
        assert error == "rflow: The note is longer than 64 KiB.\n       Attach it as a file: rflow attach FILE\n"
    ana.ok("note", "-", stdin="x" * 65_536)
    assert "longer than 4 KiB" in ana.refused(2, "step", "x" * 5000)
    assert "longer than 4 KiB" in ana.refused(2, "brief", "--ask", "x" * 5000)
    assert len(ana.show()["notes"]) == 1


def test_evidence_has_a_limit_too(ana: Program) -> None:
    error = ana.refused(2, "attach", "-", stdin=b"\0" * (8 * 1024 * 1024 + 1))
    assert "That is more than 8.0 MiB." in error
    assert "tail -n 500 FILE | rflow attach -" in error


@pytest.mark.slow
def test_control_and_bidi_characters_reach_no_terminal(ana: Program) -> None:
    nasty = f"{ESC}{RLO}gnp.exe\x07\x85"
    ana.ok("start", "--title", f"Till {nasty}", "--customer", f"Leeds {nasty}", "--ticket", nasty)
    ana.ok("note", f"seen {nasty}")
    ana.ok("step", f"tried {nasty}", "--result", f"got {nasty}")
    ana.ok("brief", "--ask", f"who? {nasty}", "--situation", nasty)
    ana.ok("change", f"set {nasty}", "--revert", nasty)
    ana.ok("wait", "--for", nasty)
    ana.ok("run", "--label", nasty, "--", "printf", nasty)
    ana.ok("attach", "-", "--label", nasty, stdin=nasty)
    ana.ok("--user", f"Eve {nasty}", "note", "seen too")
    ana.run("start", nasty)
    for words in (
        (),
        ("show",),
        ("list",),
        ("progress",),
        ("progress", "-f", "text"),
        ("progress", "-f", "slack"),
        ("progress", "-f", "teams"),
        ("progress", "--brief"),
        ("digest",),
        ("note", "x"),
        ("choose", nasty),
        ("show", nasty),
        ("start", nasty),
        ("progress", "-f", nasty),
        ("handoff", f"Chloé {nasty}", "--new-user"),
        ("list", "--all"),
    ):
        result = ana.run(*words)
        shown = result.out + result.err
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown), (words, shown)


@pytest.mark.slow
def test_text_that_is_not_utf_8_is_kept_as_far_as_it_can_be_read_and_that_is_said(ana: Program) -> None:
    warning = "Warning: the text is not all UTF-8; what could not be read is kept as \ufffd.\n"
    me = ana.at(real=True)
    assert me.ok("note", NOT_UTF_8).err.startswith(warning)
    assert me.ok("note", "-", stdin=b"caf\xe9 \xff").err.startswith(warning)
    assert me.ok("brief", "--customer", NOT_UTF_8).err.startswith(warning)
    assert [note["text"] for note in ana.show()["notes"]] == ["caf\ufffd \ufffd"] * 2
    honest = ana.ok("note", "-", stdin="caf\ufffd \N{BLACK HEART SUIT}".encode())
    assert "Warning" not in honest.err
    unknown = ("show", "E42 " + NOT_UTF_8)
    for words in (("start", NOT_UTF_8), unknown, ("choose", NOT_UTF_8), ("progress", "-f", NOT_UTF_8)):
        assert has_advice(words, me.run(*words).err)
    for words in (("list", "--customer", NOT_UTF_8), ("list", "--owner", NOT_UTF_8), ("list", "--tree", NOT_UTF_8)):
        assert me.ok(*words).out == ""
    me.ok("--user", NOT_UTF_8, "note", "by a person from Paris")
    me.ok("attach", "-", stdin=b"caf\xe9 \xff")
    assert ana.ok("show", "--evidence", str(ana.show()["evidence"][0]["seq"])).data == b"caf\xe9 \xff"


@pytest.mark.slow
def test_files_whose_names_are_not_utf_8_can_be_used(ana: Program) -> None:
    file = ana.home / os.fsdecode(b"caf\xe9.log")
    file.write_bytes(b"the till is slow")
    me = ana.at(real=True)
    assert "evidence 3 recorded" in me.ok("attach", str(file)).err
    assert me.show()["evidence"][0]["label"] == "caf\ufffd.log"
    me.ok("export", "-o", f"{file}.jsonl")
    assert "here already, nothing new" in me.ok("import", f"{file}.jsonl").err


@pytest.mark.parametrize("kind", ["toml", "yaml", "json"])
def test_a_tree_with_ten_problems_lists_all_ten(kind: str, ana: Program) -> None:
    file = str(SAMPLES / "trees" / f"ten-problems.{kind}")
    checked = ana.refused(6, "tree", "check", file).splitlines()
    assert len(checked) == 10
    added = ana.refused(6, "tree", "add", file).splitlines()
    assert added[0].startswith(f"rflow: {file} can't be used as a tree: 7 errors, 3 warnings")
    assert [line.strip() for line in added[1:-1]] == checked
    assert added[-1].strip()
    assert ana.json("tree", "list", "--json")[0]["id"] == "label-printer"


BOMBS = {
    "laughs.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    "itself.yaml": "id: &a [*a]\n",
    "python.yaml": '!!python/object/apply:os.system ["touch pwned"]\n',
    "deep.yaml": "[" * 20_000,
    "deep.json": "[" * 100_000,
    "deep.toml": "a = " + "[" * 20_000,
    "latin-1.toml": "title = 'caf\xe9'",
    "nothing.toml": "",
    "letter.yaml": "Dear Sir or Madam",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_tree_file_that_is_none_or_a_bomb_is_refused_at_once(name: str, ana: Program) -> None:
    assert ana.cwd is not None
    (ana.cwd / name).write_bytes(BOMBS[name].encode("latin-1"))
    assert name in ana.refused(6, "tree", "check", name)
    assert name in ana.at(real=True).refused(6, "tree", "add", name)
    assert not (ana.cwd / "pwned").exists()


EVERYTHING: list[tuple[str, ...]] = [
    (),
    ("list",),
    ("inbox",),
    ("show",),
    ("start", "--title", "The till in Leeds is slow"),
    ("choose", "1"),
    ("note", "x"),
    ("run", "--", "touch", "ran"),
    ("progress", "--copy"),
    ("digest",),
    ("export",),
    ("tree", "list"),
    ("tree", "add", "--examples"),
    ("store", "info"),
    ("store", "backup", "copy.db"),
]


@pytest.mark.parametrize("damage", ["a letter", "nothing at all", "half of it", "its first page only"])
def test_every_command_reports_a_damaged_store_and_leaves_it_alone(damage: str, ana: Program) -> None:
    path = ana.home / "data" / "rflow" / "rflow.db"
    whole = path.read_bytes()
    kept = {"a letter": b"Dear Sir or Madam\n" * 99, "nothing at all": b"", "half of it": whole[: len(whole) // 2]}
    data = kept.get(damage, whole[:100])
    path.write_bytes(data)
    for words in EVERYTHING:
        error = ana.refused(8, *words, RFLOW_CLIPBOARD_CMD="touch copied")
        assert str(path) in error, (words, error)
        assert error.count("\n") == 2, (words, error)
    assert path.read_bytes() == data
    assert list((ana.cwd or ana.home).iterdir()) == []
    assert ana.ok("--help").out
    assert ana.ok("format", "list").out
    assert ana.ok("config", "list").out


def test_a_folder_of_another_program_is_refused_and_left_alone(ana: Program) -> None:
    folder = ana.home / "letters"
    folder.mkdir()
    (folder / "to the vendor.txt").write_text("Dear Sir or Madam")
    for words in (("list",), ("start", "--title", "The till in Leeds is slow")):
        assert "is not an rflow store; it was left untouched" in ana.refused(8, "--store", str(folder), *words)
    assert [path.name for path in folder.iterdir()] == ["to the vendor.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["store.db", "store", ""])
def test_a_folder_that_may_not_be_entered_is_reported(name: str, ana: Program) -> None:
    locked = ana.home / "locked"
    locked.mkdir(mode=0)
    for words in (("list",), ("start", "--title", "The till in Leeds is slow"), ("note", "x")):
        error = ana.with_limited_permissions().refused(8, "--store", str(locked / name), *words)
        assert error.startswith("rflow: This user may not read or write all of")


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite://HERE/work.db", "json:HERE/work"])
def test_a_store_in_a_folder_that_may_not_be_entered_is_not_taken_for_an_empty_one(url: str, ana: Program) -> None:
    locked, copy = ana.home / "locked", ana.home / "copy.db"
    url = url.replace("HERE", str(locked))
    ana.ok("--store", url, "start", "--title", "The till in Leeds is slow")
    locked.chmod(0)
    bound = ana.with_limited_permissions()
    reading = [("list",), ("inbox",), ("show",), ("search", "till"), ("store", "info"), ("store", "check"), ()]
    for words in (*reading, ("store", "backup", str(copy)), ("store", "copy", url, str(copy)), ("note", "x")):
        error = bound.refused(8, "--store", url, *words)
        assert error.startswith("rflow: This user may not read or write all of"), (words, error)
    assert not copy.exists()
    locked.chmod(0o700)
    assert "The till in Leeds is slow" in bound.ok("--store", url, "list").out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["work.db", "work"])
def test_a_backup_or_store_that_cannot_be_reached_is_not_taken_for_a_missing_one(name: str, ana: Program) -> None:
    locked, open_ = ana.home / "locked", ana.home / "open"
    for folder in (locked, open_):
        folder.mkdir()
        ana.ok("--store", str(folder / name), "start", "--title", "The till in Leeds is slow")
        ana.ok("--store", str(folder / name), "store", "backup", str(folder / f"backup-{name}"))
    before = sorted(locked.rglob("*"))
    locked.chmod(0)
    bound = ana.with_limited_permissions()
    for words in (
        ("store", "verify", str(locked / f"backup-{name}")),
        ("--store", str(open_ / name), "store", "restore", str(locked / f"backup-{name}"), "--yes"),
        ("--store", str(locked / name), "store", "restore", str(open_ / f"backup-{name}"), "--yes"),
        ("--store", str(open_ / name), "store", "backup", str(locked / "new")),
        ("--store", "memory:", "store", "backup", str(locked / "new")),
    ):
        error = bound.refused(8, *words)
        assert error.startswith(f"rflow: This user may not read or write all of {locked}/"), (words, error)
    locked.chmod(0o700)
    assert sorted(locked.rglob("*")) == before


@pytest.mark.slow
def test_other_files_in_a_folder_that_may_not_be_entered_are_not_taken_for_missing_ones(ana: Program) -> None:
    locked, runbook, state = ana.home / "locked", ana.home / "book.md", ana.home / "state"
    runbook.write_text("# Till\n1. Ping it\n2. Restart it\n", "utf-8")
    locked.mkdir()
    locked.chmod(0)
    bound = ana.with_limited_permissions()
    tree = str(locked / "till.toml")
    for code, words, what in (
        (6, ("tree", "import", str(locked / "book.md")), "The file can't be read: Permission denied."),
        (7, ("tree", "import", str(runbook), "-o", tree), f"{tree} can't be written: Permission denied."),
        (7, ("tree", "new", "till", "-o", tree), f"{tree} can't be written: Permission denied."),
    ):
        result = bound.run(*words)
        assert (result.code, what in result.err) == (code, True), result
    away = bound.at(environ={**bound.environ, "XDG_STATE_HOME": str(state)})
    (state / "rflow" / "unsent").mkdir(parents=True)
    (state / "rflow" / "unsent").chmod(0)
    refusal = f"The drafts in {state}/rflow/unsent can't be read: Permission denied."
    assert refusal in away.ok().err
    assert refusal in away.refused(8, "drafts", "list")
    state.chmod(0)
    away.ok()
    assert "can't be read: Permission denied" in away.refused(8, "drafts", "list")
    for folder in (locked, state, state / "rflow" / "unsent"):
        folder.chmod(0o700)


@pytest.mark.parametrize(
    "words", [("list",), ("search", "till"), ("store", "check"), ("start", "--title", "Slow till")]
)
def test_a_store_whose_name_is_too_long_for_the_disk_is_not_taken_for_an_empty_one(
    words: tuple[str, ...], ana: Program
) -> None:
    error = ana.at(real=True).refused(8, "--store", f"sqlite://{ana.home}/{'x' * 300}.db", *words)
    assert "can't be used" in error


@pytest.mark.slow
def test_a_clock_that_went_backwards_stops_nobody(ana: Program) -> None:
    """The last entry is from the future, as seen from here: time does not go backwards in a record."""
    lines = ana.ok("export").out.splitlines(keepends=True)
    future = re.sub(r'"at":"\d{4}', '"at":"2999', "".join(lines))
    without_sums = re.sub(r',"sum":"[0-9a-f]{8}"\}', "}", future)
    elsewhere = ana.at(store=str(ana.home / "elsewhere.db"), terminal="elsewhere")
    elsewhere.ok("import", "-", stdin=without_sums)
    elsewhere.ok("choose", "green")
    elsewhere.ok("note", "The clock of this computer is wrong")
    elsewhere.ok("step", "Set the clock", "--at", "20m")
    for words in (
        (),
        ("show",),
        ("list",),
        ("progress",),
        ("progress", "--brief"),
        ("digest",),
        ("list", "--stale", "1h"),
    ):
        elsewhere.ok(*words)
    events = [line for line in elsewhere.ok("export").out.splitlines() if line.startswith('{"seq"')]
    times = [re.findall(r'"at":"([^"]+)"', line)[0] for line in events]
    assert times == sorted(times)
    assert all(time.startswith("2999") for time in times)
    assert elsewhere.json("progress", "-f", "json")["session"]["elapsed"] == 0


@pytest.mark.slow
def test_commands_handle_closed_standard_streams(ana: Program) -> None:
    """Whoever starts us may have closed our streams."""
    code = ana.show()["code"]
    for script in (
        f"{SCRIPT} note - <&-; test $? = 2",
        f"{SCRIPT} import - <&-; test $? = 6",
        f"{SCRIPT} delete {code} <&-; test $? = 2",
        f"{SCRIPT} note 'nobody listens' >&- 2>&-; test $? = 0",
        f"{SCRIPT} note 'nobody listens' 2>&-; test $? = 0",
        f"{SCRIPT} choose purple 2>&-; test $? = 2",
    ):
        done = subprocess.run(["/bin/sh", "-c", script], env=ana.variables, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, ""), (script, done)
        assert "unexpected" not in done.stderr, (script, done)
    assert len(ana.show()["notes"]) == 2


@pytest.mark.slow
def test_a_broken_pipe_ends_quietly(ana: Program) -> None:
    ana.ok("note", "-", stdin="a long line of the log\n" * 2000)
    done = subprocess.run(
        ["/bin/sh", "-c", f"{SCRIPT} show | head -n 1"], env=ana.variables, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
