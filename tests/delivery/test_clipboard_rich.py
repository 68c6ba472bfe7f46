"""Rich text and plain text copied together, read back from real X and Wayland displays as other programs do."""

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from struct import pack, unpack_from
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rflow.delivery.clipboard import Copied, copy, rich
from rflow.delivery.clipboard.owners.html_format import html_format
from rflow.delivery.clipboard.owners.x11_wire import Display
from support.clipboard_world import (
    DEAD_DISPLAY,
    OVER_SSH,
    SIZE,
    SUMMARY,
    Terminal,
    answer_in,
    away_from_terminals,
    bare_environ,
    copier,
    copy_in,
    gnome_session,
    importable,
    only,
    osc52,
    pasted,
    pastes,
    script,
    short_folder,
    wayland_session,
    x_display,
)
from support.needs import need
from support.waiting import PATIENCE, until

HTML = "<p><strong>Printer in Leeds</strong> is offline 🖨</p><ul><li>Restarted → no change</li></ul>"
UTF8 = '<meta http-equiv="content-type" content="text/html; charset=utf-8">'
"""What browsers put in front of HTML on the clipboard, too."""


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    return bare_environ(tmp_path)


@pytest.fixture
def short() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture(scope="module")
def x_number() -> Iterator[str]:
    need("xclip")
    with x_display() as number:
        yield number


@pytest.fixture
def display(x_number: str) -> str:
    return f":{x_number}"


@pytest.fixture
def x11(bare: dict[str, str], display: str) -> dict[str, str]:
    return bare | {"DISPLAY": display}


