"""Every command once as a process of its own, from the first to the last, in one story about a printer in Leeds."""

import re
from pathlib import Path
from typing import ClassVar

import pytest

from rflow.cli.commands import COMMANDS
from support.program import LABELS, Program, Result, ago

pytestmark = pytest.mark.slow

BEN = "Ben Okafor"


class Recorder(Program):
    """A program that remembers which commands were run."""

    used: ClassVar[set[str]] = set()

    def run(self, *words: str, stdin: str | bytes = b"", **environ: str) -> Result:
        bare = [word for word in words if not word.startswith("-")]
        Recorder.used |= {bare[0] if bare else "", " ".join(bare[:2])}
        return super().run(*words, stdin=stdin, **environ)


@pytest.fixture
def ana(tmp_path: Path) -> Recorder:
    Recorder.used = set()
    for name in ("home", "here"):
        (tmp_path / name).mkdir()
    return Recorder(
        tmp_path / "home", cwd=tmp_path / "here", real=True, environ={"RFLOW_CLIPBOARD_CMD": "cat > clipboard"}
    )


TREE_WORDS = "list show graph check add remove import new edit diff stats proposals"


def test_one_story_uses_every_command(ana: Recorder) -> None:
    assert ana.cwd is not None
    ben = ana.at(user=BEN, terminal="Ben's")
    (ana.cwd / "tree.toml").write_text(LABELS)
    assert ana.ok("tree", "check", "tree.toml").err.startswith("tree.toml: 7 nodes, no errors and no warnings.\n")
    added = ana.ok("tree", "add", "tree.toml").err
    assert added == "label-printer: added (7 nodes).\nTo start: rflow start label-printer\n"
    assert ana.ok("tree", "list").out.splitlines()[1] == "label-printer  7      A label printer prints nothing"
    assert "Which lamp is lit?" in ana.ok("tree", "show", "label-printer").out
    assert "Which lamp is lit?" in ana.ok("tree", "graph", "label-printer").out
    started = ana.ok("start", "label-printer", "--customer", "Leeds", "--ticket", "INC-7")
    code = started.err.split()[0]
    named = f"{code} · A label printer prints nothing · Leeds: "
    assert started.err.startswith(f"{named}started.\nWrite short, ")
    assert ana.ok().out == started.out
    assert code in ana.ok("prompt").out
    assert ana.ok("choose", "green").err == f'{named}"Which lamp is lit?" → "Green" recorded.\n'
    assert ana.ok("skip", "--reason", "nobody is there").err == f'{named}"Clear the print queue" skipped.\n'
    assert ana.ok("back").err == f'{named}skipped action 4 "Clear the print queue" taken back.\n'
    assert (
        ana.ok("done", "two jobs were stuck").err == f'{named}"Clear the print queue" → "two jobs were stuck" done.\n'
    )
    assert ana.ok("step", "Tried another cable", "--result", "no change").err == f"{named}step 7 recorded.\n"
    assert ana.ok("hints").out
    assert ana.ok("note", "It smells of burnt dust").err == f"{named}note 8 recorded.\n"
    assert ana.ok("amend", "8", "It smells of ozone").err == f'{named}amended: note 8 "It smells of ozone".\n'
    assert "8 note: It smells of ozone\n" in ana.ok("shorten").out
    assert ana.ok("run", "--", "echo", "ready") == (
        0,
        "ready\n",
        f"{named}evidence 10 recorded (6 bytes, exit code 0).\n",
    )
    assert ana.ok("attach", "tree.toml").err.startswith(f"{named}evidence 11 recorded (")
    assert (
        ana.ok("brief", "--ask", "Can you drive?", "--impact", "No labels", "--ticket", "").err
        == f'{named}ask "Can you drive?", impact "No labels" recorded; ticket cleared.\n'
    )
    assert ana.ok("change", "Set the fallback queue", "--revert", "unset it").err == (
        f'{named}change 13 recorded: "Set the fallback queue", to revert: "unset it".\n'
        'Attached: evidence 10 "echo ready" and evidence 11 "tree.toml". '
        "If it doesn't belong here: rflow undo --never-made, then enter it again.\n"
        "Once reverted: rflow change --reverted 13\n"
    )
    assert ana.ok("change", "--reverted", "13").err == f'{named}change 13 "Set the fallback queue" reverted.\n'
    long = " ".join(["the vendor, who sends somebody with a new drum"] * 4)
    assert ana.ok("wait", "--for", long).err == (
        f'{named}waiting for "{long}".\n'
        'A brief may cut it at "the vendor…" (14 words fit). Shorter: rflow wait --replaces 15 "…"\n'
        "Once it is over: rflow wait --over\n"
    )
    assert ana.ok("wait", "--over").err.startswith(f'{named}no longer waiting for "the vendor, who')
    assert ana.ok("enter", "label-printer").err == f"{named}continued in the tree label-printer.\n"
    _write_down(ana, ben, code, named)
    assert "Tried another cable" in ana.ok("show").out
    assert ana.ok("list").out.splitlines()[1] == (
        f"{code}  A label printer prints nothing  Leeds     you    open   now"
    )
    assert ana.ok("search", "ozone").out.startswith(f"{code}  A label printer prints nothing · Leeds\n")
    assert ana.ok("prompt").out.startswith(f"{code} ")
    assert ana.ok("progress", "--copy").err.startswith(f"{named}copied with RFLOW_CLIPBOARD_CMD")
    assert "Tried another cable" in (ana.cwd / "clipboard").read_text("utf-8")
    assert "A label printer prints nothing" in ana.ok("digest").out
    assert ana.ok("share", "create").out.startswith("http://127.0.0.1:8765/share/rfs_")
    assert ana.ok("share", "revoke", "--all").err.endswith(": revoked.\n")
    unknown = ana.run("serve", "--port", "1", "--host", "no.such.host.invalid")
    assert unknown.code == 2
    assert "is not the name of a host" in unknown.err
    for name in ("\x1b]0;x", "a" * 300, "ü" * 64):
        assert ana.run("serve", "--host", name).code == 2
    assert ana.ok("handoff", BEN).err.startswith(f"{named}handed to Ben Okafor, who hasn't accepted it yet.\n")
    assert ben.ok("inbox").out.startswith(code)
    assert ben.ok("decline", "--reason", "my shift is over").err == f"{named}declined; Ana Ruiz owns it again.\n"
    ana.ok("resume", code)
    ana.ok("handoff", BEN)
    assert ben.ok("accept").err.startswith(f"{named}accepted; it is yours now.\n")
    closed = ben.ok("close", "--outcome", "resolved").err
    assert closed.startswith(f"{named}closed as resolved.\nLeft open: 1 warning, 1 assumption not verified.")
    assert ben.ok("reopen", code).err == f"{named}reopened.\n"
    ben.ok("close", "--outcome", "resolved", "--summary", "A new print head")
    assert ana.ok("redact", "8", "--yes", "-s", code, "--user", BEN).err == f"{named}the texts of entry 8 are erased.\n"
    exported = ana.ok("export", code)
    assert exported.data.startswith(b'{"rflow":"session"')
    assert "ozone" not in exported.out
    assert ana.ok("import", "-", stdin=exported.data).err.startswith(f"{named}here already, nothing new.")
    assert ana.ok("format", "list").out.splitlines()[1].startswith("markdown")
    assert "Shop checkout" in ana.ok("format", "show", "text").out
    template = ana.ok("format", "new", "wiki", "--project").out.strip()
    assert ana.ok("format", "check").err == f"{template}: no errors, no warnings.\n"
    assert ana.ok("format", "trust", "--yes").err.endswith("Formats: wiki.\n")
    assert "1 session with " in ana.ok("store", "info").out
    assert ana.ok("store", "check").err == "The store is sound.\n"
    assert ana.ok("store", "merge").err == "There is nothing to merge.\n"
    assert ana.ok("store", "backup", "backup.db").err.startswith("Backed up to backup.db.")
    assert ana.ok("store", "copy", "backup.db", "copy").err.startswith("Copied and verified:")
    still = ana.at(clock=ago())
    copied = still.ok("--store", "copy", "show", code, "--user", BEN).out
    assert copied.replace("rflow --store copy", "rflow") == still.ok("show", code, "--user", BEN).out
    assert ben.ok("delete", code, "--yes").err == f"{named}deleted.\n"
    assert ana.ok("list", "--all").err.startswith("No sessions. To start one: rflow start TREE")
    assert ana.ok("tree", "remove", "label-printer").err == "label-printer: removed from the list.\n"
    assert ana.ok("config", "set", "progress.format", "slack").err.startswith("progress.format set in ")
    assert ana.ok("config", "get", "progress.format").out == "slack\n"
    assert "progress.format = slack  [file]" in ana.ok("config", "list").out
    assert ana.ok("config", "unset", "format").err.startswith("progress.format removed in ")
    assert ana.ok("config", "path").out.endswith("config.toml\n")
    assert ana.ok("whoami").out.startswith("Ana Ruiz  (")
    assert "can't be reached" in ana.refused(10, "login", "http://127.0.0.1:9")
    _keep_drafts(ana)
    assert "You are signed in at no server." in ana.refused(2, "logout")
    assert "$ rflow handoff sam" in ana.ok("demo").out
    _set_up_a_team(ana)
    _make_trees(ana)
    nouns = {"tree": TREE_WORDS, "store": "info check copy merge backup verify restore notices upgrade"}
    nouns |= {"format": "list show new check trust", "config": "list get set unset path"}
    nouns |= {"user": "add list password role mail disable enable erase", "token": "create list revoke"}
    nouns |= {"space": "add list members policy erase clean", "drafts": "list show send remove"}
    below = {f"{noun} {word}" for noun, words in nouns.items() for word in words.split()}
    assert set(COMMANDS) | below <= Recorder.used
    for noun, words in nouns.items():
        listed = ana.ok(noun, "--help").out.partition("Commands:\n")[2]
        assert re.findall(r"^  (\w+)", listed, re.MULTILINE) == words.split()


