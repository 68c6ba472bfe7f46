"""The screen of somebody who works at a terminal: short, in a few colours, with what to type next."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from rflow.core.text import columns
from support.program import Program, ago, without_times
from support.screens import STYLES, at_terminal, lines_at_terminal, written

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")]

BEN = "Ben Okafor"
TITLE = "プリンターが印刷しない、ラベルが出てこない、そして電源も入らない"
CUSTOMER = "株式会社北部運輸と大阪の支店"
GREEN, AMBER, RED, BOLD = ("\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[1m")


@pytest.fixture
def ana(tmp_path: object) -> Program:
    return Program(tmp_path, environ={"RFLOW_CLIPBOARD_CMD": "cat > /dev/null"}).with_tree()  # type: ignore[arg-type]


# Acknowledgements

WRITES: list[tuple[str, ...]] = [
    ("note", "It smells of burnt dust, and the fan has not been running since half past one"),
    ("choose", "green"),
    ("back",),
    ("choose", "3"),
    ("done", "two jobs were stuck, one of them since Thursday, and both were cancelled"),
    ("step", "Tried another cable", "--result", "no change"),
    ("change", "Sent all labels of the depot to the other printer", "--revert", "lpadmin -d labels-1"),
    ("brief", "--ask", "Can you drive to Leeds tonight, and take a print head with you?"),
    ("wait", "--for", "the vendor, who calls back before the first lorry leaves", "--until", "2h"),
    ("pin", "6"),
    ("amend", "3", "It smells of ozone, as it did in March when the head was replaced"),
    ("undo",),
    ("run", "--", "true"),
]


def confirmation(lines: list[str]) -> list[str]:
    """The lines of what a command says that it wrote: those below the first have an indent."""
    end = next((at for at, line in enumerate(lines[1:], 1) if not line.startswith("    ")), len(lines))
    return lines[:end]


@pytest.mark.parametrize("width", [80, 120])
def test_acknowledgements_start_with_the_session(width: int, ana: Program) -> None:
    code = ana.start("label-printer", "--title", "A label printer in the depot prints nothing", "--customer", CUSTOMER)
    for words in WRITES:
        said = confirmation(lines_at_terminal(ana, *words, columns=width))
        assert said[0].startswith(f"{code} · "), said
        assert len(said) <= 3, said
        assert max(map(columns, said)) <= width, said
        assert said[-1].endswith("."), said
        assert CUSTOMER[:4] in said[0]
        if words[0] not in ("run", "pin", "undo", "back"):
            assert "…" not in " ".join(said).partition(": ")[2], said


def test_a_short_confirmation_takes_one_line(ana: Program) -> None:
    code = ana.start("--title", "Checkout pods of the shop restart every few minutes", "--customer", "Contoso Retail")
    for words, said in {
        ("note", "Dust"): "note 2 recorded.",
        ("note", "Dust", "everywhere"): 'note 3 recorded: "Dust everywhere".',
        ("change", "Pool 50", "--revert", "pool 500"): 'change 4 recorded: "Pool 50", to revert: "pool 500".',
    }.items():
        (line,) = confirmation(lines_at_terminal(ana, *words))
        assert line.startswith(f"{code} · ") and line.endswith(f"Contoso Retail: {said}")


REVERT = "kubectl set resources deploy/checkout -n shop --limits=memory=512Mi,cpu=500m && kubectl rollout status"


@pytest.mark.parametrize("width", [44, 80, 120])
def test_the_way_back_of_a_change_is_never_cut(width: int, ana: Program) -> None:
    code = ana.start("--title", "Checkout pods of the shop restart every few minutes", "--customer", "Contoso Retail")
    text = "I have raised the memory limit of the checkout pods from 512 MiB to 1 GiB"
    changes: list[tuple[tuple[str, ...], str]] = [
        (("change", text, "--revert", REVERT), REVERT),
        (("change", "--", f"{text}, revert: {REVERT}"), REVERT),
        (("amend", "2", "--revert", f"{REVERT} -n shop"), f"{REVERT} -n shop"),
    ]
    for words, back in changes:
        said = confirmation(lines_at_terminal(ana, *words, columns=width))
        assert said[0].startswith(f"{code} · ")
        assert said[-1] == f'    to revert: "{back}".'
        assert len(said) <= 4 and max(map(columns, said[:-1])) <= width
        assert width == 44 or f'"{text}",' in " ".join(line.strip() for line in said)


def test_what_is_too_long_for_three_lines_is_cut_and_says_so(ana: Program) -> None:
    ana.start("--title", "Checkout pods restart")
    said = confirmation(lines_at_terminal(ana, "wait", "the network team, who look at the switch " * 9))
    assert len(said) == 3
    assert said[-1].endswith('…".')


def test_a_text_with_quotation_marks_is_shown_as_it_was_typed_or_cut_at_its_end(ana: Program) -> None:
    ana.start("--title", "Checkout pods restart")
    for times, end in ((3, '".'), (40, '…".')):
        text = " ".join(f'node {number} says "no route to host" and "down"' for number in range(times))
        said = confirmation(lines_at_terminal(ana, "wait", text))
        assert len(said) <= 3 and said[-1].endswith(end), said
        shown = " ".join(line.strip() for line in said).partition('waiting for "')[2].removesuffix(end)
        assert len(shown) > 100 and text.startswith(shown), said


def test_a_summary_on_a_terminal_is_plain_text_with_its_title_and_labels_in_bold(ana: Program) -> None:
    ana.start("label-printer", "--customer", "LEEDS: north_depot")
    ana.ok("step", "Reseated print_head", "--result", "still red")
    ana.ok("warn", "DO NOT: restart it")
    shown = at_terminal(ana, "progress")
    assert f"{BOLD}A label printer prints nothing\x1b[0m" in shown
    assert f"{BOLD}CAUTION\x1b[0m: DO NOT: restart it" in shown
    assert f"{BOLD}TRIED\x1b[0m" in shown
    assert "Reseated print_head: still red" in shown
    assert f"{BOLD}A label printer prints nothing\x1b[0m" in at_terminal(ana, "progress", "-f", "text")
    assert f"{BOLD}- A label printer prints nothing\x1b[0m" in at_terminal(ana, "digest")
    assert without_times(STYLES.sub("", shown)).startswith(without_times(ana.ok("progress", "-f", "text").out))


def test_a_summary_that_leaves_the_terminal_or_has_a_format_is_not_plain_text(ana: Program) -> None:
    ana.start()
    for markdown in (
        ana.ok("progress").out,
        at_terminal(ana, "progress", "-f", "markdown"),
        at_terminal(ana, "progress", RFLOW_FORMAT="markdown"),
    ):
        assert "## A label printer prints nothing" in markdown
    copied = ana.home / "copied"
    at_terminal(ana, "progress", "--copy", RFLOW_CLIPBOARD_CMD=f"cat > {copied}")
    assert copied.read_text("utf-8").startswith("## ")
    at_terminal(ana, "progress", "-o", str(ana.home / "summary"))
    assert (ana.home / "summary").read_text("utf-8").startswith("## ")


def test_what_was_recorded_is_green_and_an_error_red(ana: Program) -> None:
    ana.start()
    assert f"{GREEN}note 3 recorded." in at_terminal(ana, "note", "Dust")
    assert "\x1b[1;31mrflow:" in at_terminal(ana, "choose", "purple")


# Where it stands, and what to type next


def test_after_a_move_the_place_and_what_to_type_next_read_as_plain_rflow_shows_them(ana: Program) -> None:
    ana.start()
    for words in (("choose", "green"), ("done", "two jobs were stuck"), ("back",), ("enter", "label-printer")):
        moved = ana.ok(*words).out
        assert "\n\nNext:\n    rflow " in moved
        assert ana.ok().out.endswith(f"\n\n{moved}"), words


def test_the_first_command_to_type_next_is_bold_and_an_end_has_the_colour_of_its_outcome(ana: Program) -> None:
    ana.start()
    assert f"    {BOLD}rflow choose NUMBER" in at_terminal(ana)
    assert "\x1b[1;33m! Send the printer in" in at_terminal(ana, "choose", "red, blinking")
    ana.ok("back")
    ana.ok("choose", "green")
    ana.ok("done", "cleared")
    assert "\x1b[1;32m= It prints again" in at_terminal(ana, "choose", "yes")


def test_no_color_dumb_terminals_and_pipes_get_plain_text(ana: Program) -> None:
    ana.start()
    ana.ok("wait", "--for", "the vendor")
    for words in ((), ("list",), ("note", "Dust"), ("show",), ("choose", "purple")):
        assert STYLES.search(at_terminal(ana, *words)), words
        assert "\x1b" not in at_terminal(ana, *words, NO_COLOR="1")
        assert "\x1b" not in at_terminal(ana, *words, TERM="dumb")
        piped = ana.at(real=True).run(*words)
        assert "\x1b" not in piped.out + piped.err


# Waiting


@pytest.fixture
def waiting(ana: Program) -> Program:
    """Ana waits for the vendor, who should have called an hour ago."""
    ana.start()
    ana.at(clock=ago(hours=3)).ok("wait", "--for", "the vendor", "--until", "2h")
    return ana


SHOWN: list[tuple[tuple[str, ...], str]] = [
    ((), "OVERDUE since {}: the vendor"),
    (("show",), "OVERDUE since {}: the vendor"),
    (("list",), "overdue 1h"),
    (("prompt",), "overdue since {}"),
    (("progress",), "overdue since {}"),
    (("digest",), "overdue since {}"),
]


@pytest.mark.parametrize(("words", "said"), SHOWN, ids=[" ".join(words) or "rflow" for words, _ in SHOWN])
def test_what_is_overdue_says_so_wherever_the_session_is_shown(
    words: tuple[str, ...], said: str, waiting: Program
) -> None:
    words_of = re.escape(said).replace(r"\{\}", r"(\d{4}-\d\d-\d\d )?\d\d:\d\d")
    assert re.search(words_of, waiting.ok(*words).out)


def test_what_is_overdue_is_red_and_a_wait_amber(waiting: Program) -> None:
    assert "\x1b[1;31m  OVERDUE since" in at_terminal(waiting)
    assert f"{RED}overdue 1h" in at_terminal(waiting, "list")
    waiting.ok("wait", "--over")
    waiting.ok("wait", "--for", "the courier", "--until", "2h")
    assert f"{AMBER}  waiting until" in at_terminal(waiting)
    assert f"{AMBER}due in 2h" in at_terminal(waiting, "list")
    waiting.ok("wait", "--over")
    assert "waiting" not in at_terminal(waiting)


def test_what_is_overdue_by_seconds_is_overdue(ana: Program) -> None:
    ana.start()
    ana.at(clock=ago(hours=1, seconds=10)).ok("wait", "--for", "the vendor", "--until", "1h")
    assert f"{RED}overdue" in at_terminal(ana, "list")
    assert "due in" not in ana.ok("list").out


def test_a_receiver_sees_in_the_inbox_what_a_session_waits_for(waiting: Program) -> None:
    waiting.ok("handoff", BEN, "--new-user")
    inbox = waiting.at(user=BEN, terminal="Ben's").ok("inbox").out
    assert re.search(r"\n {9}from Ana Ruiz, now\n {9}OVERDUE since .*: the vendor\n", inbox)


# Tables


@pytest.mark.parametrize("width", [80, 120])
def test_a_list_shows_code_title_customer_owner_and_wait_in_its_width(width: int, ana: Program) -> None:
    code = ana.start("--title", TITLE, "--customer", CUSTOMER, "--ticket", "INC-4711")
    ana.ok("wait", "--for", "the vendor", "--until", "2d")
    head, row = lines_at_terminal(ana, "list", columns=width)
    assert head.split() == ["CODE", "TITLE", "CUSTOMER", *(["TICKET"] * (width > 80)), "OWNER", "STATE", "UPDATED"]
    assert columns(row) <= width
    assert re.fullmatch(rf"{code}  プリンター.*  株式会社.*  (INC-4711  )?you    due in 2d  now", row)
    assert columns(row[: row.index("you")]) == columns(head[: head.index("OWNER")])


# What is copied


COPIED: list[tuple[tuple[str, ...], str]] = [
    (("note", "x"), 'rflow start --title "What is wrong"'),
    (("close",), "rflow tree list"),
    (("list",), "rflow list --all"),
    (("inbox",), "Your inbox is empty."),
    (("share", "list"), "rflow share create"),
    (("digest",), "rflow digest --all"),
]


@pytest.mark.parametrize(("words", "command"), COPIED, ids=[" ".join(words) for words, _ in COPIED])
@pytest.mark.parametrize("width", [44, 60])
def test_no_line_break_falls_into_a_command(words: tuple[str, ...], command: str, width: int, ana: Program) -> None:
    assert any(command in line for line in lines_at_terminal(ana, *words, columns=width))


def test_the_commands_of_a_handoff_and_the_url_of_a_link_are_whole_on_a_narrow_terminal(ana: Program) -> None:
    code = ana.start()
    lines = lines_at_terminal(ana, "share", "create", columns=44)
    assert any(re.fullmatch(r"http://\S+/share/\S{20,}", line) for line in lines)
    lines = lines_at_terminal(ana, "handoff", BEN, "--new-user", columns=44)
    for command in (f"rflow progress {code} --copy", f"rflow -s {code} handoff --cancel"):
        assert any(command in line for line in lines)


# Long work

WORK = """
import time
from rflow.cli.display.bar import progress_bar
from rflow.cli.output import guard_streams