def owners(environ: dict[str, str], kind: str = "x11") -> list[int]:
    """The processes that own a clipboard for the person with this home folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, surroundings = ((process / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue
        if f"owners.{kind}".encode() in command and f"HOME={environ['HOME']}\0".encode() in surroundings:
            found.append(int(process.name))
    return found


def take(display: str, text: str = "copied elsewhere") -> None:
    """Another program copies something."""
    environ = {"DISPLAY": display, "PATH": os.environ["PATH"]}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["xclip", "-selection", "clipboard"], input=text.encode(), env=environ, check=True, **quiet)


# --- X11


def test_on_x11_rich_and_plain_text_are_on_the_clipboard_together(x11: dict[str, str], display: str) -> None:
    copied = copy(SUMMARY, html=HTML, environ=x11, platform="linux")
    assert pasted(display, "text/html").decode() == UTF8 + HTML
    for target in ("UTF8_STRING", "text/plain", "text/plain;charset=utf-8", "TEXT"):
        assert pasted(display, target).decode() == SUMMARY
    assert pasted(display, "STRING") == SUMMARY.encode("latin-1", "replace")
    offered = pasted(display, "TARGETS").decode().split()
    assert {"text/html", "UTF8_STRING", "STRING", "TEXT", "TARGETS", "TIMESTAMP", "MULTIPLE"} <= set(offered)
    assert int(pasted(display, "TIMESTAMP")) > 0
    assert copied == Copied(
        method="desktop:X11",
        confirmed=True,
        size=SIZE,
        rich=True,
        message=f"copied to the clipboard (X11, {SIZE} bytes, rich text and plain text)",
    )


def test_what_was_not_copied_is_refused(x11: dict[str, str], display: str) -> None:
    copy(SUMMARY, html=HTML, environ=x11, platform="linux")
    assert pasted(display, "image/png") == b""
    assert pastes(display, SUMMARY), "and the next one is served"


def test_plain_text_needs_no_xclip(bare: dict[str, str], tmp_path: Path, display: str) -> None:
    nothing = bare | {"DISPLAY": display} | only(tmp_path / "bin")
    copied = copy(SUMMARY, environ=nothing, platform="linux")
    assert pastes(display, SUMMARY)
    assert b"text/html" not in pasted(display, "TARGETS")
    assert (copied.rich, copied.message) == (False, f"copied to the clipboard (X11, {SIZE} bytes, plain text)")


def test_a_lone_surrogate_is_replaced_in_both(x11: dict[str, str], display: str) -> None:
    copy("caf\udce9", html="<b>caf\udce9</b>", environ=x11, platform="linux")
    assert pasted(display) == b"caf?"
    assert pasted(display, "text/html").decode() == f"{UTF8}<b>caf?</b>"


def test_several_programs_paste_two_megabytes_at_once(x11: dict[str, str], display: str) -> None:
    html = "".join(f"<p>Step {number}: restarted → no change</p>" for number in range(55_000))
    copy("x" * 1_000_000, html=html, environ=x11, platform="linux")
    argv = ["xclip", "-selection", "clipboard", "-o", "-t"]
    kinds = ("text/html", "UTF8_STRING", "text/html")
    readers = [subprocess.Popen([*argv, kind], env=x11, stdout=subprocess.PIPE) for kind in kinds]
    seen = [reader.communicate(timeout=PATIENCE)[0] for reader in readers]
    assert len(html) > 2_000_000
    assert [part.decode() for part in seen] == [UTF8 + html, "x" * 1_000_000, UTF8 + html]


def test_the_owner_ends_when_another_program_copies(x11: dict[str, str], display: str) -> None:
    copy(SUMMARY, html=HTML, environ=x11, platform="linux")
    assert len(owners(x11)) == 1
    take(display)
    assert until(lambda: not owners(x11)), "the owner is still there"
    assert pastes(display, "copied elsewhere")


def test_the_second_copy_replaces_the_first(x11: dict[str, str], display: str) -> None:
    copy("before", html="<b>before</b>", environ=x11, platform="linux")
    copy("after", html="<b>after</b>", environ=x11, platform="linux")
    assert until(lambda: len(owners(x11)) == 1)
    assert pasted(display, "text/html").decode() == f"{UTF8}<b>after</b>"


def test_the_owner_ends_with_the_display(bare: dict[str, str]) -> None:
    with x_display() as number:
        copy(SUMMARY, html=HTML, environ=bare | {"DISPLAY": f":{number}"}, platform="linux")
        assert len(owners(bare)) == 1
    assert until(lambda: not owners(bare)), "the owner is still there"


def test_the_terminal_gets_plain_text_if_the_display_is_dead(
    terminal: Terminal, bare: dict[str, str], tmp_path: Path
) -> None:
    terminal.watch()
    dead = bare | {"DISPLAY": DEAD_DISPLAY} | only(tmp_path / "bin")
    answer = copy_in(terminal, tmp_path, SUMMARY, dead, html=HTML)
    assert until(lambda: bytes(terminal.seen) == osc52(SUMMARY)), bytes(terminal.seen)
    assert (answer["method"], answer["rich"]) == ("osc52", False)
    assert answer["message"] == (
        f"sent to the terminal (OSC 52, {SIZE} bytes, plain text only); "
        "terminals do not confirm; tried before: X11 (exit status 1: :4099: Connection refused)"
    )
    assert owners(bare) == []


@pytest.mark.slow
def test_a_display_that_never_answers_is_given_up(bare: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = bare | {"DISPLAY": f"127.0.0.1:{silent.getsockname()[1] - 6000}"} | only(tmp_path / "bin")
        answer = away_from_terminals(tmp_path, nobody, html=HTML, timeout=0.5)
        assert "X11 (still busy after 0.5 s)" in answer["error"]
        assert owners(bare) == []


def test_a_pipeline_ends_while_the_owner_keeps_running(x11: dict[str, str], tmp_path: Path, display: str) -> None:
    argv, answer = copier(tmp_path, "Leeds, piped", x11, html=HTML)
    subprocess.run(["sh", "-c", '"$@" 2>&1 | cat', "sh", *argv], env=importable(), check=True, timeout=PATIENCE)
    assert answer_in(answer)["rich"]
    assert pastes(display, "Leeds, piped")


def test_ctrl_c_and_a_hang_up_leave_the_clipboard_alone(
    terminal: Terminal, x11: dict[str, str], tmp_path: Path, display: str
) -> None:
    argv, answer = copier(tmp_path, "Leeds, hung up", x11, html=HTML)
    shell = terminal.run(["sh", "-c", '"$@"; sleep 60', "sh", *argv], importable())
    answer_in(answer)

    def pressed() -> bool:
        """Once may not do: a shell whose command ends well in spite of it goes on."""
        os.write(terminal.ours, b"\x03")
        return shell.poll() is not None

    assert until(pressed), "Ctrl-C did not reach the shell"
    terminal.hang_up()
    assert pastes(display, "Leeds, hung up")


def test_the_owner_keeps_nothing_of_the_command(
    terminal: Terminal, x11: dict[str, str], tmp_path: Path, display: str
) -> None:
    copy_in(terminal, tmp_path, SUMMARY, x11, html=HTML)
    (owner,) = owners(x11)
    process = Path(f"/proc/{owner}")
    assert str((process / "cwd").readlink()) == "/"
    files = {str(file.readlink()).split(":")[0] for file in (process / "fd").iterdir()}
    assert files == {"/dev/null", "socket"}
    session, terminal_number = (process / "stat").read_text().rsplit(")", 1)[1].split()[3:5]
    assert int(session) != owner, "the leader of a session could get a terminal again"
    assert (int(session) != os.getsid(0), terminal_number) == (True, "0")
    for name in ("cmdline", "environ"):
        assert b"Leeds" not in (process / name).read_bytes(), "every user can read it there"


def test_over_ssh_a_forwarded_display_gets_rich_text(bare: dict[str, str], tmp_path: Path, x_number: str) -> None:
    forwarded = {"DISPLAY": f"localhost:{x_number}.0"}
    answer = away_from_terminals(tmp_path, bare | OVER_SSH | forwarded, html=HTML)
    assert (answer["method"], answer["rich"]) == ("desktop:X11", True)
    assert pasted(f":{x_number}", "text/html").decode() == UTF8 + HTML


def authority(file: Path, number: str, host: str, family: int, cookie: bytes) -> Path:
    """An authority file as xauth writes it, with a stranger's entry before ours."""
    entries = ((256, b"elsewhere", b"7" * 16), (family, host.encode(), cookie))
    data = b""
    for kind, name, key in entries:
        fields = (name, number.encode(), b"MIT-MAGIC-COOKIE-1", key)
        data += pack(">H", kind) + b"".join(pack(">H", len(field)) + field for field in fields)
    file.write_bytes(data)
    return file