def _keep_drafts(ana: Program) -> None:
    away = ana.at(store="http://127.0.0.1:9", environ={**ana.environ, "RFLOW_TOKEN": "rft_x"})
    away.refused(10, "-s", "K7QM-2F", "note", "The lamp is red")
    draft = ana.json("drafts", "list", "--json")[0]["id"]
    assert "The lamp is red" in ana.ok("drafts", "show", draft).out
    assert "can't be reached" in away.refused(10, "drafts", "send")
    assert ana.ok("drafts", "remove", draft, "--yes").err == "1 draft removed.\n"


def _make_trees(ana: Program) -> None:
    assert ana.cwd is not None
    ana.ok("tree", "new", "till")
    assert (ana.cwd / "till.toml").is_file()
    ana.ok("tree", "add", "till.toml")
    ana.ok("tree", "edit", "till", EDITOR="true")
    ana.ok("tree", "diff", "till", "till.toml")
    chart = "flowchart TD\n  a{Does it print?} -->|Yes| b[Solved]\n  a -->|No| c[Call Leeds]\n"
    ana.ok("tree", "import", "-", "--from", "mermaid", "--name", "printing", "--dry-run", stdin=chart)
    ana.ok("tree", "stats", "till")
    ana.ok("tree", "proposals")
    ana.ok("store", "upgrade")
    ana.ok("store", "notices")
    ana.ok("store", "backup", "kept.db")
    assert ana.ok("store", "verify", "kept.db").err
    assert ana.ok("store", "restore", "kept.db", "--yes").err