guard_streams()
with progress_bar("Copying") as report:
    for done in range(8):
        report(done, 8)
        time.sleep(0.15)
"""


def test_long_work_draws_a_bar_at_a_terminal_only(ana: Program) -> None:
    drawn = written([sys.executable, "-c", WORK], ana)
    assert re.search(r"Copying  \[#+-+\]", drawn)
    assert "87%" in drawn
    assert written([sys.executable, "-c", WORK], ana, {"TERM": "dumb"}) == ""
    piped = subprocess.run([sys.executable, "-c", WORK], capture_output=True, env=ana.variables, check=True)
    assert piped.stdout + piped.stderr == b""


def test_short_work_draws_none(ana: Program) -> None:
    ana.start()
    copy = str(ana.home / "copy.db")
    assert lines_at_terminal(ana, "store", "backup", copy, columns=120)[0] == f"Backed up to {copy}."


Reported = list[tuple[int, int]]


@pytest.mark.parametrize("kind", ["night.db", "night"])
def test_backups_and_copies_report_how_far_they_are(kind: str, ana: Program) -> None:
    from rflow.cli.app import App
    from rflow.service.opening import copy_stores

    here = ana.at(store=str(ana.home / kind))
    for number in range(3):
        here.start("--title", f"Till {number} is slow")
    reports: Reported = []
    collect: Callable[[int, int], None] = lambda done, total: reports.append((done, total))  # noqa: E731
    app = App(store=here.store, user="Ana", session=None, config=None)
    app.administration(collect).backup(ana.home / "backup")
    app.close()
    assert reports
    reports.clear()
    copy_stores(here.store, str(ana.home / "copy.db"), collect)
    assert reports == [(0, 3), (1, 3), (2, 3)]


# The record


def test_show_reads_as_a_summary_does_and_says_that_it_is_raw(ana: Program) -> None:
    code = ana.start()
    ana.ok("choose", "red, steady")
    ana.ok("back")
    ana.ok("choose", "green")
    ana.ok("step", "Tried the password hunter2-hunter2", "--result", "refused")
    ana.ok("amend", "6", "Tried password=hunter2-hunter2")
    ana.ok("change", "Firewall off", "--revert", "ufw enable")
    ana.ok("change", "--reverted", "8")
    shown = ana.ok("show")
    assert f"\n  Raw: nothing is redacted. To share it: rflow progress {code}\n" in shown.out
    assert "Which lamp is lit? Red, steady (taken back)\n" in shown.out
    assert "Tried password=hunter2-hunter2: refused (corrected)\n" in shown.out
    summary = ana.ok("progress", "-f", "text").out
    assert "refused (corrected)\n" in summary
    assert "hunter2" not in summary
    (reverted,) = [line.partition(": ")[2] for line in summary.splitlines() if line.startswith("NO LONGER SO: ")]
    assert reverted.startswith("Firewall off (")
    assert f"{reverted}\n" in shown.out.partition("\n\nNo longer so\n")[2]