@pytest.mark.slow
@pytest.mark.parametrize(("host", "family"), [(socket.gethostname(), 256), ("", 65_535)], ids=["by name", "wild"])
def test_a_display_that_requires_a_cookie_gets_it(bare: dict[str, str], tmp_path: Path, host: str, family: int) -> None:
    secret = authority(tmp_path / "server", "0", "", 65_535, b"leeds-cookie-016")
    with x_display("-auth", str(secret)) as number:
        ours = authority(tmp_path / ".Xauthority", number, host, family, b"leeds-cookie-016")
        there = bare | {"DISPLAY": f":{number}"}
        assert copy(SUMMARY, html=HTML, environ=there, platform="linux").rich
        assert copy(SUMMARY, html=HTML, environ=there | {"XAUTHORITY": str(ours), "HOME": "/"}, platform="linux").rich
        stranger = there | {"XAUTHORITY": str(tmp_path / "none")} | only(tmp_path / "bin")
        error = away_from_terminals(tmp_path, stranger, html=HTML)["error"]
    assert f"X11 (exit status 1: :{number}: Authorization required" in error


# --- X11, asked in ways that xclip does not ask


class Pasting:
    """A program that pastes, by the protocol itself."""

    def __init__(self, display: str) -> None:
        self.display = Display({"DISPLAY": display})
        self.window = self.display.window(0x400000)
        self.place = self.atom("RFLOW_TEST")

    def atom(self, name: str) -> int:
        return self.display.atoms([name])[0]

    def ask(self, target: str) -> bytes:
        """The answer (a SelectionNotify) to asking for this target."""
        body = pack("=5I", self.window, self.atom("CLIPBOARD"), self.atom(target), self.place, 0)
        self.display.request(24, 0, body)
        self.display.set_timeout(10)
        while (event := self.display.event())[0] & 0x7F != 31:
            pass
        return event

    def close(self) -> None:
        self.display._socket.close()