def _set_up_a_team(ana: Program) -> None:
    password = "nine green bottles"
    assert ana.ok("user", "add", "Root", "--admin", "--password-stdin", stdin=password).err.startswith("Root: account")
    assert "/set-password/rfi_" in ana.ok("user", "add", BEN).out
    assert ana.ok("user", "password", BEN, "--password-stdin", stdin=password).err.startswith(f"{BEN}: password set")
    assert ana.ok("user", "role", BEN, "admin").err == f"{BEN} is an admin now.\n"
    assert ana.ok("space", "add", "Leeds").err.startswith("Leeds: space created.")
    assert ana.ok("space", "members", "Leeds", "--add", BEN).err == f"{BEN} is a member in Leeds.\n"
    assert ana.ok("space", "policy", "Leeds", "--links", "off").out == "Leeds: links off\n"
    assert ana.ok("space", "list").out.splitlines()[2] == "Leeds    lead  links off"
    assert ana.ok("space", "erase", "Leeds", "--customer", "Nobody", "--yes").err == "Deleted 0 sessions.\n"
    ana.ok("user", "mail", BEN)
    assert ana.ok("space", "clean").err == "Deleted 0 sessions.\n"
    assert ana.ok("token", "create", "--user", BEN).out.startswith("rft_")
    token = ana.ok("token", "list").out.splitlines()[1].split()[0]
    assert ana.ok("token", "revoke", token).err == f"{token}: revoked.\n"
    assert ana.ok("user", "disable", BEN).err.startswith(f"{BEN} can't sign in any longer.")
    assert ana.ok("user", "enable", BEN).err == f"{BEN} can sign in again.\n"
    assert ana.ok("user", "list").out.splitlines()[1].split() == ["Ben", "Okafor", "admin", "leeds", "(member)"]
    assert ana.ok("user", "erase", BEN, "--yes").err.startswith("Erased from ")
    assert ana.ok("audit").out.splitlines()[0].endswith("account added  root  kind=person admin=yes")


def _write_down(ana: Program, ben: Program, code: str, named: str) -> None:
    assert ana.ok("warn", "Do not unplug it").err.startswith(f"{named}warning 18 recorded.\n")
    assert ana.ok("assume", "The head is worn").err.startswith(f"{named}assumption 19 recorded.\n")
    assert ana.ok("pin", "7").err == f'{named}pinned: step 7 "Tried another cable" → "no change".\n'
    assert ana.ok("unpin").err == f'{named}no longer pinned: step 7 "Tried another cable" → "no change".\n'
    assert ana.ok("undo").err.startswith(
        f'{named}took back the unpinning of step 7 "Tried another cable" → "no change".\n'
    )
    assert ana.ok("flag", "Amber is missing").err == f'{named}flag 23 at "Which lamp is lit?" recorded.\n'
    asked = ana.ok("question", BEN, "Is it the same in Hull?").err
    assert asked == (
        f"{named}question 24 to Ben Okafor recorded.\n"
        "Nobody called Ben Okafor has used this store yet. If the name is wrong: rflow undo\n"
        f'To answer it: rflow -s {code} reply 24 "…"\n'
    )
    assert (
        ben.ok("reply", "24", "No", "-s", code).err
        == f"{named[:-2]} · owner Ana Ruiz: answer to question 24 recorded.\n"
    )
