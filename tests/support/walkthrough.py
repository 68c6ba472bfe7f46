"""Runs the commands that the documentation shows, and updates the output that it shows for them.

`make walkthroughs` rewrites the output in every page; tests/test_walkthroughs.py fails where a command fails or prints
something else. A page is one story: its blocks run in order, in one empty home folder, with one store.

    ```console            each line `$ …` is run by bash; lines below it are what it must print, none if there are none
    $ rflow list          `# exit 2` at the end of a line names the exit code that is expected, 0 without it
    ```
    ```sh                 the same, without `$` and without output
    <!-- console          the same, for what readers need not see
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "commands.md")]
BLOCK = re.compile(r"^(```(?:console|sh)|<!-- console)\n(.*?)^(```|-->)$", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"TOKEN=|(make|curl|pip|pipx|python|git|cd|\.ci/run|systemctl|docker)\b")
"""Commands that set up a machine; the wheel's tests, `make demo` and CI run them instead."""
CHANGING = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s)?(\d{4}-\d\d-\d\d\s)?\d\d:\d\d(:\d\d)?( [+-]\d\d:\d\d)?|\d{4}-\d\d-\d\d"
    r"|\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}\b"  # codes of sessions: behind dates, which look like them
    r"|\b[0-9A-HJKMNP-TV-Z]{7}\b|rf[stir]_[\w…]+|…\w{4}\b"  # links, tokens
    r"|(?<=:)\d{4,5}\b|\d+(\.\d+)? ?(ms|s|min|[mhd]|KiB|MiB|B)\b|just now"
)
"""The parts of an output that differ in every run."""


@dataclass
class Command:
    """A command of a page: its line, where its output starts, its expected exit code, and its output in the page."""

    line: str
    at: int
    code: int = 0
    output: list[str] = field(default_factory=list)


def commands(page: str) -> Iterator[Command]:
    """Yield the commands of a page in order."""
    for block in BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(2)) + 1
        yield from _of_block(block[2].splitlines(), first, prompt="" if block[1] == "```sh" else "$ ")


def _of_block(lines: list[str], first: int, prompt: str) -> Iterator[Command]:
    command = None
    for number, line in enumerate(lines, first):
        if line.startswith(prompt) and line.strip():
            if command:
                yield command
            expected = re.search(r"# exit (\d)$", line)
            command = Command(line.removeprefix(prompt), number, int(expected[1]) if expected else 0)
        elif command and (line.strip() or command.output):
            command.output.append(line)
    if command:
        yield command


def comparable(lines: list[str]) -> str:
    """Return an output without the parts that differ in every run, on one line."""
    return " ".join(CHANGING.sub("…", "\n".join(lines)).split())


class Receiver(BaseHTTPRequestHandler):
    """A webhook that accepts everything."""

    def do_POST(self) -> None:
        """Read the request, and respond with 200."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def shell() -> Iterator["Shell"]:
    """Open an empty home folder in which to run commands; servers that were started there are stopped at the end."""
    with tempfile.TemporaryDirectory() as home, HTTPServer(("127.0.0.1", 0), Receiver) as receiver:
        Thread(target=receiver.serve_forever, daemon=True).start()
        here = Shell(Path(home), webhook=f"http://127.0.0.1:{receiver.server_port}/hook")
        try:
            yield here
        finally:
            for server in here.servers:
                server.terminate()
                server.communicate()
            receiver.shutdown()


class Shell:
    """Runs commands in a home folder of their own, with a width of 80 columns."""

    def __init__(self, home: Path, webhook: str) -> None:
        self.home = home
        self.servers: list[subprocess.Popen[str]] = []
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("RFLOW_", "XDG_", "TMUX"))}
        self.env = {
            **keep,
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "USER": "maya",
            "LOGNAME": "maya",
            "TZ": "UTC",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
            "EDITOR": "true",
            "RFLOW_USER": "maya",
            "WEBHOOK": webhook,
            "EXAMPLES": str(ROOT / "examples"),
            "RFLOW_CLIPBOARD_CMD": f"cat > {home}/.clipboard",
        }

    def run(self, line: str) -> tuple[int, list[str]]:
        """Run a line; return its exit code and output. A server keeps running in the background."""
        if line.split("#")[0].split()[-1:] == ["serve"] or " serve --" in line:
            return self._serve(line)
        exported = re.match(r"export (\w+)=", line)
        if exported:
            return self._export(exported[1], line)
        done = subprocess.run(
            ["bash", "-c", f"{line}\nexit $?"],
            cwd=self.home,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        shown = re.sub(r"\b(rf[stir])_\w+", r"\1_…", done.stdout.replace(str(self.home), "~"))
        return done.returncode, shown.splitlines()

    def _export(self, name: str, line: str) -> tuple[int, list[str]]:
        """Set a variable for the following lines, each of which has a shell of its own."""
        done = subprocess.run(
            ["bash", "-c", f'{line}\nprintf %s "${name}"'],
            cwd=self.home,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.env[name] = done.stdout
        return (0, []) if done.stdout else (1, done.stderr.splitlines())

    def _serve(self, line: str) -> tuple[int, list[str]]:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=self.home,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.servers.append(server)
        assert server.stdout is not None
        return 0, [server.stdout.readline().rstrip()]


def play(page: str) -> Iterator[tuple[Command, int, list[str]]]:
    """Run the commands of a page; yield each with its actual exit code and output."""
    with shell() as here:
        for command in commands(page):
            if not ELSEWHERE.match(command.line) and not command.line.startswith("#"):
                yield command, *here.run(command.line)


def renewed(page: str) -> str:
    """Return a page with the outputs updated to what its commands print now."""
    lines = page.splitlines()
    for command, code, output in reversed(list(play(page))):
        if code != command.code:
            raise SystemExit(f"exit code {code}: {command.line}\n" + "\n".join(output))
        if command.output and comparable(command.output) != comparable(output):
            lines[command.at : command.at + len(command.output)] = output
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or PAGES:
        path.write_text(renewed(path.read_text("utf-8")), "utf-8")