@pytest.fixture
def program(display: str) -> Iterator[Pasting]:
    program = Pasting(display)
    yield program
    program.close()


def test_several_kinds_can_be_requested_at_once(x11: dict[str, str], program: Pasting) -> None:
    """MULTIPLE: pairs of a kind and a place; what can't be had is struck out."""
    copy(SUMMARY, html=HTML, environ=x11, platform="linux")
    names = ("text/html", "image/png", "UTF8_STRING")
    pairs = [word for name in names for word in (program.atom(name), program.atom(f"PLACE {name}"))]
    program.display.change_property(program.window, program.place, program.atom("ATOM_PAIR"), 32, pack("=6I", *pairs))
    assert unpack_from("=I", program.ask("MULTIPLE"), 20) == (program.place,)
    left = unpack_from("=6I", program.display.property(program.window, program.place))
    assert left == (*pairs[:3], 0, *pairs[4:])
    html, nothing, text = (program.display.property(program.window, place) for place in pairs[1::2])
    assert (html.decode(), nothing, text.decode()) == (UTF8 + HTML, b"", SUMMARY)


def test_malformed_pairs_are_refused(x11: dict[str, str], display: str, program: Pasting) -> None:
    copy(SUMMARY, html=HTML, environ=x11, platform="linux")
    assert unpack_from("=I", program.ask("MULTIPLE"), 20) == (0,)
    assert pastes(display, SUMMARY)


def test_a_reader_that_stops_half_way_blocks_nobody(x11: dict[str, str], display: str, program: Pasting) -> None:
    copy(SUMMARY, html="x" * 2_000_000, environ=x11, platform="linux")
    program.ask("text/html")
    program.close()
    assert pastes(display, SUMMARY)
    take(display)
    assert until(lambda: not owners(x11), 8), "it waits for a reader that has gone"  # as for others: 10 s


def test_a_reader_gets_the_rest_after_another_program_copied(
    x11: dict[str, str], display: str, program: Pasting
) -> None:
    copy(SUMMARY, html="x" * 600_000, environ=x11, platform="linux")
    program.ask("text/html")
    take(display)
    got = b""
    while True:
        program.display.request(19, 0, pack("=II", program.window, program.place))
        while (event := program.display.event())[0] != 28 or event[16]:
            pass
        reply = program.display.ask(20, 0, pack("=5I", program.window, program.place, 0, 0, 1_000_000))
        piece = reply[32 : 32 + unpack_from("=I", reply, 16)[0]]
        if not piece:
            break
        got += piece
    assert len(got) == len(UTF8) + 600_000
    assert until(lambda: not owners(x11)), "the owner is still there"


# --- Wayland


@pytest.fixture
def wayland(bare: dict[str, str], short: Path) -> Iterator[dict[str, str]]:
    with wayland_session(bare, short) as environ:
        yield environ


def wl_paste(environ: dict[str, str], *words: str) -> str:
    argv = ["wl-paste", "--no-newline", *words]
    return subprocess.run(argv, env=environ, capture_output=True, timeout=PATIENCE).stdout.decode()


