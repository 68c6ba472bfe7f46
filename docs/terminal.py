"""Takes the pictures of the terminal, from the real program in tmux: `python docs/terminal.py` (in about a minute).

`images/terminal.svg` is a recording of `rflow demo`, twice as fast; `images/terminal-80-dark.svg` and its like show a
session at two widths in two colour schemes. rich reads the terminal's styles; it can draw a screen, but no recording,
so the drawing is done here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
CHARACTER, LINE, MARGIN = 8.4, 18, 16
FONT = "ui-monospace,SFMono-Regular,'DejaVu Sans Mono',Menlo,Consolas,monospace"
NAMES = ("page", "text", 1, 2, 3, 4, 5, 6, 15)
"""What has a colour: the page, the text, and the numbers of the terminal's own colours."""
DARK = ("#0d1117", "#e6edf3", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff")
LIGHT = ("#ffffff", "#1f2328", "#b62324", "#116329", "#7d4e00", "#0550ae", "#6639ba", "#0a5a66", "#000000")
COLOURS = {"dark": dict(zip(NAMES, DARK, strict=True)), "light": dict(zip(NAMES, LIGHT, strict=True))}
SPEED = 2.0
LAST = 4.0
"""The seconds that the last screen of a recording stays."""
SESSION = (
    "rflow wait --for 'the restart by the DBA' --until 2h",
    "rflow list",
    "rflow",
)


class Frame(NamedTuple):
    """A screen, as tmux returns it with its styles, and for how many seconds it was there."""

    screen: str
    seconds: float


class Run(NamedTuple):
    """A part of a line that looks the same throughout."""

    text: str
    bold: bool
    dim: bool
    colour: int | None


Line = tuple[Run, ...]

# The terminal


class Terminal:
    """A shell in a tmux of its own; `rflow` works in a store below `home`."""

    def __init__(self, home: Path, columns: int, rows: int, environ: dict[str, str]) -> None:
        self._server = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        shell = ["env", "-i", *(f"{name}={text}" for name, text in environ.items()), "bash", "--norc", "--noprofile"]
        size = ["-x", str(columns), "-y", str(rows)]
        self.tmux("new-session", "-d", *size, *shell)
        self.wait()

    def tmux(self, *words: str) -> str:
        """Run a command of tmux."""
        done = subprocess.run([*self._server, *words], check=True, capture_output=True, timeout=30)
        return done.stdout.decode()

    def screen(self) -> str:
        """Return the screen with its styles, without the empty lines at its end."""
        return self.tmux("capture-pane", "-e", "-p").rstrip("\n")

    def ready(self) -> bool:
        """Whether the shell waits for a command."""
        return self.tmux("capture-pane", "-p").rstrip("\n").endswith("$")

    def wait(self) -> None:
        """Wait until the shell waits for a command."""
        for _ in range(600):
            if self.ready():
                return
            time.sleep(0.1)
        raise TimeoutError(self.screen())

    def type(self, line: str) -> None:
        """Type a line."""
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")
        time.sleep(0.2)

    def run(self, line: str) -> None:
        """Type a line, and wait until it is done."""
        self.type(line)
        self.wait()


@contextmanager
def terminal(columns: int, rows: int, **environ: str) -> Iterator[Terminal]:
    """Yield a terminal of that size, in an empty home."""
    with tempfile.TemporaryDirectory(prefix="rflow-", ignore_cleanup_errors=True) as folder:
        program = Path(sys.executable).parent
        variables = {"HOME": folder, "PATH": f"{program}:{os.environ['PATH']}", "LANG": "C.UTF-8", "PS1": "$ "}
        shell = Terminal(Path(folder), columns, rows, {**variables, "TZ": "UTC", "TERM": "screen-256color", **environ})
        try:
            yield shell
        finally:
            shell.tmux("kill-server")


def screen(columns: int, rows: int = 50, lines: Sequence[str] = SESSION) -> str:
    """Return the screen after these lines, typed by Sam, who has received the session of the demo."""
    with terminal(columns, rows, RFLOW_USER="sam", RFLOW_STORE="demo/demo.db") as shell:
        shell.run("cd ~; rflow demo --fast --keep demo > /dev/null; rflow accept > /dev/null 2>&1; clear")
        for line in lines:
            shell.run(line)
        return shell.screen()


def recording(columns: int, rows: int) -> list[Frame]:
    """Return what is on the screen while `rflow demo` runs, with its pauses."""
    with terminal(columns, rows) as shell:
        shell.type("clear; rflow demo")
        frames: list[Frame] = []
        began = time.monotonic()
        while not shell.ready():
            seen, now = shell.screen(), time.monotonic()
            if frames and frames[-1].screen == seen:
                frames[-1] = Frame(seen, frames[-1].seconds + now - began)
            else:
                frames.append(Frame(seen, now - began))
            began = now
            time.sleep(0.1)
        return [
            *(Frame(text, seconds / SPEED) for text, seconds in frames if seconds > 0.25),
            Frame(shell.screen(), LAST),
        ]


# The picture


def picture(frames: Sequence[Frame], columns: int, theme: str, title: str, still: str = "") -> str:
    """Return frames as an SVG, one after the other where there are several.

    Readers who want no motion see the first frame that has the text `still`.
    """
    rows = max(frame.screen.count("\n") + 1 for frame in frames)
    width, height = round(columns * CHARACTER) + 2 * MARGIN, rows * LINE + 2 * MARGIN
    lines: dict[Line, int] = {}
    shown = "".join(
        f'<g transform="translate({place * width} 0)">{_frame(frame, lines)}</g>' for place, frame in enumerate(frames)
    )
    drawn = "".join(_line(line, number, theme) for line, number in lines.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>'
        f"<style>{_css(theme)}{_motion(frames, width, still) if len(frames) > 1 else ''}</style><defs>{drawn}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="{COLOURS[theme]["page"]}"/>'
        f'<svg x="{MARGIN}" y="{MARGIN}"><g class="film">{shown}</g></svg></svg>\n'
    )


def _css(theme: str) -> str:
    return (
        f"text{{font:14px {FONT};fill:{COLOURS[theme]['text']};white-space:pre}}.b{{font-weight:700}}.d{{opacity:.7}}"
    )


def _motion(frames: Sequence[Frame], width: int, still: str) -> str:
    total = sum(frame.seconds for frame in frames)
    at, steps = 0.0, []
    for place, frame in enumerate(frames):
        steps.append(f"{100 * at / total:.2f}%{{transform:translateX({-place * width}px)}}")
        at += frame.seconds
    chosen = next(place for place, frame in enumerate(frames) if still in frame.screen)
    return (
        f"@keyframes film{{{''.join(steps)}}}.film{{animation:film {total:.1f}s steps(1,end) infinite}}"
        f"@media (prefers-reduced-motion:reduce){{.film{{animation:none;transform:translateX({-chosen * width}px)}}}}"
    )


def _frame(frame: Frame, lines: dict[Line, int]) -> str:
    """Return a frame, whose lines are drawn once for all frames that have them."""
    uses = []
    for row, line in enumerate(Text.from_ansi(frame.screen).split("\n"), 1):
        if line.plain.strip():
            number = lines.setdefault(tuple(_runs(line)), len(lines))
            uses.append(f'<use href="#l{number}" y="{row * LINE - 5}"/>')
    return "".join(uses)


def _runs(line: Text) -> Iterator[Run]:
    """Yield the parts of a line that look the same."""
    places = sorted({0, len(line.plain), *(place for span in line.spans for place in (span.start, span.end))})
    for start, end in pairwise(places):
        styles = [span.style for span in line.spans if span.start <= start < span.end]
        style = sum((style for style in styles if isinstance(style, Style)), Style.null())
        yield Run(line.plain[start:end], bool(style.bold), bool(style.dim), style.color.number if style.color else None)


def _line(line: Line, number: int, theme: str) -> str:
    column, parts = 0, []
    for run in line:
        cells = cell_len(run.text)
        if run.text.strip():
            place = f'x="{column * CHARACTER:.1f}" textLength="{cells * CHARACTER:.1f}"'
            parts.append(f"<tspan {place}{_look(run, theme)}>{escape(run.text)}</tspan>")
        column += cells
    return f'<text id="l{number}">{"".join(parts)}</text>'


def _look(run: Run, theme: str) -> str:
    names = " ".join(name for name, wanted in (("b", run.bold), ("d", run.dim)) if wanted)
    colour = COLOURS[theme].get(run.colour) if run.colour is not None else None
    return (f' class="{names}"' if names else "") + (f' fill="{colour}"' if colour else "")


def stills(screen: str, columns: int) -> dict[Path, str]:
    """Return the pictures of a screen, in each colour scheme."""
    title = "rflow in a terminal: a session, and what to type next"
    return {
        IMAGES / f"terminal-{columns}-{theme}.svg": picture([Frame(screen, 1)], columns, theme, title)
        for theme in COLOURS
    }


def main() -> None:
    """Take all pictures."""
    if shutil.which("tmux") is None:
        sys.exit("tmux is needed: apt install tmux")
    for columns in (80, 120):
        for path, svg in stills(screen(columns), columns).items():
            path.write_text(svg, "utf-8")
    title = "rflow demo: a session from the first question to the handoff"
    svg = picture(recording(80, 36), 80, "dark", title, still="CONTINUE")
    (IMAGES / "terminal.svg").write_text(svg, "utf-8")


if __name__ == "__main__":
    main()