def test_on_wayland_rich_and_plain_text_are_on_the_clipboard_together(wayland: dict[str, str]) -> None:
    copied = copy(SUMMARY, html=HTML, environ=wayland, platform="linux")
    assert wl_paste(wayland, "-t", "text/html") == UTF8 + HTML
    assert wl_paste(wayland, "-t", "text/plain") == wl_paste(wayland, "-t", "UTF8_STRING") == SUMMARY
    assert (copied.method, copied.confirmed, copied.rich) == ("desktop:Wayland", True, True)
    subprocess.run(["wl-copy", "copied elsewhere"], env=wayland, check=True, timeout=PATIENCE)
    assert until(lambda: not owners(wayland, "wayland")), "the owner is still there"


def test_on_wayland_two_megabytes_are_pasted_whole(wayland: dict[str, str]) -> None:
    copy(SUMMARY, html="→" * 700_000, environ=wayland, platform="linux")
    assert wl_paste(wayland, "-t", "text/html") == UTF8 + "→" * 700_000
    assert wl_paste(wayland, "-t", "text/plain") == SUMMARY, "and the next one is served"


@pytest.mark.slow
def test_on_gnome_both_are_copied_through_xwayland(bare: dict[str, str], short: Path, display: str) -> None:
    """Its compositor, Mutter, does not let a program without a window set the clipboard, but passes X11's on."""
    with gnome_session(bare, short, display) as gnome:
        copied = copy(SUMMARY, html=HTML, environ=gnome, platform="linux", timeout=20)
        assert until(lambda: "text/html" in wl_paste(gnome, "-l"))
        assert wl_paste(gnome, "-t", "text/html") == UTF8 + HTML
        assert wl_paste(gnome, "-t", "text/plain;charset=utf-8") == SUMMARY
        assert (copied.method, copied.rich) == ("desktop:X11", True)
        assert "tried before: Wayland (exit status 1: this compositor has no data-control protocol)" in copied.message


def test_elsewhere_on_wayland_plain_text_is_preferred_to_xwayland(
    bare: dict[str, str], tmp_path: Path, display: str
) -> None:
    """`wl-copy` is a stand-in that works, with a compositor that our own program can't reach."""
    script(tmp_path / "wl-copy", f"cat > {tmp_path}/input")
    there = {"WAYLAND_DISPLAY": "wayland-77", "DISPLAY": display, "PATH": f"{tmp_path}:{bare['PATH']}"}
    copied = copy(SUMMARY, html=HTML, environ=bare | there, platform="linux")
    assert (tmp_path / "input").read_text(encoding="utf-8") == SUMMARY
    assert (copied.method, copied.rich) == ("desktop:wl-copy", False)
    assert f"(wl-copy, {SIZE} bytes, plain text only)" in copied.message


# --- ways that take no more than plain text


def test_the_own_command_gets_plain_text_only_and_the_message_says_so(bare: dict[str, str], tmp_path: Path) -> None:
    copied = copy(SUMMARY, html=HTML, environ=bare | {"RFLOW_CLIPBOARD_CMD": f"cat > '{tmp_path}/clipboard'"})
    assert (tmp_path / "clipboard").read_text(encoding="utf-8") == SUMMARY
    assert not copied.rich
    assert copied.message == f"copied with RFLOW_CLIPBOARD_CMD ({SIZE} bytes, plain text only)"


def test_no_error_repeats_the_html(bare: dict[str, str], tmp_path: Path) -> None:
    script(tmp_path / "osascript", "cat >&2; exit 1")
    wish = {"html": "<b>token hunter2-hunter2</b>", "platform": "darwin"}
    error = away_from_terminals(tmp_path, bare | {"PATH": f"{tmp_path}:/usr/bin:/bin"}, "hunter2", **wish)["error"]
    assert "osascript (exit status 1" in error
    assert "hunter2" not in error


# --- macOS, Windows, WSL: only the plumbing can be tested here


def stand_in(folder: Path, name: str) -> None:
    script(folder / name, f'cat > {folder}/input; printf "%s\\n" "$@" > {folder}/arguments')


def test_on_macos_osascript_gets_both_on_its_input(bare: dict[str, str], tmp_path: Path) -> None:
    stand_in(tmp_path, "osascript")
    copied = copy(SUMMARY, html=HTML, environ=bare | {"PATH": f"{tmp_path}:/bin:/usr/bin"}, platform="darwin")
    data = (tmp_path / "input").read_bytes()
    assert data.isascii(), "whatever the locale"
    assert json.loads(data) == {"public.utf8-plain-text": SUMMARY, "public.html": UTF8 + HTML}
    assert "Leeds" not in (tmp_path / "arguments").read_text()
    assert (copied.method, copied.rich) == ("desktop:osascript", True)


PASTEBOARD = """
const kept = {}, board = {
    get clearContents() { for (const kind in kept) delete kept[kind]; },
    setStringForType: (value, kind) => { kept[kind.js] = value.js + WRONG; },
    stringForType: (kind) => ({ js: kept[kind.js] }),
};
const $ = (js) => ({ js });
Object.assign($, {
    NSFileHandle: { fileHandleWithStandardInput: { readDataToEndOfFile: require("fs").readFileSync(0) } },
    NSString: { alloc: { initWithDataEncoding: (data, encoding) => ({ js: data.toString(encoding) }) } },
    NSUTF8StringEncoding: "utf8",
    NSPasteboard: { generalPasteboard: board },
});
const ObjC = { import: () => {} };
eval(process.argv[1]);
console.log(JSON.stringify(kept));
"""


@pytest.mark.parametrize(("wrong", "code"), [("", 0), ("!", 1)])
def test_the_script_for_macos_reads_back_what_it_set(wrong: str, code: int) -> None:
    """Run by Node, with stand-ins for the pasteboard."""
    need("node")
    osascript = rich.macos()
    wish = json.dumps({"public.utf8-plain-text": SUMMARY, "public.html": HTML}).encode()
    argv = ["node", "-e", PASTEBOARD.replace("WRONG", json.dumps(wrong)), osascript.argv[-1]]
    done = subprocess.run(argv, input=wish, capture_output=True)
    assert done.returncode == code, done.stderr
    assert code or json.loads(done.stdout) == json.loads(wish)


def test_on_wsl_powershell_gets_both_on_its_input(bare: dict[str, str], tmp_path: Path) -> None:
    stand_in(tmp_path, "powershell.exe")
    there = {"WSL_DISTRO_NAME": "Debian", "DISPLAY": DEAD_DISPLAY, "PATH": f"{tmp_path}:/bin:/usr/bin"}
    copied = copy(SUMMARY, html=HTML, environ=bare | there, platform="linux")
    text, html = (base64.b64decode(line) for line in (tmp_path / "input").read_bytes().splitlines())
    assert text.decode() == SUMMARY.replace("\n", "\r\n")
    assert html == html_format(HTML.encode())
    assert "Leeds" not in (tmp_path / "arguments").read_text()
    assert (copied.method, copied.rich) == ("desktop:powershell.exe", True)


def test_on_wsl_without_powershell_the_text_goes_to_clip(bare: dict[str, str], tmp_path: Path) -> None:
    stand_in(tmp_path, "clip.exe")
    there = {"WSL_DISTRO_NAME": "Debian", "PATH": f"{tmp_path}:/bin:/usr/bin"}
    copied = copy(SUMMARY, html=HTML, environ=bare | there, platform="linux")
    assert (tmp_path / "input").read_bytes().decode("utf-16-le") == SUMMARY
    assert copied.message.endswith("plain text only); tried before: powershell.exe (not installed)")


WINDOWS = """
import ctypes, sys
kept, calls, memory = {}, [], {}
def alloc(how, size):
    memory[len(memory) + 1] = ctypes.create_string_buffer(size.value)
    return len(memory)
answers = {
    "RegisterClipboardFormatW": lambda name: 49_000 + len(name),
    "CreateWindowExW": lambda *_: 7,
    "OpenClipboard": lambda window: len(calls) > 4,
    "EmptyClipboard": lambda: 1,
    "SetClipboardData": lambda kind, handle: kept.update({kind: memory[handle.value].raw}) or 1,
    "CloseClipboard": lambda: 1,
    "GlobalAlloc": alloc,
    "GlobalLock": lambda handle: ctypes.addressof(memory[handle.value]),
    "GlobalUnlock": lambda handle: 1,
}
class Call:
    def __init__(self, name): self.name = name
    def __call__(self, *arguments):
        calls.append(self.name)
        return answers[self.name](*arguments)
class Library:
    def __init__(self, name, use_last_error): pass
    def __getattr__(self, name):
        self.__dict__[name] = Call(name)
        return self.__dict__[name]
sys.platform, ctypes.WinDLL = "win32", Library
sys.path.append(sys.argv[1])
from owners.windows import main
main()
print(repr((kept, calls)))
"""


def test_the_program_for_windows_makes_the_documented_calls() -> None:
    """With stand-ins for Windows' libraries; the clipboard is busy at first."""
    from rflow.delivery.clipboard.owners.handover import pack_input

    argv = [sys.executable, "-c", WINDOWS, str(Path(rich.__file__).parent)]
    done = subprocess.run(argv, input=pack_input(HTML, SUMMARY), capture_output=True, check=True)
    kept, calls = eval(done.stdout)
    assert kept[49_000 + len("HTML Format")] == html_format(HTML.encode())
    assert kept[13].decode("utf-16-le") == SUMMARY.replace("\n", "\r\n") + "\0"
    assert calls[:6] == ["RegisterClipboardFormatW", "CreateWindowExW", *["OpenClipboard"] * 3, "EmptyClipboard"]
    assert (calls.count("SetClipboardData"), calls[-1]) == (2, "CloseClipboard")


def test_pyperclip_is_used_if_the_program_for_windows_fails(bare: dict[str, str], display: str) -> None:
    there = bare | {"PYTHONPATH": importable()["PYTHONPATH"], "DISPLAY": display}
    copied = copy(SUMMARY, html=HTML, environ=there, platform="win32")
    assert pastes(display, SUMMARY)
    assert (copied.method, copied.rich) == ("desktop:pyperclip", False)
    assert "plain text only); tried before: Windows (exit status 1: " in copied.message


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_offsets_of_html_format_count_bytes(fragment: str) -> None:
    data = html_format(fragment.encode())
    header = dict(line.split(b":") for line in data.split(b"\r\n")[:5])
    at = {name.decode(): int(value) for name, value in header.items() if name != b"Version"}
    assert data[at["StartFragment"] : at["EndFragment"]].decode() == fragment
    assert data[: at["StartFragment"]].endswith(b"<!--StartFragment-->")
    assert data[at["EndFragment"] :].startswith(b"<!--EndFragment-->")
    document = data[at["StartHTML"] : at["EndHTML"]]
    assert document.startswith(b"<html>")
    assert document.endswith(b"</html>")
    assert data[at["EndHTML"] :] == b"\0"


# --- the cost


@pytest.mark.parametrize("kind", ["x11", "wayland"])
def test_an_owner_imports_little(kind: str) -> None:
    heavy = "collections enum re socket site subprocess typing"
    code = f"print(*({set(heavy.split())} & set(sys.modules)))"
    argv = [*rich.owner(kind, "").argv]
    argv[-1] = f"{argv[-1].removesuffix('main()')}{code}"
    assert subprocess.run(argv, capture_output=True, check=True).stdout.strip() == b""
